#include "kist/config/reading.hpp"

#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/os/directory.hpp"

#include "config/cross_checks.hpp"
#include "config/file_loader.hpp"
#include "config/mailbox_settings.hpp"
#include "config/notify_settings.hpp"
#include "config/settings.hpp"
#include "config/table_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace kist::config {
namespace {

constexpr std::size_t kMostFiles = 100;

class Reader {
  public:
    explicit Reader(const Request& request) : request_(request) {}

    Reading run() {
        const auto path = std::filesystem::absolute(request_.path).string();
        if (!load_main(path)) return std::move(reading_);
        const auto includes = read_file(reading_.files.front(), Includes::allowed);
        for (const auto& pattern : includes) include(pattern);
        finish();
        return std::move(reading_);
    }

  private:
    enum class Includes { allowed, refused };

    struct OpenSource {
        Source source;
        Settings own;
    };

    bool load_main(const std::string& path) {
        try {
            reading_.files.push_back(load(path, request_.trust));
            return true;
        } catch (const Error& error) {
            const bool is_missing = error.error_number() == ENOENT || error.error_number() == ENOTDIR;
            if (!is_missing) throw;
            if (request_.presence == Presence::optional) return false;
            throw Error(ErrorCode::not_found, "there is no configuration file " + os::printable(path));
        }
    }

    void include(const Text& pattern) {
        const auto folder = std::filesystem::path(reading_.files.front().path).parent_path().string();
        try {
            for (const auto& path : expand(pattern.text, folder)) {
                if (std::exchange(is_full_, reading_.files.size() == kMostFiles)) return;
                if (is_full_)
                    return complain(pattern.origin, fmt::format("more than {} files are included", kMostFiles));
                reading_.files.push_back(load(path, request_.trust));
                read_file(reading_.files.back(), Includes::refused);
            }
        } catch (const Error& error) {
            complain(pattern.origin, error.message(), error.hint());
        }
    }

    // Returns the patterns of what it includes.
    std::vector<Text> read_file(const File& loaded, Includes includes) {
        const File file = loaded;  // the list of files may grow
        auto document = parse(file.content, file.path);
        if (document.problem) {
            reading_.problems.push_back(std::move(*document.problem));
            return {};
        }
        const PathBase base{std::filesystem::path(file.path).parent_path().string(), request_.home};
        TableReader reader(document.table, "", file.path, reading_.problems);
        auto patterns = reader.texts("include");
        if (includes == Includes::refused && !patterns.empty())
            complain(reader.origin_of("include"), "a file that is included cannot include others");
        if (const auto* defaults = reader.table("defaults"))
            read_defaults(*defaults, file.path, base, reader.origin_of("defaults"));
        if (const auto* notify = reader.table("notify"))
            read_notify_table(*notify, file.path, base, reader.origin_of("notify"));
        reader.each_named("volume", [&](const std::string& name, const Table& table, const Origin& origin) {
            read_volume(name, table, file.path, base, origin);
        });
        reader.each_named("source", [&](const std::string& name, const Table& table, const Origin& origin) {
            read_source(name, table, file.path, base, origin);
        });
        reader.finish();
        return patterns;
    }

    void read_defaults(const Table& table, const std::string& file, const PathBase& base, const Origin& origin) {
        TableReader reader(table, "defaults", file, reading_.problems);
        auto settings = read_settings(reader, base);
        reader.finish();
        if (defaults_at_)
            return complain(origin,
                            fmt::format("[defaults] stand in {} already", os::printable(to_text(*defaults_at_))));
        defaults_ = std::move(settings);
        defaults_at_ = origin;
    }

    void read_notify_table(const Table& table, const std::string& file, const PathBase& base, const Origin& origin) {
        TableReader reader(table, "notify", file, reading_.problems);
        auto notify = read_notify(reader, base, origin);
        reader.finish();
        auto& present = reading_.configuration.notify;
        if (present)
            return complain(origin,
                            fmt::format("[notify] stands in {} already", os::printable(to_text(present->origin))));
        present = std::move(notify);
    }

    void read_volume(const std::string& name, const Table& table, const std::string& file, const PathBase& base,
                     const Origin& origin) {
        TableReader reader(table, "volume." + name, file, reading_.problems);
        Volume volume{.name = name, .origin = origin};
        if (const auto text = reader.text("uuid")) {
            volume.uuid = text->text;
            if (!parse_uuid(text->text))
                complain(text->origin, fmt::format("{} is no UUID", os::printable(text->text)));
        }
        if (const auto text = reader.text("label")) volume.label = text->text;
        if (const auto text = reader.text("path")) volume.path = resolve_path(*text, base, reader).value_or("");
        if (const auto text = reader.text("key-file")) volume.key_file = resolve_path(*text, base, reader).value_or("");
        volume.passphrase_command = reader.words("passphrase-command").value_or(std::vector<std::string>());
        reader.finish();
        const auto given = [](const std::string& text) { return text.empty() ? 0 : 1; };
        if (given(volume.uuid) + given(volume.label) + given(volume.path) != 1)
            complain(origin, fmt::format("[volume.{}] has to name its disk by one of uuid, label and path",
                                         os::printable(name)));
        if (!volume.key_file.empty() && !volume.passphrase_command.empty())
            complain(origin,
                     fmt::format("[volume.{}] has both a key-file and a passphrase-command", os::printable(name)));
        if (accept_name("volume", name, origin, reading_.configuration.find_volume(name)))
            reading_.configuration.volumes.push_back(std::move(volume));
    }

    void read_source(const std::string& name, const Table& table, const std::string& file, const PathBase& base,
                     const Origin& origin) {
        TableReader reader(table, "source." + name, file, reading_.problems);
        OpenSource open{{.name = name, .origin = origin}, {}};
        for (const auto& path : reader.texts("paths"))
            if (auto resolved = resolve_path(path, base, reader))
                add_path(open.source, std::move(*resolved), path.origin);
        open.source.mailbox = read_mailbox(reader, base);
        open.own = read_settings(reader, base);
        if (open.source.mailbox) require_mailbox_settings(reader, open.own, origin);
        reader.finish();
        if (open.source.paths.empty() && !open.source.mailbox)
            complain(origin, fmt::format("[source.{}] has neither paths nor a url", os::printable(name)),
                     "Like: paths = [\"/home\", \"~/Pictures\"], or url = \"imaps://me@mail.example.org\"");
        if (!open.source.paths.empty() && open.source.mailbox)
            complain(origin, fmt::format("[source.{}] has both paths and a url", os::printable(name)));
        const auto same = std::ranges::find(sources_, name, [](const OpenSource& one) { return one.source.name; });
        if (accept_name("source", name, origin, same == sources_.end() ? nullptr : &same->source))
            sources_.push_back(std::move(open));
    }

    void add_path(Source& source, std::string path, const Origin& origin) {
        if (std::ranges::find(source.paths, path) != source.paths.end())
            return complain(origin, fmt::format("{} stands here twice", os::printable(path)));
        source.paths.push_back(std::move(path));
    }

    // earlier: what has this name already, or nullptr.
    template <typename Named>
    bool accept_name(const char* kind, const std::string& name, const Origin& origin, const Named* earlier) {
        if (!is_name(name)) {
            complain(origin, fmt::format("{} cannot be the name of a {}", os::printable(name), kind),
                     "A name begins with a letter and has letters, digits, '-', '_' and '.' in it; it may not be one "
                     "that snapshots have, such as today.");
            return false;
        }
        if (earlier == nullptr) return true;
        complain(origin, fmt::format("[{}.{}] stands in {} already", kind, os::printable(name),
                                     os::printable(to_text(earlier->origin))));
        return false;
    }

    // Once all files are read: one may speak of what stands in another.
    void finish() {
        auto& configuration = reading_.configuration;
        auto& problems = reading_.problems;
        check_volume_name(defaults_.volume, configuration, problems);
        for (auto& [source, own] : sources_) {
            check_volume_name(own.volume, configuration, problems);
            apply(own, defaults_, source);
            if (source.mailbox) drop_file_settings(source);
            configuration.sources.push_back(std::move(source));
        }
        if (defaults_.volume)
            configuration.default_volume = defaults_.volume->text;
        else if (configuration.volumes.size() == 1)
            configuration.default_volume = configuration.volumes.front().name;
        check_overlaps(configuration, problems);
    }

    void complain(const Origin& origin, std::string message, std::string hint = {}) {
        reading_.problems.push_back({origin, std::move(message), std::move(hint)});
    }

    const Request& request_;
    Reading reading_;
    std::vector<OpenSource> sources_;
    Settings defaults_;
    std::optional<Origin> defaults_at_;
    bool is_full_ = false;  // no more files are read, and that has been said
};

}  // namespace

Reading read(const Request& request) {
    return Reader(request).run();
}

}  // namespace kist::config
