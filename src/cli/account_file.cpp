#include "cli/account_file.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "cli/config_text.hpp"
#include "cli/mail_account.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <span>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr const char* kFolder = "conf.d";
constexpr std::size_t kLongestName = 64;
constexpr std::uint32_t kFileMode = 0600;

std::string main_path_of(const Configured& configured) {
    const auto path = configured.path();
    if (path.empty() || path == "/dev/null")
        throw Error(ErrorCode::usage, "there is no place for a configuration", "Give --config FILE, or --print.");
    return std::filesystem::absolute(path);
}

// Letters, digits and the signs of a name; a letter first.
std::string as_name(std::string_view text) {
    std::string name;
    for (const char c : text) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool is_other = (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_letter || (is_other && !name.empty())) name += c;
    }
    name.resize(std::min(name.size(), kLongestName - 4));
    return name;
}

// A file that is not there yet, complete and on the disk, or none.
void write_new(const os::Directory& folder, const std::string& name, std::span<const std::byte> bytes) {
    try {
        const auto file = folder.open_file_for_writing(name, os::Create::exclusive, kFileMode);
        try {
            os::write_all(file.get(), bytes, name);
            os::sync_file(file.get(), name);
        } catch (...) {
            folder.remove_file(name);
            throw;
        }
    } catch (const Error& error) {
        if (error.error_number() != EEXIST) throw;
        throw Error(ErrorCode::usage, fmt::format("there is a file {} already", os::printable(name)),
                    "Give --name for another name, or look into that file first.");
    }
}

void write_new(const os::Directory& folder, const std::string& name, const std::string& text) {
    write_new(folder, name, std::as_bytes(std::span(text)));
}

bool is_taken_in(const std::string& main_path, const std::string& name) {
    Configured again;
    again.file = main_path;
    return again.reading().configuration.find_source(name) != nullptr;
}

}  // namespace

std::string include_line() {
    return fmt::format("include = [\"{}/*.toml\"]", kFolder);
}

std::string name_for(const mailproto::MailUrl& url, const config::Configuration& configuration,
                     const std::vector<std::string>& taken) {
    const auto is_free = [&](const std::string& name) {
        return config::is_name(name) && configuration.find_source(name) == nullptr &&
               std::ranges::find(taken, name) == taken.end();
    };
    const auto short_name = as_name(url.user.substr(0, url.user.find('@')));
    const auto long_name = as_name(fmt::format("{}-{}", short_name.empty() ? "mail" : short_name, url.host));
    for (const auto& name : {short_name, long_name})
        if (is_free(name)) return name;
    for (int number = 2; number < 100; ++number)
        if (const auto name = fmt::format("{}-{}", long_name, number); is_free(name)) return name;
    throw Error(ErrorCode::usage, "no name can be made of this account", "Give --name NAME.");
}

void require_new(const Configured& configured, const NewAccount& account) {
    main_path_of(configured);
    if (!config::is_name(account.name))
        throw Error(ErrorCode::usage, fmt::format("{} cannot be the name of a source", os::printable(account.name)),
                    "A name begins with a letter and has letters, digits, '-', '_' and '.' in it.");
    if (const auto* same = configured.get().find_source(account.name))
        throw Error(ErrorCode::usage, fmt::format("there is a source {} already, in {}", os::printable(account.name),
                                                  os::printable(same->origin.file)));
    const auto found = find_mail_account(configured, account.mailbox.url);
    if (found.configured != nullptr)
        throw Error(ErrorCode::usage,
                    fmt::format("this account is configured already: {}, in {}", os::printable(found.name),
                                os::printable(found.configured->origin.file)));
}

std::string account_text(const NewAccount& account) {
    config::Source source;
    source.name = account.name;
    source.mailbox = account.mailbox;
    if (account.password != nullptr) source.mailbox->password_file = fmt::format("{}.password", account.name);
    return fmt::format(
        "# A mail account, for `kist backup {}`. `man kist`, CONFIGURATION, says what else may stand here.\n{}",
        account.name, toml_of(source));
}

WrittenAccount write_account(const Configured& configured, const NewAccount& account) {
    require_new(configured, account);
    WrittenAccount written;
    written.main_path = main_path_of(configured);
    const auto main = std::filesystem::path(written.main_path);
    const auto folder_path = main.parent_path() / kFolder;
    std::error_code error;
    std::filesystem::create_directories(folder_path, error);
    if (error)
        throw Error::from_errno(error.value(), fmt::format("cannot create {}", os::printable(folder_path.string())));
    const auto folder = os::Directory::open(folder_path);
    const auto password = fmt::format("{}.password", account.name);
    const auto file = fmt::format("{}.toml", account.name);
    if (account.password != nullptr) {
        write_new(folder, password, account.password->expose());
        written.password_path = folder_path / password;
    }
    try {
        write_new(folder, file, account_text(account));
        written.path = folder_path / file;
    } catch (...) {
        if (account.password != nullptr) folder.remove_file(password);
        throw;
    }
    if (configured.reading().files.empty()) {
        write_new(os::Directory::open(main.parent_path()), main.filename(), fmt::format("{}\n", include_line()));
        written.is_main_new = true;
    }
    written.is_included = is_taken_in(written.main_path, account.name);
    return written;
}

}  // namespace kist::cli
