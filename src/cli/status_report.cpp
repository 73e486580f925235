#include "cli/status_report.hpp"

#include "kist/luks/header.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/run.hpp"
#include "kist/volume/diagnosis.hpp"
#include "kist/volume/mounted_volume.hpp"

#include "cli/drill_report.hpp"
#include "cli/duration.hpp"
#include "cli/lockout_notes.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::string checks_text(const repository::Coverage& checks) {
    if (!checks.begun && !checks.completed) return "nothing has been checked yet: kist check";
    const auto since = checks.completed ? "everything was read since " + local_time(*checks.completed)
                                        : std::string("not everything has been read yet");
    return checks.percent() == 100 ? since : fmt::format("{}, {}% in this round", since, checks.percent());
}

// What was found, and has not been healed since.
void look_for_damage(StatusReport& report, const repository::Repository& repository, repository::Catalog& catalog) {
    report.checks = read_coverage(repository);
    report.drill = read_last_drill(repository);
    report.lost = catalog.lost_contents();
    if (report.lost > 0)
        report.warnings.push_back(fmt::format(
            "{} contents are lost: no good copy is left. `kist check` names their files and snapshots", report.lost));
    if (report.checks.damaged > report.lost && report.checks.found)
        report.warnings.push_back(fmt::format("{} places were found damaged {}, and are not healed: kist repair",
                                              report.checks.damaged, local_time(*report.checks.found)));
}

void look_for_missing(StatusReport& report, const GlobalOptions& options) {
    std::vector<repository::Source> there;
    for (const auto& health : report.sources) there.push_back(health.source);
    try {
        report.missing = never_backed_up(sources_expected_at(report.place, options), there, this_host());
    } catch (const Error& error) {
        report.warnings.push_back("the configuration cannot be used: " + error.message());
    }
    for (const auto& source : report.missing)
        report.warnings.push_back(fmt::format("{} of [source.{}] was never backed up to this volume: kist backup {}",
                                              os::printable(source.path), os::printable(source.name),
                                              os::printable(source.name)));
}

void look_inside(StatusReport& report, const repository::Repository& repository, const GlobalOptions& options,
                 Timestamp now) {
    auto catalog = repository.open_catalog();
    const repository::Catalog::Reading reading(catalog);
    report.space = space_at(repository.path());
    report.sources = source_health(catalog.sources(), catalog.snapshots());
    report.pending_steps = catalog.has_pending_steps();
    for (const auto& health : report.sources)
        if (!health.good(now)) report.warnings.push_back(complaint(health, now));
    for (const auto& run : repository::interrupted_runs(repository))
        report.notes.push_back(
            fmt::format("an interrupted backup of {} has {} files, {}, ready: the next one goes on from there",
                        os::printable(run.path), run.files, to_string(run.bytes)));
    look_for_damage(report, repository, catalog);
    look_for_missing(report, options);
    if (report.sources.empty() && report.missing.empty())
        report.warnings.emplace_back("nothing has been backed up yet: kist backup FOLDER");
}

void look_at_open(StatusReport& report, const volume::OpenVolume& volume, const GlobalOptions& options, Timestamp now) {
    const auto mounted = volume::MountedVolume::attach(volume);
    look_inside(report, repository::Repository::open(mounted.mount_point(), binding_of(mounted.identity())), options,
                now);
}

// What is the matter below the volume is said, too, where it can still be read.
void look_at_mounted(StatusReport& report, const volume::OpenVolume& volume, const GlobalOptions& options,
                     Timestamp now) {
    const auto trouble = volume::diagnose(volume);
    if (trouble) report.warnings.push_back(fmt::format("{}. {}", trouble->message(), trouble->hint()));
    try {
        look_at_open(report, volume, options, now);
    } catch (const Error&) {
        if (!trouble) throw;
    }
}

const char* state_text(const StatusReport& report) {
    if (report.closed()) return "closed";
    return report.place.open ? to_text(report.place.open->state) : "open";
}

Json json_of(const SourceHealth& health, Timestamp now) {
    Json object;
    put_path(object, "source", health.source.path);
    put_path(object, "host", health.source.host);
    object["snapshots"] = health.snapshots;
    object["last"] = {
        {"number", health.last.number},
        {"time", to_rfc3339(health.last.time)},
        {"finished", to_rfc3339(health.last.finished)},
        {"age_seconds", std::chrono::duration_cast<std::chrono::seconds>(now - health.last.finished).count()},
        {"files", health.last.files},
        {"bytes", health.last.bytes.value},
        {"skipped", health.last.skipped}};
    object["overdue"] = health.overdue(now);
    return object;
}

Json json_of(const repository::Coverage& checks) {
    Json object{{"percent", checks.begun ? checks.percent() : 0}, {"damaged", checks.damaged}};
    if (checks.begun) object["begun"] = to_rfc3339(*checks.begun);
    if (checks.completed) object["everything_since"] = to_rfc3339(*checks.completed);
    if (checks.damaged > 0 && checks.found) object["found"] = to_rfc3339(*checks.found);
    return object;
}

void print_json(Context& context, const StatusReport& report) {
    Json line{{"type", "status"}, {"state", state_text(report)}};
    if (report.place.open) put_volume(line, *report.place.open);
    if (!report.place.directory.empty()) put_path(line, "mount_point", report.place.directory);
    if (report.closed()) put_path(line, "container", report.place.container);
    if (report.space) {
        line["size"] = report.space->size.value;
        line["free"] = report.space->free.value;
        line["pending_steps"] = report.pending_steps;
        line["checks"] = json_of(report.checks);
        if (report.drill) line["drill"] = cli::json_of(*report.drill);
        line["lost"] = report.lost;
        line["sources"] = Json::array();
        for (const auto& health : report.sources) line["sources"].push_back(json_of(health, context.clock.now()));
        line["never_backed_up"] = Json::array();
        for (const auto& missing : report.missing) {
            Json source;
            put_path(source, "name", missing.name);
            put_path(source, "source", missing.path);
            line["never_backed_up"].push_back(std::move(source));
        }
    }
    line["warnings"] = report.warnings;
    line["notes"] = report.notes;
    line["ok"] = report.warnings.empty();
    context.output.json(line);
}

std::string headline(const StatusReport& report) {
    if (report.closed())
        return fmt::format("{} is closed. Open it with: kist open {}", os::printable(report.place.container),
                           os::printable(report.place.container));
    if (!report.place.open)
        return os::printable(report.place.directory) + " (a folder that Kist does not open or close)";
    const auto& open = *report.place.open;
    return fmt::format("{} ({}) is {} at {} ({} engine)", os::printable(open.container),
                       os::printable(open.identity.label),
                       report.is_open() ? "open" : fmt::format("{}, it was open", to_text(open.state)),
                       os::printable(open.mount_point), to_text(open.engine));
}

void print_sources(Context& context, const StatusReport& report) {
    Table table({{"  SOURCE"},
                 {"HOST"},
                 {"LAST BACKUP"},
                 {"AGE", Align::right},
                 {"SNAPSHOTS", Align::right},
                 {"FILES", Align::right},
                 {"SIZE", Align::right},
                 {"SKIPPED", Align::right}});
    for (const auto& health : report.sources)
        table.add({"  " + os::printable(health.source.path), os::printable(health.source.host),
                   local_time(health.last.finished), age_text(context.clock.now() - health.last.finished),
                   std::to_string(health.snapshots), std::to_string(health.last.files), to_string(health.last.bytes),
                   health.last.skipped == 0 ? "" : std::to_string(health.last.skipped)});
    if (!table.empty())
        for (const auto& line : table.lines()) context.output.line(line);
}

void print_text(Context& context, const StatusReport& report) {
    context.output.line(headline(report));
    if (report.space)
        context.output.line(
            fmt::format("  {} free of {}", to_string(report.space->free), to_string(report.space->size)));
    if (report.place.open && report.place.open->mounted_by == volume::MountedBy::fuse2fs)
        context.output.line(
            "  Without root it is mounted by fuse2fs: no journal, so what a power cut loses is found by e2fsck and\n"
            "  `kist check`; times below a second, ACLs and device nodes are kept in the catalog only.");
    print_sources(context, report);
    if (!report.sources.empty()) {
        context.output.line("  Checks: " + checks_text(report.checks));
        context.output.line("  Last verified restore: " + text_of(report.drill));
    }
    if (report.pending_steps) context.output.line("  Another Kist is just finishing a run.");
    for (const auto& warning : report.warnings) context.output.line("  Warning: " + warning);
    for (const auto& note : report.notes) context.output.line("  Note: " + note);
}

std::string trouble_of(const volume::OpenVolume& volume) {
    if (volume.state == volume::VolumeState::unplugged)
        return "its disk was pulled out while it was open; plug it in and open it again: it recovers by itself";
    return fmt::format("its engine has died; kist close {} and open it again: it recovers by itself",
                       os::printable(volume.container));
}

}  // namespace

StatusReport look(const Place& place, const GlobalOptions& options, Timestamp now) {
    StatusReport report;
    report.place = place;
    if (report.closed())
        luks::Header::load(place.container);  // throws where it is no volume, or a damaged one
    else if (report.is_open())
        look_at_mounted(report, *place.open, options, now);
    else if (place.open)
        report.warnings.push_back(trouble_of(*place.open));
    else
        look_inside(report,
                    repository::Repository::open(place.directory,
                                                 binding_of_folder(place.directory).value_or(repository::Binding{})),
                    options, now);
    std::ranges::copy(lockout_notes(place), std::back_inserter(report.notes));
    return report;
}

void print(Context& context, const StatusReport& report) {
    context.json() ? print_json(context, report) : print_text(context, report);
}

}  // namespace kist::cli
