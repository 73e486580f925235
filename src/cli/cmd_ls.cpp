#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"

#include "cli/colour.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/entry_text.hpp"
#include "cli/interrupt.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

namespace kist::cli {
namespace {

using repository::Entry;

std::string join(const std::string& directory, const std::string& name) {
    if (directory.empty()) return name;
    return directory.back() == '/' ? directory + name : directory + "/" + name;
}

class Ls : public Command {
  public:
    void declare(Options& options) override {
        options.argument("SNAPSHOT[:PATH]", what_, "Which snapshot, and where in it (default: the source's root)",
                         Presence::required);
        options.flag("-l,--long", long_, "Show mode, owner, size and time");
        options.flag("-R,--recursive", recursive_, "Go into folders");
        options.flag("-1", single_, "One name a line, also on a terminal");
        options.flag("-0,--null", nul_, "Names as they are, with NUL behind each");
        filter_.declare(options);
        options.footer(
            "Examples:\n  kist ls latest\n  kist ls -lR 12:/home/user/Documents\n\n"
            "What a terminal cannot show in a name comes out as \\xNN, and a backslash as two.");
    }

    bool is_for_reading() const override { return true; }

    ExitCode run(Context& context) override {
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const repository::Catalog::Reading reading(catalog);
            const auto choice = choose_snapshot(catalog, what_, filter_, context.clock.now());
            const auto entry = find_entry(catalog, choice);
            if (entry.metadata.type == os::FileType::directory)
                print_below(context, catalog, choice.snapshot, entry, {choice.path, ""});
            else
                print(context, entry, {choice.path, choice.path});
            print_columns(context);
            return ExitCode::done;
        });
    }

  private:
    struct Name {
        std::string path;   // absolute, for JSON
        std::string shown;  // below the listed folder
    };

    // Names in the order of their bytes, each folder's contents after it. Holds one folder of each level in memory.
    void print_below(Context& context, repository::Catalog& catalog, const repository::Snapshot& snapshot,
                     const Entry& directory, const Name& name) {
        std::vector<Entry> entries;
        catalog.list(snapshot, directory.node.value(), [&](Entry&& entry) { entries.push_back(std::move(entry)); });
        for (const auto& entry : entries) {
            throw_if_interrupted();
            const Name below{join(name.path, entry.name), join(name.shown, entry.name)};
            print(context, entry, below);
            if (recursive_ && entry.metadata.type == os::FileType::directory)
                print_below(context, catalog, snapshot, entry, below);
        }
    }

    void print(Context& context, const Entry& entry, const Name& name) {
        if (context.json()) return context.output.json(entry_json(entry, name.path));
        if (nul_) return context.output.text(name.shown + '\0');
        const auto& metadata = entry.metadata;
        const auto shown = metadata.type == os::FileType::directory ? name.shown + "/" : name.shown;
        auto text = long_ ? long_line(entry, shown) : os::printable(shown);
        auto with_colour = coloured(context.output, colour_of(metadata.type, metadata.mode), text);
        if (single_ || long_ || recursive_ || !context.output.is_terminal())
            context.output.line(with_colour);
        else
            cells_.push_back({std::move(text), std::move(with_colour)});
    }

    void print_columns(Context& context) const {
        for (const auto& line : in_columns(cells_, context.output.width())) context.output.line(line);
    }

    std::string what_;
    bool long_ = false;
    bool recursive_ = false;
    bool single_ = false;
    bool nul_ = false;
    std::vector<Cell> cells_;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_ls() {
    return std::make_unique<Ls>();
}

}  // namespace kist::cli
