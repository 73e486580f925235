#pragma once
// The commands, each in its cmd_VERB.cpp.

#include "cli/command.hpp"

#include <memory>

namespace kist::cli {

std::unique_ptr<Command> make_prepare();
std::unique_ptr<Command> make_adopt();
std::unique_ptr<Command> make_open();
std::unique_ptr<Command> make_close();
std::unique_ptr<Command> make_resize();
std::unique_ptr<Command> make_erase();
std::unique_ptr<Command> make_status();
std::unique_ptr<Command> make_boot_add();
std::unique_ptr<Command> make_boot_remove();
std::unique_ptr<Command> make_boot_show();
std::unique_ptr<Command> make_backup();
std::unique_ptr<Command> make_list();
std::unique_ptr<Command> make_explain();
std::unique_ptr<Command> make_ls();
std::unique_ptr<Command> make_cat();
std::unique_ptr<Command> make_log();
std::unique_ptr<Command> make_find();
std::unique_ptr<Command> make_diff();
std::unique_ptr<Command> make_stats();
std::unique_ptr<Command> make_mount();
std::unique_ptr<Command> make_restore();
std::unique_ptr<Command> make_rescue();
std::unique_ptr<Command> make_forget();
std::unique_ptr<Command> make_undo();
std::unique_ptr<Command> make_prune();
std::unique_ptr<Command> make_check();
std::unique_ptr<Command> make_repair();
std::unique_ptr<Command> make_rebuild();
std::unique_ptr<Command> make_key_list();
std::unique_ptr<Command> make_key_add();
std::unique_ptr<Command> make_key_change();
std::unique_ptr<Command> make_key_remove();
std::unique_ptr<Command> make_key_recovery();
std::unique_ptr<Command> make_header_save();
std::unique_ptr<Command> make_header_restore();
std::unique_ptr<Command> make_header_dump();
std::unique_ptr<Command> make_source_list();
std::unique_ptr<Command> make_source_rename();
std::unique_ptr<Command> make_config_check();
std::unique_ptr<Command> make_config_show();
std::unique_ptr<Command> make_config_confirm();
std::unique_ptr<Command> make_probe_imap();
std::unique_ptr<Command> make_probe_pop3();
std::unique_ptr<Command> make_probe_smtp();
std::unique_ptr<Command> make_mail_folders();
std::unique_ptr<Command> make_mail_add();
std::unique_ptr<Command> make_mail_import_muttrc();
std::unique_ptr<Command> make_mail_count();
std::unique_ptr<Command> make_notify_test();
std::unique_ptr<Command> make_notify_overdue();
std::unique_ptr<Command> make_mail_restore();
std::unique_ptr<Command> make_mail_find();
std::unique_ptr<Command> make_mail_export();
std::unique_ptr<Command> make_mail_muttrc();
std::unique_ptr<Command> make_mail_create();
std::unique_ptr<Command> make_mail_rename();
std::unique_ptr<Command> make_mail_delete();
std::unique_ptr<Command> make_mail_expunge();
std::unique_ptr<Command> make_mail_move();
std::unique_ptr<Command> make_mail_archive();
std::unique_ptr<Command> make_version();

}  // namespace kist::cli
