#include "kist/look/search.hpp"
#include "kist/os/directory.hpp"

#include "cli/colour.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/entry_text.hpp"
#include "cli/interrupt.hpp"
#include "cli/search_options.hpp"
#include "cli/session.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using look::Hit;
using repository::Timeline;

class Find : public Command {
  public:
    void declare(Options& options) override {
        search_.declare(options);
        options.flag("-0,--null", nul_, "Print paths only, each once, with NUL behind it");
        filter_.declare(options);
        options.footer(
            "Examples:\n  kist find 'letter*.odt'\n  kist find --size +100M --type f --older '1 year ago'\n"
            "  kist find --changed-in latest\n  kist restore 12:/home/user/letter.odt --to .\n\n"
            "Each line is a path with the first and last snapshot of a range in which it stood, and the size that it "
            "had at its end.\nPatterns are those of `restore --only`: with a slash at the beginning they are absolute "
            "paths, else the end of one;\n`*` stops at slashes, `**` does not, and a slash at the end means folders.");
    }

    bool is_for_reading() const override { return true; }

    ExitCode run(Context& context) override {
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const repository::Catalog::Reading reading(catalog);
            const auto wanted = search_.wanted(catalog, filter_, context.clock.now());
            auto sources = catalog.sources();
            std::erase_if(sources, [&](const repository::Source& source) { return !filter_.fits(source); });
            look::search(catalog, sources, wanted, [&](const Timeline& timeline, Hit&& hit) {
                throw_if_interrupted();
                print(context, timeline, hit);
            });
            if (last_path_.empty()) context.console.note("Nothing in the snapshots fits.");
            return ExitCode::done;
        });
    }

  private:
    void print(Context& context, const Timeline& timeline, const Hit& hit) {
        if (context.json())
            print_json(context, timeline, hit);
        else if (nul_)
            print_path(context, hit);
        else
            print_line(context, timeline, hit);
        last_path_ = hit.path;
    }

    void print_path(Context& context, const Hit& hit) const {
        if (hit.path != last_path_) context.output.text(hit.path + '\0');
    }

    static void print_json(Context& context, const Timeline& timeline, const Hit& hit) {
        const auto& first = timeline.snapshots().at(hit.span.first);
        const auto& last = timeline.snapshots().at(hit.span.last);
        Json line = entry_json(hit.newest, hit.path);
        line["type"] = "hit";
        put_path(line, "host", timeline.source().host);
        put_path(line, "source", timeline.source().path);
        line["first_snapshot"] = first.number;
        line["first_time"] = to_rfc3339(first.time);
        line["last_snapshot"] = last.number;
        line["last_time"] = to_rfc3339(last.time);
        line["versions"] = hit.versions;
        context.output.json(line);
    }

    void print_line(Context& context, const Timeline& timeline, const Hit& hit) const {
        if (last_path_.empty())
            context.output.line(
                fmt::format("{:>11}  {:<16}  {:<16}  {:>9}  {}", "SNAPSHOTS", "FIRST", "LAST", "SIZE", "PATH"));
        const auto& first = timeline.snapshots().at(hit.span.first);
        const auto& last = timeline.snapshots().at(hit.span.last);
        const auto& metadata = hit.newest.metadata;
        const auto path = os::printable(hit.path) + (metadata.type == os::FileType::directory ? "/" : "");
        const bool is_single = first.number == last.number;
        context.output.line(
            fmt::format("{:>11}  {:<16}  {:<16}  {:>9}  {}",
                        is_single ? std::to_string(first.number) : fmt::format("{}..{}", first.number, last.number),
                        local_time(first.time), is_single ? "" : local_time(last.time), size_text(metadata),
                        coloured(context.output, colour_of(metadata.type, metadata.mode), path)));
    }

    SearchOptions search_;
    SnapshotFilter filter_;
    bool nul_ = false;
    std::string last_path_;
};

}  // namespace

std::unique_ptr<Command> make_find() {
    return std::make_unique<Find>();
}

}  // namespace kist::cli
