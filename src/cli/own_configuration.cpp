#include "cli/own_configuration.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/header.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/volume/boot_entry.hpp"

#include "cli/boot_tables.hpp"
#include "cli/snapshot_choice.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr std::string_view kMountPoint = "mount-point ";
constexpr std::string_view kKeyFile = "key-file ";

bool is_plain_path(const std::string& path) {
    return path.starts_with('/') && os::printable(path) == path;
}

std::optional<Uuid> luks_of(const Place& place) {
    if (place.open) return place.open->identity.luks;
    if (place.container.empty()) return std::nullopt;
    return luks::Header::load(place.container).uuid();
}

// Ordinary users' disks are opened by udisks, not at boot.
std::string boot_of(const Place& place) {
    const auto luks = geteuid() == 0 ? luks_of(place) : std::nullopt;
    if (!luks) return "";
    for (const auto& lines : volume::boot_entries(boot_tables("")))
        if (lines.luks == *luks) return to_text({lines.mount_point, lines.key_file});
    return "";
}

// Files by their paths, and lines about what is not among them.
class Collection {
  public:
    void add(const std::string& path, std::string content) {
        std::error_code error;
        const auto absolute = std::filesystem::absolute(path, error).lexically_normal().string();
        struct stat status {};
        if (error || stat(absolute.c_str(), &status) != 0)
            return leave_out(os::printable(path) + ", which has vanished");
        files_[absolute] = {absolute, std::move(content), status.st_mode & 0777U};
    }

    // A file of patterns, which the configuration names.
    void read(const std::string& path) {
        try {
            add(path, os::read_small_file(trusted_file(path)));
        } catch (const Error& error) {
            leave_out(fmt::format("{} ({})", os::printable(path), error.message()));
        }
    }

    void leave_out(const std::string& what) { left_out_.insert(what); }

    repository::KeptConfiguration result(std::string boot) && {
        repository::KeptConfiguration own;
        for (auto& [path, file] : files_) own.files.push_back(std::move(file));
        for (const auto& line : left_out_) own.left_out += line + "\n";
        own.boot = std::move(boot);
        return own;
    }

  private:
    std::map<std::string, repository::KeptFile> files_;
    std::set<std::string> left_out_;
};

void leave_secrets_out(const config::Volume& volume, Collection& collection) {
    if (!volume.key_file.empty()) collection.leave_out("the key file " + os::printable(volume.key_file));
    if (!volume.passphrase_command.empty())
        collection.leave_out("what the passphrase command of " + os::printable(volume.name) + " gives");
}

void leave_secrets_out(const std::string& name, const config::MailServer& server, Collection& collection) {
    for (const auto* file : {&server.password_file, &server.token_file})
        if (!file->empty()) collection.leave_out("the password file " + os::printable(*file));
    if (!server.password_command.empty() || !server.token_command.empty())
        collection.leave_out("what the password command of " + os::printable(name) + " gives");
}

repository::KeptConfiguration own_configuration(const Context& context, const Place& place) {
    Collection collection;
    const auto& reading = context.options.configured.reading();
    for (const auto& file : reading.files) collection.add(file.path, file.content);
    for (const auto& source : reading.configuration.sources)
        for (const auto& rule : source.rules)
            if (rule.kind == config::RuleKind::include_from || rule.kind == config::RuleKind::exclude_from)
                collection.read(rule.text);
    for (const auto& source : reading.configuration.sources)
        if (source.mailbox) leave_secrets_out(source.name, *source.mailbox, collection);
    if (reading.configuration.notify) leave_secrets_out("notify", reading.configuration.notify->server, collection);
    for (const auto& volume : reading.configuration.volumes) leave_secrets_out(volume, collection);
    auto boot = boot_of(place);
    if (const auto lines = parse_kept_boot(boot); lines && !lines->key_file.empty())
        collection.leave_out("the key file " + lines->key_file);
    return std::move(collection).result(std::move(boot));
}

}  // namespace

void keep_own_configuration(Context& context, const repository::Repository& repository, const Place& place) {
    try {
        repository::keep_configuration(repository, this_host(), own_configuration(context, place));
    } catch (const Error& error) {
        context.console.note("Kist's own settings were not kept in the volume: " + error.message());
    }
}

std::string to_text(const KeptBoot& boot) {
    if (!is_plain_path(boot.mount_point)) return "";
    auto text = fmt::format("{}{}\n", kMountPoint, boot.mount_point);
    if (is_plain_path(boot.key_file)) text += fmt::format("{}{}\n", kKeyFile, boot.key_file);
    return text;
}

std::optional<KeptBoot> parse_kept_boot(const std::string& text) {
    KeptBoot boot;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(kMountPoint)) boot.mount_point = line.substr(kMountPoint.size());
        if (line.starts_with(kKeyFile)) boot.key_file = line.substr(kKeyFile.size());
    }
    if (!is_plain_path(boot.mount_point)) return std::nullopt;
    if (!is_plain_path(boot.key_file)) boot.key_file.clear();
    return boot;
}

}  // namespace kist::cli
