#include "kist/repository/content_reader.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/repository.hpp"

#include "repository/layout.hpp"
#include "repository/pack.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kPiece = 1U << 20U;
// Plain files of one content that are tried: nearly always the first is good, and some contents have thousands.
constexpr std::array<std::size_t, 3> kMirrorCopies{1, 16, 1024};
constexpr std::chrono::milliseconds kPatience{10000};
constexpr std::chrono::milliseconds kPause{200};

// Whether a failed call says something about the disk's state, and not about this process' rights or limits.
bool tells_of_damage(int error) {
    return error == EIO || error == EUCLEAN || error == EBADMSG || error == EILSEQ || error == ENOENT ||
           error == ENXIO || error == EOVERFLOW || error == ENOTDIR || error == ELOOP || error == EISDIR;
}

// What `read()` gives, or the message of its Error where that means damage.
template <typename Read>
auto damage_as_trouble(Read read) -> decltype(read()) {
    try {
        return read();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged && !tells_of_damage(error.error_number())) throw;
        return error.message();
    }
}

void ignore(std::uint64_t, std::span<const std::byte>) {}

}  // namespace

// One call of read(): what was taken, and where nothing good was found.
struct ContentReader::Attempt {
    const Take& take;
    const std::function<void()>& restart;
    bool dirty = false;
    std::vector<std::string> troubles;

    Attempt(const Take& taken_by, const std::function<void()>& restarted_by) : take(taken_by), restart(restarted_by) {}

    bool try_copy(const std::function<Trouble(const Take&)>& read_copy) {
        if (dirty) restart();
        dirty = false;
        const auto trouble = read_copy([this](std::uint64_t offset, std::span<const std::byte> data) {
            dirty = true;
            take(offset, data);
        });
        if (trouble) troubles.push_back(*trouble);
        return !trouble;
    }
};

ContentReader::ContentReader(const Repository& repository, Catalog& catalog)
    : repository_(repository), catalog_(catalog), buffer_(kPiece), patience_(kPatience) {}

Content ContentReader::read(ContentId id, const Take& take, const std::function<void()>& restart) {
    Attempt attempt(take, restart);
    for (;;) {
        std::int64_t version = 0;
        {
            // While the state is held nobody takes this content's space away.
            const Catalog::Reading reading(catalog_);
            version = catalog_.version();
            const auto content = catalog_.content(id);
            if (read_some_copy(content, attempt)) return content;
        }
        if (!is_worth_another_look(version))
            throw Error(ErrorCode::damaged, fmt::format("no good copy of {} is left: {}", catalog_.example_of(id),
                                                        fmt::join(attempt.troubles, "; ")));
        attempt.troubles.clear();
    }
}

bool ContentReader::is_worth_another_look(std::int64_t version) {
    folder_.reset();
    const bool pending = catalog_.has_pending_steps();
    if (!pending) return catalog_.version() != version;
    if (patience_ < kPause) return false;
    patience_ -= kPause;
    std::this_thread::sleep_for(kPause);
    return true;
}

std::optional<std::string> ContentReader::trouble_in_history(const Content& content) {
    return read_history(content, ignore);
}

std::optional<std::string> ContentReader::trouble_in_mirror(const Content& content, const std::string& mirror_path) {
    return read_mirror(content, mirror_path, ignore);
}

bool ContentReader::read_some_copy(const Content& content, Attempt& attempt) {
    if (content.size == 0) return true;
    if (read_some_plain_file(content, attempt)) return true;
    const bool in_history = content.place == ContentPlace::pack || content.place == ContentPlace::kept;
    if (in_history) return attempt.try_copy([&](const Take& take) { return read_history(content, take); });
    if (attempt.troubles.empty()) attempt.troubles.emplace_back("it was lost before");
    return false;
}

bool ContentReader::read_some_plain_file(const Content& content, Attempt& attempt) {
    std::size_t tried = 0;
    for (const auto limit : kMirrorCopies) {
        const auto paths = catalog_.mirror_paths(content.id, limit);
        for (; tried < paths.size(); ++tried)
            if (attempt.try_copy([&](const Take& take) { return read_mirror(content, paths[tried], take); }))
                return true;
        if (tried < limit) return false;
    }
    return false;
}

ContentReader::Trouble ContentReader::read_history(const Content& content, const Take& take) {
    return content.place == ContentPlace::pack ? read_pack(content, take) : read_kept(content, take);
}

ContentReader::Trouble ContentReader::read_pack(const Content& content, const Take& take) {
    const auto name = pack_name(content.pack);
    Record record;
    const auto trouble = damage_as_trouble([&]() -> Trouble {
        const auto file = repository_.control().open_directory(kHistory).open_file(name);
        record = read_record(file.get(), content.offset, repository_.id(), name);
        return std::nullopt;
    });
    if (trouble) return trouble;
    if (record.kind != RecordKind::content || record.plain.size() != content.size ||
        delta::content_hash(record.plain) != content.hash)
        return fmt::format("{} holds something else at {}", name, content.offset);
    const std::span<const std::byte> plain(record.plain);
    for (std::size_t at = 0; at < plain.size(); at += kPiece)
        take(at, plain.subspan(at, std::min(kPiece, plain.size() - at)));
    return std::nullopt;
}

ContentReader::Trouble ContentReader::read_kept(const Content& content, const Take& take) {
    const auto name = to_hex(content.hash);
    std::optional<os::Fd> file;
    const auto trouble = damage_as_trouble([&]() -> Trouble {
        file = repository_.control().open_directory(kHistory).open_directory(kKept).find_file(name);
        return std::nullopt;
    });
    if (trouble) return trouble;
    const auto shown = fmt::format("{}/{}/{}", kHistory, kKept, name);
    return file ? read_plain_file(content, *file, shown, take) : shown + " is missing";
}

ContentReader::Trouble ContentReader::read_mirror(const Content& content, const std::string& path, const Take& take) {
    std::optional<os::Fd> file;
    const auto trouble = damage_as_trouble([&]() -> Trouble {
        file = find_mirror_file(path);
        return std::nullopt;
    });
    if (trouble) return trouble;
    const auto shown = fmt::format("{}/{}", kMirror, os::printable(path));
    return file ? read_plain_file(content, *file, shown, take) : shown + " is missing";
}

ContentReader::Trouble ContentReader::read_plain_file(const Content& content, const os::Fd& file,
                                                      const std::string& name, const Take& take) {
    const auto status = os::status_of(file.get());
    if (status.type != os::FileType::regular) return name + " is no plain file";
    if (status.size != content.size) return fmt::format("{} has {} bytes, not {}", name, status.size, content.size);
    delta::ContentHasher hasher;
    const bool may_have_holes = status.allocated < status.size;
    for (std::uint64_t at = 0; at < content.size;) {
        const auto data =
            may_have_holes ? os::next_data(file.get(), at, content.size) : os::DataRange{at, content.size};
        hasher.update_zeros(data.begin - at);
        for (at = data.begin; at < data.end;) {
            const auto wanted = std::span(buffer_).first(std::min<std::uint64_t>(kPiece, data.end - at));
            std::size_t got = 0;
            const auto trouble = damage_as_trouble([&]() -> Trouble {
                got = os::read_at(file.get(), at, wanted, name);
                return std::nullopt;
            });
            if (trouble) return trouble;
            if (got != wanted.size()) return name + " became shorter while it was read";
            hasher.update(wanted);
            take(at, wanted);
            at += got;
        }
    }
    if (hasher.finish() != content.hash) return name + " does not hold what was backed up";
    return std::nullopt;
}

std::optional<os::Fd> ContentReader::find_mirror_file(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto folder = path.substr(0, slash == std::string::npos ? 0 : slash);
    if (!folder_ || folder_path_ != folder) {
        folder_ = repository_.mirror().find_below(folder);
        folder_path_ = folder;
    }
    if (!folder_) return std::nullopt;
    return folder_->find_file(path.substr(slash == std::string::npos ? 0 : slash + 1));
}

}  // namespace kist::repository
