#include "kist/delta/matcher.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/range_reader.hpp"

#include "delta/block_pass.hpp"
#include "delta/gap_matcher.hpp"

#include <mutex>

namespace kist::delta {
namespace {

// What one chunk has in common with the older version. Where the last copy reaches into the next chunk, `next` is the
// node of that chunk's first block as it was read here.
struct ChunkMatch {
    std::vector<Copy> copies;
    std::uint64_t end_block = 0;
    std::optional<Digest> next;
};

class Matcher {
  public:
    Matcher(const InputFile& newer, const KnownSignature& older)
        : newer_(newer), older_(older), pass_(newer, older.shape()), chunks_(pass_.chunk_count()) {}

    Match run(unsigned threads, const std::function<void(std::uint64_t)>& on_read) {
        auto signature = pass_.run(threads, [&](const Chunk& chunk, const std::vector<Digest>& nodes) {
            if (on_read) on_read(chunk.length);
            visit(chunk, nodes);
        });
        expect_unchanged(signature);
        return {joined(), std::move(signature)};
    }

  private:
    void visit(const Chunk& chunk, const std::vector<Digest>& nodes);
    void match_gap(const Chunk& chunk, std::uint64_t first_block, std::uint64_t end_block);
    std::size_t read_next_block(const Chunk& chunk) const;
    const BlockTable& table();
    void expect_unchanged(const Signature& signature) const;
    Script joined() const;

    const InputFile& newer_;
    const KnownSignature& older_;
    BlockPass pass_;
    std::vector<ChunkMatch> chunks_;
    std::once_flag table_built_;
    std::optional<BlockTable> table_;
};

// Built only where something is to be looked up.
const BlockTable& Matcher::table() {
    std::call_once(table_built_, [this] { table_.emplace(older_); });
    return *table_;
}

void Matcher::visit(const Chunk& chunk, const std::vector<Digest>& nodes) {
    const auto size = older_.shape().block_size();
    const auto blocks = chunk.end_block - chunk.first_block;
    older_.learn(chunk.first_block, std::span(nodes).subspan(chunk.first_block, blocks));
    auto gap = chunk.first_block;
    for (auto block = chunk.first_block; block < chunk.end_block; ++block) {
        if (block >= older_.block_count() || older_.node(block) != nodes[block]) continue;
        match_gap(chunk, gap, block);
        const auto length = std::min<std::uint64_t>(size, newer_.size - block * size);
        chunks_[chunk.number].copies.push_back({block * size, block * size, length});
        gap = block + 1;
    }
    match_gap(chunk, gap, chunk.end_block);
}

void Matcher::match_gap(const Chunk& chunk, std::uint64_t first_block, std::uint64_t end_block) {
    if (first_block == end_block || chunk.length == 0) return;
    const auto size = older_.shape().block_size();
    const auto begin = (first_block - chunk.first_block) * size;
    const auto end = std::min<std::uint64_t>((end_block - chunk.first_block) * size, chunk.length);
    const auto ahead = end == chunk.length ? read_next_block(chunk) : 0;
    auto& result = chunks_[chunk.number];
    result.end_block = chunk.end_block;
    GapMatcher matcher(older_, table());
    matcher.match({chunk.offset + begin, end - begin, chunk.buffer.subspan(begin, end - begin + ahead)}, result.copies);
    if (!result.copies.empty() && result.copies.back().target_end() > chunk.offset + chunk.length)
        result.next = BlockHasher(older_.shape(), newer_.size).node_of(chunk.buffer.subspan(end, ahead));
}

std::size_t Matcher::read_next_block(const Chunk& chunk) const {
    const auto offset = chunk.offset + chunk.length;
    const auto length = std::min<std::uint64_t>(older_.shape().block_size(), newer_.size - offset);
    read_file(newer_.fd, newer_.name)(offset, chunk.buffer.subspan(chunk.length, length));
    return length;
}

// A copy that two chunks share was found in bytes that were read twice.
void Matcher::expect_unchanged(const Signature& signature) const {
    for (const auto& chunk : chunks_)
        if (chunk.next && *chunk.next != signature.nodes[chunk.end_block])
            throw Error(ErrorCode::damaged, "reading " + newer_.name + ": it changed meanwhile");
}

// Where a chunk's last copy reaches over the next one's first, the one that stays in place remains whole.
Script Matcher::joined() const {
    Script script{older_.size(), newer_.size, {}};
    for (const auto& chunk : chunks_)
        for (auto copy : chunk.copies) {
            const auto done = script.copies.empty() ? 0 : script.copies.back().target_end();
            const auto overlap = done > copy.target ? std::min(done - copy.target, copy.length) : 0;
            if (copy.in_place() && overlap > 0) {
                script.copies.back().length -= done - copy.target;
            } else {
                copy = {copy.target + overlap, copy.source + overlap, copy.length - overlap};
            }
            append(script, copy);
        }
    return script;
}

}  // namespace

Match match(const InputFile& newer, const KnownSignature& older, unsigned threads,
            const std::function<void(std::uint64_t)>& on_read) {
    return Matcher(newer, older).run(threads, on_read);
}

}  // namespace kist::delta
