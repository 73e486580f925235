#include "kist/base/error.hpp"
#include "kist/look/tree_difference.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "cli/commands.hpp"
#include "cli/difference_report.hpp"
#include "cli/interrupt.hpp"
#include "cli/selection_options.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"
#include "cli/text_patch.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Diff : public Command {
  public:
    void declare(Options& options) override {
        options.argument("A", before_, "A snapshot, a path in it (SNAPSHOT:PATH), or a path in the newest",
                         Presence::required);
        options.argument("B", after_, "Another one (default: the source as it is now); its path may be left out");
        options.flag("--stat", totals_, "Only how many of each, and how large");
        options.flag("-u,--text", text_, "Show how texts differ, as a patch");
        filter_.declare(options);
        rules_.declare(options);
        options.footer(
            "Examples:\n  kist diff latest~1 latest\n  kist diff latest:/home/user/Documents\n"
            "  kist diff -u 12:/home/user/notes.txt 14\n\n"
            "A is added, D removed, M of another content, m of other metadata only, R renamed. The options that choose "
            "what is\nbacked up count for the comparison with now: what they leave out is no difference. The exit code "
            "says nothing of\ndifferences; 3: something could not be compared.");
    }

    bool is_for_reading() const override { return true; }

    ExitCode run(Context& context) override {
        if (totals_ && text_) throw Error(ErrorCode::usage, "--stat and --text are two things");
        if (text_ && context.json()) throw Error(ErrorCode::usage, "a patch has no JSON: leave out --text or --json");
        if (rules_.listed()) throw Error(ErrorCode::usage, "diff takes no --files-from: name the folder");
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const auto before = choose_path(catalog, before_, filter_, context.clock.now());
            const auto after = after_.empty() ? before : choose_other(catalog, before, context.clock.now());
            const auto result = compare(context, repository, catalog, before, after);
            report(context, repository, result.differences, before, after);
            for (const auto& trouble : result.troubles)
                context.console.error(
                    fmt::format("cannot compare {}: {}", os::printable(trouble.path), trouble.reason));
            return result.troubles.empty() ? ExitCode::done : ExitCode::incomplete;
        });
    }

  private:
    // In the same source, and of the same path unless it says another one.
    SnapshotChoice choose_other(repository::Catalog& catalog, const SnapshotChoice& first, Timestamp now) const {
        if (after_.find(":/") != std::string::npos || after_.starts_with('/'))
            return choose_path(catalog, after_, {filter_.source, first.source.host, filter_.is_mail}, now);
        return choose_snapshot(catalog, after_ + ":" + first.path, {first.source.path, first.source.host}, now);
    }

    look::TreeDifference compare(const Context& context, const repository::Repository& repository,
                                 repository::Catalog& catalog, const SnapshotChoice& before,
                                 const SnapshotChoice& after) const {
        const look::TreeChoice first{before.source, before.snapshot, before.path};
        if (!after_.empty())
            return look::compare(catalog, first, look::TreeChoice{after.source, after.snapshot, after.path},
                                 interrupt_flag());
        if (repository::is_mailbox(before.source))
            throw Error(ErrorCode::usage, "a mailbox is compared between two snapshots, not with its server",
                        "Name a second one, such as latest.");
        const auto* configured = context.options.configured.get().find_source_of(before.source.path);
        return look::compare(repository, catalog, first,
                             look::LiveChoice{before.source, before.path, rules_.selection(rules_.given(), configured),
                                              rules_.boundaries(configured, context.clock.now())},
                             interrupt_flag());
    }

    void report(Context& context, const repository::Repository& repository,
                const std::vector<look::Difference>& differences, const SnapshotChoice& before,
                const SnapshotChoice& after) const {
        if (totals_) return print_totals(context, differences);
        std::optional<TextPatch> patch;
        if (text_) patch.emplace(context, repository, before.path, after.path, after.source);
        for (const auto& difference : differences) {
            throw_if_interrupted();
            patch ? patch->print(difference) : print_difference(context, difference);
        }
    }

    std::string before_;
    std::string after_;
    bool totals_ = false;
    bool text_ = false;
    SnapshotFilter filter_;
    SelectionOptions rules_;
};

}  // namespace

std::unique_ptr<Command> make_diff() {
    return std::make_unique<Diff>();
}

}  // namespace kist::cli
