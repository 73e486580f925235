#include "repository/difference_stager.hpp"

#include "kist/delta/inversion.hpp"
#include "kist/delta/matcher.hpp"
#include "kist/delta/policy.hpp"
#include "kist/delta/verified_reader.hpp"
#include "kist/os/file.hpp"
#include "kist/os/parallel.hpp"
#include "kist/repository/plain_metadata.hpp"
#include "kist/repository/volume_trouble.hpp"

#include "repository/layout.hpp"

#include <algorithm>

namespace kist::repository {
namespace {

constexpr std::uint64_t kPiece = 64U << 10U;

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

// Where the newer version cannot be read as it was matched: somebody is changing it.
struct GaveUp {};

template <typename Call>
auto or_give_up(Call call) {
    try {
        return call();
    } catch (const Error&) {
        throw GaveUp{};
    }
}

}  // namespace

// The plain file, open, as Kist left it.
struct DifferenceStager::Older {
    os::Directory folder;
    std::string name;
    os::Fd file;
    os::FileStatus status;
    delta::KnownSignature signature;
};

// What differs when the file stays where it is, in its order; blocks of zeros are told from others by the signature.
class DifferenceStager::Pieces {
  public:
    Pieces(const delta::InputFile& newer, const delta::Signature& signature, const delta::Script& script)
        : signature_(signature),
          zeros_(delta::node_of_zeros(signature)),
          script_(delta::in_place(script)),
          read_(newer.fd, newer.name, signature) {}

    // visit(offset, length, is_zeros)
    template <typename Visit>
    void each(Visit visit) const {
        delta::for_each_piece(
            script_, [](const delta::Copy&) {},
            [&](std::uint64_t offset, std::uint64_t length) { split(offset, offset + length, visit); });
    }

    // Bytes of the newer version that are no zeros, and those of them that differ.
    std::uint64_t whole() const {
        const auto zeros = static_cast<std::uint64_t>(std::ranges::count(signature_.nodes, zeros_));
        return signature_.size - std::min(signature_.size, zeros * signature_.shape.block_size());
    }
    std::uint64_t differing() const {
        std::uint64_t bytes = 0;
        each([&](std::uint64_t, std::uint64_t length, bool is_zeros) { bytes += is_zeros ? 0 : length; });
        return bytes;
    }

    // Throws GaveUp.
    void send(PatchSink& sink) {
        std::vector<std::byte> buffer(kPiece);
        each([&](std::uint64_t offset, std::uint64_t length, bool is_zeros) {
            if (is_zeros) return on_volume([&] { sink.clear(offset, length); });
            for (std::uint64_t at = 0; at < length; at += kPiece) {
                const auto piece = std::span(buffer).first(std::min(kPiece, length - at));
                or_give_up([&] { read_(offset + at, piece); });
                on_volume([&] { sink.write(offset + at, piece); });
            }
        });
    }

  private:
    template <typename Visit>
    void split(std::uint64_t begin, std::uint64_t end, Visit& visit) const {
        const auto size = signature_.shape.block_size();
        for (auto at = begin; at < end;) {
            const bool is_zeros = is_zero_block(at, end);
            auto next = at;
            do next = std::min<std::uint64_t>(end, (next / size + 1) * size);
            while (next < end && is_zero_block(next, end) == is_zeros);
            visit(at, next - at, is_zeros);
            at = next;
        }
    }

    bool is_zero_block(std::uint64_t at, std::uint64_t end) const {
        const auto size = signature_.shape.block_size();
        return at % size == 0 && size <= end - at && signature_.nodes[at / size] == zeros_;
    }

    const delta::Signature& signature_;
    Digest zeros_;
    delta::Script script_;
    delta::VerifiedReader read_;
};

DifferenceStager::DifferenceStager(const Repository& repository, const os::Directory& staging, bool syncs_each_file)
    : repository_(repository), staging_(staging), syncs_each_file_(syncs_each_file), signatures_(repository) {}

// nullopt where that has been touched, or cannot be read: copied whole, it is new and sound again.
std::optional<DifferenceStager::Older> DifferenceStager::find_older(const StagedChange& staged,
                                                                    const OnRead& on_read) const {
    try {
        return open_older(staged, on_read);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted) throw;
        return std::nullopt;
    }
}

std::optional<DifferenceStager::Older> DifferenceStager::open_older(const StagedChange& staged,
                                                                    const OnRead& on_read) const {
    const auto& path = staged.known_mirror_path;
    const auto& known = *staged.known;
    auto folder = repository_.mirror().find_below(std::string_view(path).substr(0, path.rfind('/')));
    auto file = folder ? folder->find_file(file_name(path)) : std::nullopt;
    if (!file) return std::nullopt;
    const auto status = os::status_of(file->get());
    if (!is_as_left(status, known.metadata) || status.inode != known.mirror_inode || status.link_count != 1)
        return std::nullopt;
    auto signature = signatures_.find(*staged.known_content, status.size);
    if (!signature) {
        const auto is_read = [&](std::uint64_t) { on_read(0); };  // not of the source
        auto made = delta::sign({file->get(), path, status.size}, *delta::signature_shape({status.size}),
                                os::core_count(), is_read);
        if (made.content != *staged.known_content) return std::nullopt;
        signatures_.store(made);
        signature.emplace(std::move(made));
    }
    return Older{std::move(*folder), file_name(path), std::move(*file), status, std::move(*signature)};
}

Difference DifferenceStager::stage(const delta::InputFile& newer, StagedChange& staged, const OnRead& on_read) const {
    const auto older = find_older(staged, on_read);
    if (!older) return Difference::whole;
    try {
        auto match = delta::match(newer, older->signature, os::core_count(), on_read);
        staged.content = match.signature.content;
        staged.metadata.size = newer.size;
        if (staged.content == *staged.known_content) return Difference::none;
        signatures_.store(match.signature);
        if (match.script.copies.size() > delta::kMostCopies) return Difference::whole;
        auto reverse = delta::invert(match.script);
        if (delta::is_worth_keeping({delta::encoded_size(reverse)}, {older->status.size}))
            staged.reverse = std::move(reverse);
        Pieces pieces(newer, match.signature, match.script);
        if (!delta::patches_in_place({pieces.differing()}, {pieces.whole()})) return Difference::whole;
        if (clone(*older, staged, pieces)) return Difference::staged;
        if (!staged.reverse) return Difference::whole;  // the old version is kept whole, and so cannot be patched
        if (!log(*older, staged, pieces)) return Difference::whole;
        staged.patched = true;
        return Difference::staged;
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        signatures_.remove(*staged.known_content);
        return Difference::whole;  // it changes while it is read, or the signature has rotted
    }
}

void DifferenceStager::drop(StagedChange& staged) const {
    staged.reverse.reset();
    on_volume([&] {
        if (std::exchange(staged.patched, false))
            staging_.open_directory(kRedo).remove_file(std::to_string(staged.change.id));
        else
            staging_.open_directory(kStagedIn).remove_tree(*staged.staged);
    });
}

// On filesystems with reflinks: false where this is none.
bool DifferenceStager::clone(const Older& older, const StagedChange& staged, Pieces& pieces) const {
    const auto& path = *staged.staged;
    const auto slash = path.rfind('/');
    const auto in = staging_.open_directory(kStagedIn);
    const auto folder = slash == std::string::npos ? in.duplicate() : in.open_below(path.substr(0, slash));
    const auto name = file_name(path);
    const auto file = on_volume([&] { return folder.open_file_for_writing(name, os::Create::exclusive); });
    try {
        if (on_volume([&] { return os::clone_file(older.file.get(), file.get(), name); })) {
            FilePatcher patcher(file.get(), name, staged.metadata.size, staged.metadata.has_holes);
            pieces.send(patcher);
            return true;
        }
    } catch (const GaveUp&) {
    }
    on_volume([&] { folder.remove_file(name); });
    return false;
}

// false: the source changes meanwhile.
bool DifferenceStager::log(const Older& older, const StagedChange& staged, Pieces& pieces) const {
    const auto& metadata = staged.metadata;
    const auto name = std::to_string(staged.change.id);
    const auto folder = on_volume([&] { return staging_.ensure_directory(kRedo); });
    auto file = on_volume([&] { return folder.open_file_for_writing(name, os::Create::exclusive); });
    try {
        RedoLogWriter log(std::move(file), name,
                          {older.status.inode, metadata.size, metadata.has_holes, staged.content});
        pieces.send(log);
        on_volume([&] {
            const auto& written = log.finish();
            if (syncs_each_file_) os::sync_file(written.get(), name);
            set_space_aside(older, name, pieces, metadata.has_holes);
        });
        return true;
    } catch (const GaveUp&) {
        on_volume([&] { folder.remove_file(name); });
        return false;
    }
}

// After the commit there must be space for all of it: where the file grows or has holes, a file of that size is kept
// until it is patched. Before the commit nothing in latest/ changes.
void DifferenceStager::set_space_aside(const Older& older, const std::string& name, const Pieces& pieces,
                                       bool with_holes) const {
    const auto& status = older.status;
    const bool is_sparse = status.allocated < status.size;
    std::uint64_t needed = 0;
    pieces.each([&](std::uint64_t offset, std::uint64_t length, bool is_zeros) {
        const auto begin = is_sparse ? offset : std::max(offset, status.size);
        if (begin < offset + length && !(is_zeros && with_holes)) needed += offset + length - begin;
    });
    if (needed == 0) return;
    const auto file = staging_.ensure_directory(kSpace).open_file_for_writing(name, os::Create::exclusive);
    os::allocate(file.get(), needed, name);
}

RedoLog DifferenceStager::open_log(const os::Directory& staging, std::int64_t change) {
    const auto name = std::to_string(change);
    return {staging.open_directory(kRedo).open_file(name), std::string(kRedo) + "/" + name};
}

}  // namespace kist::repository
