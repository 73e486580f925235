#include "kist/repository/content_reader.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/repository.hpp"

#include "repository/damage.hpp"
#include "repository/delta_chain.hpp"
#include "repository/layout.hpp"
#include "repository/pack.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <thread>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kPiece = 1U << 20U;
// Plain files of one content that are tried: nearly always the first is good, and some contents have thousands.
constexpr std::array<std::size_t, 3> kMirrorCopies{1, 16, 1024};
constexpr std::size_t kTriedBases = 16;
constexpr std::chrono::milliseconds kPatience{10000};
constexpr std::chrono::milliseconds kPause{200};

// What `read()` gives, or the message of its Error where that means damage.
template <typename Read>
auto damage_as_trouble(Read read) -> decltype(read()) {
    try {
        return read();
    } catch (const Error& error) {
        if (!tells_of_damage(error)) throw;
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
    Trouble trouble;
    for (const auto& read_copy : history_copies(content))
        if (trouble = read_copy(ignore); !trouble) break;
    return trouble;
}

std::optional<std::string> ContentReader::trouble_in_mirror(const Content& content, const std::string& mirror_path) {
    return read_mirror(content, mirror_path, ignore);
}

bool ContentReader::read_some_copy(const Content& content, Attempt& attempt) {
    if (content.size == 0) return true;
    if (read_some_plain_file(content, attempt)) return true;
    const bool in_history = content.place == ContentPlace::pack || content.place == ContentPlace::kept;
    if (in_history)
        return std::ranges::any_of(history_copies(content), [&](const auto& copy) { return attempt.try_copy(copy); });
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

// A delta can be read by each copy of the whole content at its chain's end.
std::vector<ContentReader::CopyReader> ContentReader::history_copies(const Content& content) {
    if (content.place == ContentPlace::kept)
        return {[this, content](const Take& take) { return read_kept(content, take); }};
    if (!content.base) return {[this, content](const Take& take) { return read_pack(content, take); }};
    const auto chain = std::make_shared<DeltaChain>();
    if (const auto trouble = damage_as_trouble([&]() -> Trouble {
            *chain = chain_of(catalog_, content);
            return std::nullopt;
        }))
        return {[trouble](const Take&) { return trouble; }};
    std::vector<CopyReader> readers;
    const auto add = [&](std::function<std::optional<delta::RangeReader>()> open_bottom) {
        readers.emplace_back([this, chain, open_bottom = std::move(open_bottom)](const Take& take) {
            return read_delta(*chain, open_bottom, take);
        });
    };
    const auto& bottom = chain->bottom;
    for (const auto& path : catalog_.mirror_paths(bottom.id, kTriedBases))
        add([this, chain, path] { return open_plain(repository_, chain->bottom, path); });
    if (bottom.place == ContentPlace::kept) add([this, chain] { return open_kept(repository_, chain->bottom); });
    if (bottom.place == ContentPlace::pack)
        add([this, chain] { return std::optional(open_records(repository_, chain->bottom)); });
    if (readers.empty()) add([] { return std::nullopt; });
    return readers;
}

ContentReader::Trouble ContentReader::read_pack(const Content& content, const Take& take) {
    return read_opened(
        content, pack_name(content.pack), [&] { return open_records(repository_, content); }, take);
}

ContentReader::Trouble ContentReader::read_delta(const DeltaChain& chain,
                                                 const std::function<std::optional<delta::RangeReader>()>& open_bottom,
                                                 const Take& take) {
    const auto& content = chain.links.front();
    const auto name = fmt::format("the delta in {} at {}", pack_name(content.pack), content.offset);
    const auto open = [&] {
        const auto bottom = open_bottom();
        if (!bottom) throw Error(ErrorCode::damaged, name + " has lost the content that it applies to");
        return read_through(composed(repository_, chain, *bottom), *bottom);
    };
    return read_opened(content, name, open, take);
}

ContentReader::Trouble ContentReader::read_opened(const Content& content, const std::string& name,
                                                  const std::function<delta::RangeReader()>& open, const Take& take) {
    delta::RangeReader bytes;
    delta::ContentHasher hasher;
    if (auto trouble = damage_as_trouble([&]() -> Trouble {
            bytes = open();
            return std::nullopt;
        }))
        return trouble;
    for (std::uint64_t at = 0; at < content.size;) {
        const auto piece = std::span(buffer_).first(std::min<std::uint64_t>(kPiece, content.size - at));
        if (auto trouble = damage_as_trouble([&]() -> Trouble {
                bytes(at, piece);
                return std::nullopt;
            }))
            return trouble;
        hasher.update(piece);
        take(at, piece);
        at += piece.size();
    }
    if (hasher.finish() != content.hash) return name + " does not hold what was backed up";
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
