#include "kist/backup/explanation.hpp"
#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/selection_options.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace kist::cli {
namespace {

// An absolute path without `.`, `..` and doubled slashes; symlinks in it stay.
std::string normal(const std::string& path) {
    auto text = std::filesystem::absolute(path).lexically_normal().string();
    while (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
}

bool is_within(const std::string& path, const std::string& folder) {
    return path == folder || path.starts_with(folder == "/" ? folder : folder + "/");
}

class Explain : public Command {
  public:
    void declare(Options& options) override {
        options.argument("PATH", path_,
                         "The file or folder in question (default: show the rules that stand by themselves)");
        options.text(
            "--source", "SOURCE", source_,
            "The folder that would be backed up, or its name (default: the configuration or the volume knows)");
        rules_.declare(options);
        options.footer(
            "Says whether a backup with these options would hold PATH, and which rule or option decides. With --source "
            "no "
            "volume\n"
            "is needed.\n\nExample:\n  kist explain ~/.cache/fontconfig --source ~");
    }

    ExitCode run(Context& context) override {
        const auto& configuration = context.options.configured.get();
        if (path_.empty()) {
            const auto* named = configuration.find_source(source_);
            if (named == nullptr && !source_.empty()) named = configuration.find_source_of(normal(source_));
            return list(context, rules_.selection(rules_.given(), named));
        }
        const auto path = normal(path_);
        const auto [source, configured] = choose_source(context, path);
        const auto selection = rules_.selection(rules_.given(), configured);
        if (!is_within(path, source))
            throw Error(ErrorCode::usage,
                        fmt::format("{} does not lie in {}", os::printable(path), os::printable(source)),
                        "Give the source that holds it: --source FOLDER.");
        const auto listed = rules_.listed();
        print(context, path,
              backup::explain(selection, rules_.boundaries(configured, context.clock.now()),
                              listed ? &*listed : nullptr, source, path));
        return ExitCode::done;
    }

  private:
    struct Chosen {
        std::string path;
        const config::Source* configured;
    };

    // What --source says, else the configuration, else the volume.
    Chosen choose_source(Context& context, const std::string& path) const {
        const auto& configuration = context.options.configured.get();
        const auto* configured =
            source_.empty() ? configuration.find_source_above(path) : configuration.find_source(source_);
        if (configured != nullptr) {
            for (const auto& its : configured->paths)
                if (is_within(path, its)) return {its, configured};
            return {configured->paths.front(), configured};
        }
        const auto source = source_.empty() ? find_source(context, path) : normal(source_);
        return {source, configuration.find_source_of(source)};
    }

    static std::string find_source(Context& context, const std::string& path) {
        std::string best;
        with_repository(context, [&](repository::Repository& repository) {
            for (const auto& source : repository.open_catalog().sources())
                if (source.host == this_host() && is_within(path, source.path) && source.path.size() > best.size())
                    best = source.path;
            return ExitCode::done;
        });
        if (!best.empty()) return best;
        throw Error(ErrorCode::not_found, fmt::format("no source on this volume holds {}", os::printable(path)),
                    "Give the folder that would be backed up: --source FOLDER.");
    }

    static ExitCode list(Context& context, const selection::Selection& selection) {
        for (const auto* rule : selection.rules()) {
            if (context.json())
                context.output.json(
                    {{"type", "rule"}, {"rule", os::printable(rule->text())}, {"origin", os::printable(rule->origin)}});
            else
                context.output.line(fmt::format("{:<40} {}", os::printable(rule->text()), os::printable(rule->origin)));
        }
        return ExitCode::done;
    }

    static void print(Context& context, const std::string& path, const backup::Explanation& explanation) {
        if (context.json()) {
            Json line{{"type", "explanation"}, {"included", explanation.is_included}};
            put_path(line, "path", path);
            if (!explanation.decided_at.empty()) put_path(line, "decided_at", explanation.decided_at);
            if (!explanation.rule.empty()) {
                line["rule"] = os::printable(explanation.rule);
                line["origin"] = os::printable(explanation.origin);
            }
            if (!explanation.option.empty()) {
                line["option"] = explanation.option;
                line["reason"] = explanation.reason;
            }
            return context.output.json(line);
        }
        context.output.line(
            fmt::format("{} is {}.", os::printable(path), explanation.is_included ? "backed up" : "left out"));
        const bool is_rule = explanation.option.empty();
        if (is_rule && explanation.rule.empty()) return context.output.line("  No rule is about it.");
        context.output.line(fmt::format(
            "  {}  decides ({}){}", is_rule ? os::printable(explanation.rule) : explanation.option,
            is_rule ? os::printable(explanation.origin) : explanation.reason,
            explanation.decided_at == path ? "" : ", for the folder " + os::printable(explanation.decided_at)));
    }

    std::string path_;
    std::string source_;
    SelectionOptions rules_;
};

}  // namespace

std::unique_ptr<Command> make_explain() {
    return std::make_unique<Explain>();
}

}  // namespace kist::cli
