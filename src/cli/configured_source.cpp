#include "cli/configured_source.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/configured.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

using config::RuleKind;
using selection::Verdict;

void add_rule(const config::Rule& rule, selection::Selection& selection) {
    const auto origin = config::to_text(rule.origin);
    switch (rule.kind) {
        case RuleKind::filter:
            return selection.add_filter(rule.text, origin);
        case RuleKind::include:
            return selection.add(Verdict::include, rule.text, origin);
        case RuleKind::exclude:
            return selection.add(Verdict::exclude, rule.text, origin);
        case RuleKind::include_from:
            return selection.add_file(Verdict::include, trusted_file(rule.text));
        case RuleKind::exclude_from:
            return selection.add_file(Verdict::exclude, trusted_file(rule.text));
    }
}

void add_tag(const config::Source& source, const std::string& name, selection::Boundaries& boundaries) {
    if (name.empty() || name.find('/') != std::string::npos)
        throw Error(ErrorCode::usage, fmt::format("{}: exclude-if-present {} is no name",
                                                  os::printable(config::to_text(source.origin)), os::printable(name)));
    boundaries.tags.push_back(name);
}

}  // namespace

void add_rules(const config::Source& source, selection::Selection& selection) {
    for (const auto& rule : source.rules) add_rule(rule, selection);
}

void add_boundaries(const config::Source& source, selection::Boundaries& boundaries) {
    boundaries.one_filesystem = boundaries.one_filesystem || source.one_filesystem;
    boundaries.no_pseudo_filesystems = boundaries.no_pseudo_filesystems && source.default_excludes;
    boundaries.no_caches = boundaries.no_caches || source.exclude_caches;
    boundaries.no_nodump = boundaries.no_nodump || source.exclude_nodump;
    for (const auto& name : source.exclude_if_present) add_tag(source, name, boundaries);
    if (!boundaries.smallest) boundaries.smallest = source.smallest;
    if (!boundaries.largest) boundaries.largest = source.largest;
}

backup::SourceSnapshotUse snapshot_use_of(const config::Source& source) {
    switch (source.snapshot) {
        case config::SourceSnapshot::where_possible:
            return backup::SourceSnapshotUse::where_possible;
        case config::SourceSnapshot::btrfs:
            return backup::SourceSnapshotUse::btrfs;
        case config::SourceSnapshot::lvm:
            return backup::SourceSnapshotUse::lvm;
        case config::SourceSnapshot::never:
            break;
    }
    return backup::SourceSnapshotUse::never;
}

repository::RetentionPolicy policy_of(const config::Retention& retention) {
    repository::RetentionPolicy policy;
    policy.last = retention.last;
    policy.hourly = retention.hourly;
    policy.daily = retention.daily;
    policy.weekly = retention.weekly;
    policy.monthly = retention.monthly;
    policy.yearly = retention.yearly;
    policy.tags = retention.tags;
    if (retention.within.empty()) return policy;
    policy.within = repository::parse_calendar_span(retention.within);
    if (policy.within) return policy;
    throw Error(ErrorCode::usage,
                fmt::format("{}: keep-within {} is not a span of time",
                            os::printable(config::to_text(retention.origin)), os::printable(retention.within)),
                "Like 30d, 2w, 1y6m or 36h.");
}

}  // namespace kist::cli
