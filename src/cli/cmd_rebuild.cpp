#include "kist/os/directory.hpp"
#include "kist/repository/rebuild.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Rebuild : public Command {
  public:
    void declare(Options& options) override {
        options.footer(
            "For a volume whose catalog (.kist/catalog.sqlite) is lost or damaged: every commit has written what it\n"
            "changed there into the packs too, and from that the catalog is made anew, equal to the lost one. The old\n"
            "file is moved to .kist/found. Run `kist check` afterwards.");
    }

    ExitCode run(Context& context) override {
        return with_repository_without_catalog(context, [&](repository::Repository& repository) {
            const auto result = repository::rebuild_catalog(repository);
            context.json() ? print_json(context, result) : print_text(context, result);
            return result.was_applying || result.differing > 0 ? ExitCode::incomplete : ExitCode::done;
        });
    }

  private:
    static void print_json(Context& context, const repository::RebuildResult& result) {
        Json line{{"type", "rebuild"}, {"snapshots", result.snapshots}, {"entries", result.entries}};
        line["contents"] = result.contents;
        line["left_out_last"] = result.left_out_last;
        line["was_applying"] = result.was_applying;
        line["differing"] = result.differing;
        line["troubles"] = result.troubles;
        context.output.json(line);
    }

    static void print_text(Context& context, const repository::RebuildResult& result) {
        context.output.line(fmt::format("The catalog is made anew: {} snapshots, {} names, {} contents.",
                                        result.snapshots, result.entries, result.contents));
        for (const auto& trouble : result.troubles) context.console.error(trouble);
        if (result.left_out_last)
            context.console.note("The last change had not reached latest/ when the catalog was lost: it is left out.");
        if (result.was_applying)
            context.console.error(
                "a run was being applied when the catalog was lost: what it had staged is in .kist/found, and latest/ "
                "may lack it. `kist repair` heals what can be healed; the next backup stores the rest again.");
        if (result.differing > 0) print_differing(context, result);
    }

    static void print_differing(Context& context, const repository::RebuildResult& result) {
        for (const auto& path : result.differing_paths) context.output.line("  latest/" + os::printable(path));
        context.console.error(
            fmt::format("{} names in latest/ are not as the newest snapshot in the packs has them", result.differing));
        context.console.hint(
            "If nobody has changed latest/, the packs lack the last runs. Copy those files before the next backup: it "
            "takes\nthem for damaged. `kist check` and `kist repair` come after that.");
    }
};

}  // namespace

std::unique_ptr<Command> make_rebuild() {
    return std::make_unique<Rebuild>();
}

}  // namespace kist::cli
