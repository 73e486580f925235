#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/content_reader.hpp"
#include "kist/repository/forget.hpp"

#include "cli/commands.hpp"
#include "cli/content_writer.hpp"
#include "cli/entry_text.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Cat : public Command {
  public:
    void declare(Options& options) override {
        options.argument("SNAPSHOT:PATH", what_, "Which file of which snapshot", Presence::required);
        filter_.declare(options);
        options.footer(
            "Example:\n  kist cat yesterday:/home/user/notes.txt\n\n"
            "The bytes are compared with the hash taken when they were backed up: what is damaged ends with exit "
            "code 4.");
    }

    ExitCode run(Context& context) override {
        if (context.json()) throw Error(ErrorCode::usage, "cat writes the file itself: it has no --json");
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const auto choice = choose_snapshot(catalog, what_, filter_, context.clock.now());
            const auto content = find_content(catalog, choice);
            repository::ContentReader reader(repository, catalog);
            try {
                ContentWriter(context.output).write(reader, content);
            } catch (const Error& error) {
                if (error.code() == ErrorCode::damaged) expect_not_forgotten(repository, choice.snapshot.number);
                throw;
            }
            return ExitCode::done;
        });
    }

  private:
    repository::Content find_content(repository::Catalog& catalog, const SnapshotChoice& choice) const {
        const auto entry = find_entry(catalog, choice);
        if (!entry.content)
            throw Error(ErrorCode::usage,
                        fmt::format("{} is no regular file but a {}", os::printable(choice.path),
                                    kind_text(entry.metadata.type)),
                        fmt::format("`kist ls -l {}` shows it.", os::printable(what_)));
        return catalog.content(*entry.content);
    }

    std::string what_;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_cat() {
    return std::make_unique<Cat>();
}

}  // namespace kist::cli
