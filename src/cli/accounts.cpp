#include "cli/accounts.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <charconv>

namespace kist::cli {
namespace {

using restore::OwnerKind;

constexpr std::size_t kLargestTable = 64U << 20U;
constexpr std::size_t kPasswdFields = 7;
constexpr std::size_t kGroupFields = 3;

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(separator, at), text.size());
        parts.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

std::optional<std::uint32_t> parse_number(const std::string& text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// The lines' fields; what is no line of such a table is passed over, as the name service does.
std::vector<std::vector<std::string>> read_table(const std::string& root, const char* name, std::size_t fields) {
    const auto file = os::Directory::open(root).open_directory("etc").open_file(name);
    const auto size = os::status_of(file.get()).size;
    if (size > kLargestTable) throw Error(ErrorCode::failed, std::string(name) + " is too large");
    std::string text(static_cast<std::size_t>(size), '\0');
    text.resize(os::read_at(file.get(), 0, std::as_writable_bytes(std::span(text)), name));
    std::vector<std::vector<std::string>> rows;
    for (const auto& line : split(text, '\n'))
        if (auto row = split(line, ':'); row.size() >= fields && !row.front().empty()) rows.push_back(std::move(row));
    return rows;
}

}  // namespace

Accounts::Accounts(const std::string& root) : users_(std::in_place) {
    for (auto& row : read_table(root, "passwd", kPasswdFields)) {
        const auto uid = parse_number(row[2]);
        const auto gid = parse_number(row[3]);
        if (uid && gid) users_->push_back({std::move(row[0]), *uid, *gid, std::move(row[5])});
    }
    for (auto& row : read_table(root, "group", kGroupFields))
        if (const auto gid = parse_number(row[2])) groups_.push_back({std::move(row[0]), *gid});
}

std::optional<std::uint32_t> Accounts::find(const std::string& name, OwnerKind kind) const {
    if (is_of_this_machine()) return restore::find_owner(name, kind);
    if (kind == OwnerKind::group) {
        const auto found = std::ranges::find(groups_, name, &Group::name);
        return found == groups_.end() ? std::nullopt : std::optional(found->gid);
    }
    const auto found = std::ranges::find(*users_, name, &LocalUser::name);
    return found == users_->end() ? std::nullopt : std::optional(found->uid);
}

std::optional<LocalUser> Accounts::find_user(std::uint32_t uid) const {
    if (is_of_this_machine()) return find_local_user(uid);
    const auto found = std::ranges::find(*users_, uid, &LocalUser::uid);
    return found == users_->end() ? std::nullopt : std::optional(*found);
}

std::optional<LocalUser> Accounts::suggestion() const {
    if (is_of_this_machine()) return present_user();
    std::optional<LocalUser> only;
    for (const auto& user : *users_) {
        if (!is_person(user.uid)) continue;
        if (only) return std::nullopt;
        only = user;
    }
    return only;
}

restore::OwnerRules Accounts::rules(OwnerKind kind) const {
    restore::OwnerRules rules;
    const auto add = [&](const std::string& name, std::uint32_t number) {
        rules.push_back({restore::OwnerRule::Kind::name, name, 0, 0, number});
    };
    if (is_of_this_machine()) return rules;
    if (kind == OwnerKind::user)
        for (const auto& user : *users_) add(user.name, user.uid);
    else
        for (const auto& group : groups_) add(group.name, group.gid);
    return rules;
}

}  // namespace kist::cli
