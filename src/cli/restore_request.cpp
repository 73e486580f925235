#include "cli/restore_request.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "cli/interrupt.hpp"
#include "cli/name_list.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::vector<PathPattern> parse_patterns(const char* option, const std::vector<std::string>& texts) {
    std::vector<PathPattern> patterns;
    for (const auto& text : texts) {
        auto pattern = PathPattern::parse(text);
        if (!pattern)
            throw Error(ErrorCode::usage, fmt::format("{} {}: not a pattern of paths", option, os::printable(text)),
                        "Like /home/user/notes.txt, '*.jpg' or '/home/**/letters/'; \\ before a sign that is meant as "
                        "it is.");
        patterns.push_back(std::move(*pattern));
    }
    return patterns;
}

void append(restore::OwnerRules& rules, const restore::OwnerRules& more) {
    rules.insert(rules.end(), more.begin(), more.end());
}

}  // namespace

void RestoreRequest::declare(Options& options) {
    options.argument("SNAPSHOT[:PATH]", what_, "Which snapshot, and what of it (default: the source's root)",
                     Presence::required);
    options.text("--to", "DIR", target_, "Put PATH's contents into this folder (default: where they were)");
    declare_choice(options);
    declare_policy(options);
    declare_owners(options);
    filter_.declare(options);
}

void RestoreRequest::declare_choice(Options& options) {
    options.texts("--only", "GLOB", only_, "Only what this matches, with all below it (may be repeated)");
    options.texts("--exclude", "GLOB", exclude_, "Not what this matches, nor anything below it (may be repeated)");
    options.text("--files-from", "FILE", files_from_, "Only the files and folders listed in FILE (-: standard input)");
    options.flag("-0,--from0", from0_, "The names in FILE end with NUL, not with newlines");
}

void RestoreRequest::declare_policy(Options& options) {
    overwrite_.declare(options);
    options.flag("--quick-check", quick_check_,
                 "Take files for unchanged by size and time, without reading what is there");
    options.flag("--delete", delete_, "Delete what the snapshot does not hold from the folders that are restored");
    options.number("--max-delete", "N", max_delete_, "With --delete: delete no more than N");
    options.flag("--ignore-errors", ignore_errors_, "With --delete: delete also where something could not be restored");
}

void RestoreRequest::declare_owners(Options& options) {
    options.flag("--numeric-ids", numeric_ids_, "Restore owners by number, not by name");
    options.text("--usermap", "FROM:TO,...", usermap_, "Give what belonged to FROM to TO: names, numbers, ranges, *");
    options.text("--groupmap", "FROM:TO,...", groupmap_, "The same for groups");
    options.text("--chown", "USER:GROUP", chown_, "Give everything to USER and GROUP");
}

void RestoreRequest::check() {
    auto& parsed = parsed_;
    parsed.overwrite = overwrite_.value();
    parsed.comparison = quick_check_ ? restore::Comparison::by_time : restore::Comparison::by_content;
    parsed.choice.only = parse_patterns("--only", only_);
    parsed.choice.exclude = parse_patterns("--exclude", exclude_);
    parsed.owners = numeric_ids_ ? restore::Owners::by_number : restore::Owners::by_name;
    if (!usermap_.empty()) parsed.users = restore::parse_owner_rules(usermap_, restore::OwnerKind::user);
    if (!groupmap_.empty()) parsed.groups = restore::parse_owner_rules(groupmap_, restore::OwnerKind::group);
    if (!chown_.empty()) {
        const auto owners = restore::parse_new_owners(chown_);
        append(parsed.users, owners.users);
        append(parsed.groups, owners.groups);
    }
    check_deletion();
    if (delete_) parsed.deletion = ignore_errors_ ? restore::Deletion::regardless : restore::Deletion::when_complete;
    if (max_delete_ > 0) parsed.most_deletions = static_cast<std::uint64_t>(max_delete_);
    parsed.interrupt = &interrupt_flag();
    if (from0_ && files_from_.empty()) throw Error(ErrorCode::usage, "--from0 is for --files-from");
    if (!files_from_.empty()) files_ = read_name_list(files_from_, from0_ ? NameEnd::nul : NameEnd::newline);
}

void RestoreRequest::check_deletion() const {
    if (!delete_ && (max_delete_ > 0 || ignore_errors_))
        throw Error(ErrorCode::usage, "--max-delete and --ignore-errors are for --delete");
    if (delete_ && (!only_.empty() || !files_from_.empty()))
        throw Error(ErrorCode::usage, "--delete goes with whole folders only, not with --only or --files-from",
                    "Name a folder: SNAPSHOT:PATH.");
    const bool keeps =
        parsed_.overwrite == restore::Overwrite::keep_both || parsed_.overwrite == restore::Overwrite::never;
    if (delete_ && keeps) throw Error(ErrorCode::usage, "--delete does not go with --keep-both or --overwrite never");
}

// Names in a list are absolute paths in the source, or below PATH.
std::vector<std::string> RestoreRequest::files_below(const std::string& path) const {
    const auto prefix = path == "/" ? path : path + "/";
    std::vector<std::string> files;
    for (const auto& name : files_) {
        if (name.starts_with('/') && !(name + "/").starts_with(prefix))
            throw Error(ErrorCode::usage, fmt::format("{} lists {}, which is not below {}", os::printable(files_from_),
                                                      os::printable(name), os::printable(path)));
        files.push_back(name.starts_with('/') ? (name + "/").substr(prefix.size()) : name);
    }
    return files;
}

restore::RestoreOptions RestoreRequest::options(repository::Catalog& catalog, Timestamp now) const {
    const auto choice = choose_snapshot(catalog, what_, filter_, now);
    auto options = parsed_;
    options.snapshot = choice.snapshot;
    options.path = choice.path;
    if (!files_from_.empty()) options.choice.files = files_below(choice.path);
    if (is_in_place() && repository::is_mailbox(choice.source))
        throw Error(ErrorCode::usage, "a mailbox is not restored to where it was: it was on a server",
                    "--to DIR makes a Maildir of it.");
    if (is_in_place())
        restore::put_back(catalog, options);
    else
        options.target = target_;
    return options;
}

RestoreRequest::Names RestoreRequest::names(repository::Catalog& catalog, Timestamp now) const {
    const auto choice = choose_snapshot(catalog, what_, filter_, now);
    if (!is_in_place()) return {choice.path, target_};
    if (find_entry(catalog, choice).metadata.type == os::FileType::directory) return {choice.path, choice.path};
    const auto slash = choice.path.rfind('/');
    return {choice.path, slash == 0 ? "/" : choice.path.substr(0, slash)};
}

}  // namespace kist::cli
