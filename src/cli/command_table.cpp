#include "cli/commands.hpp"

namespace kist::cli {

std::span<const CommandEntry> command_table() {
    static constexpr CommandEntry kTable[] = {
        {"prepare", "Make an encrypted volume, and open it", make_prepare},
        {"adopt", "Take a volume that another program has made", make_adopt},
        {"open", "Open and mount a volume", make_open},
        {"close", "Unmount and close a volume", make_close},
        {"resize", "Make a volume larger or smaller", make_resize},
        {"erase", "Destroy all keys of a volume", make_erase},
        {"status", "Tell what is open, and how fresh and whole the backups are", make_status},
        {"boot add", "Have a disk's volume opened at boot or when it is plugged in", make_boot_add},
        {"boot remove", "Take that away again", make_boot_remove},
        {"boot show", "Show what crypttab and fstab say of volumes", make_boot_show},
        {"key list", "List the key slots", make_key_list},
        {"key add", "Add a passphrase or key", make_key_add},
        {"key change", "Replace a passphrase or key by another", make_key_change},
        {"key remove", "Remove a passphrase or key", make_key_remove},
        {"key recovery", "Make a recovery key for paper", make_key_recovery},
        {"header save", "Save the LUKS header to a file, and prove the copy", make_header_save},
        {"header restore", "Bring a saved LUKS header back", make_header_restore},
        {"header dump", "Show what the LUKS header says", make_header_dump},
        {"backup", "Back up folders into a new snapshot each", make_backup},
        {"explain", "Tell whether a path would be backed up, and why", make_explain},
        {"list", "List the snapshots", make_list},
        {"ls", "List the files in a snapshot", make_ls},
        {"cat", "Write a file of a snapshot to standard output", make_cat},
        {"log", "List every version of a file or folder", make_log},
        {"find", "Find files in all snapshots by name, size, time and more", make_find},
        {"diff", "Show what differs between two snapshots, or between one and now", make_diff},
        {"stats", "Tell what takes space, and what brought it", make_stats},
        {"mount", "Show all snapshots as folders", make_mount},
        {"restore", "Bring files back from a snapshot", make_restore},
        {"rescue", "Bring everything back on a system that was installed anew", make_rescue},
        {"forget", "Remove snapshots, and give their space back", make_forget},
        {"undo", "Remove the newest snapshot, and bring latest/ back to the one before", make_undo},
        {"prune", "Remove the snapshots that a policy does not keep", make_prune},
        {"check", "Compare everything that is stored with its hash", make_check},
        {"repair", "Heal what is damaged", make_repair},
        {"rebuild", "Make a lost or damaged catalog anew", make_rebuild},
        {"source list", "List the sources that have snapshots", make_source_list},
        {"source rename", "Give a source in the volume another name", make_source_rename},
        {"config check", "Tell what is wrong in the configuration", make_config_check},
        {"config show", "Show the configuration as it counts", make_config_show},
        {"config confirm", "Let the programs run that a configuration from a rescue names", make_config_confirm},
        {"mail folders", "List the folders of a mailbox", make_mail_folders},
        {"mail count", "Count the messages of a mailbox", make_mail_count},
        {"probe imap", "Have and explain the dialogue with an IMAP server", make_probe_imap},
        {"probe pop3", "Have and explain the dialogue with a POP3 server", make_probe_pop3},
        {"probe smtp", "Have and explain the dialogue with a server that takes mail", make_probe_smtp},
        {"version", "Show the version", make_version},
    };
    return kTable;
}

}  // namespace kist::cli
