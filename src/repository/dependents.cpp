#include "repository/dependents.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/delta/policy.hpp"

#include "repository/chain_length.hpp"
#include "repository/content_records.hpp"
#include "repository/delta_chain.hpp"
#include "repository/forgotten_rows.hpp"
#include "repository/pack_rows.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

// Deltas whose versions were forgotten stay as they are where joining them with the next one would give back less than
// this part of them: two versions' changes seldom fall on the same blocks, and then joining writes all of it again.
constexpr std::uint64_t kLittle = 8;  // an eighth

class Rebaser {
  public:
    Rebaser(const Repository& repository, sqlite::Database& catalog, PackWriter& pack, FreedBases freed_bases)
        : repository_(repository),
          database_(catalog),
          before_(repository.open_catalog()),
          pack_(pack),
          chain_length_(catalog),
          freed_bases_(freed_bases),
          is_freed_(catalog.prepare("SELECT 1 FROM plan.freed WHERE content = ?")),
          update_(
              catalog.prepare("UPDATE main.content SET pack = ?2, offset = ?3, stored = ?4, base = ?5 WHERE id = ?1")),
          note_(catalog.prepare("INSERT OR IGNORE INTO plan.moved VALUES (?)")) {}

    void rebase(ContentId id) {
        const auto content = before_.content(id);
        const auto chain = chain_of(before_, content, [this](const Content& link) { return !is_freed(link.id); });
        const auto& bottom = chain.bottom;
        const bool stays = !is_freed(bottom.id) || may_stay(bottom, content);
        if (stays && chain.links.size() == 1) return;
        if (stays && write_delta_of(chain)) return;
        record(content, write_whole(pack_, content.hash, content.size, open_content(repository_, before_, content)),
               {});
    }

  private:
    bool is_freed(ContentId id) {
        const bool freed = is_freed_.bind(1, id).step();
        is_freed_.reset();
        return freed;
    }

    bool may_stay(const Content& bottom, const Content& content) const {
        return freed_bases_ == FreedBases::stay_where_cheaper &&
               (bottom.place == ContentPlace::pack || bottom.place == ContentPlace::kept) &&
               bottom.size / 2 <= content.size;
    }

    // Of the whole chain, up and down from here: where it is long, it becomes shorter.
    bool may_keep_links(const DeltaChain& chain) {
        if (freed_bases_ != FreedBases::stay_where_cheaper) return false;
        const auto& content = chain.links.front();
        return chain_length_.links_above(content.id) + chain_of(before_, content).links.size() <= kLongestChain;
    }

    // Both sizes before compression.
    bool gives_little_back(const DeltaChain& chain, const delta::Script& joined) const {
        std::uint64_t size = 0;
        for (const auto& link : chain.links) {
            const ContentRecords records(repository_, link);
            if (records.is_prefixed()) return false;
            size += records.size();
        }
        return delta::encoded_size(joined) > size - size / kLittle;
    }

    // Or leaves the deltas that are there. false: neither is worth it.
    bool write_delta_of(const DeltaChain& chain) {
        const auto& content = chain.links.front();
        const auto& bottom = chain.bottom;
        const auto bottom_bytes = open_content(repository_, before_, bottom);
        const auto method = delta::rule_for({content.size}, {bottom.size}).method;
        if (method == delta::Method::prefix) return write_prefixed(content, bottom, bottom_bytes);
        if (method != delta::Method::blocks) return false;
        const auto delta = composed(repository_, chain, bottom_bytes);
        if (may_keep_links(chain) && gives_little_back(chain, delta.script)) return true;
        if (!delta::is_worth_keeping({delta::encoded_size(delta.script)}, {content.size})) return false;
        record(content, write_delta(pack_, content.hash, bottom.hash, delta), bottom.id);
        return true;
    }

    bool write_prefixed(const Content& content, const Content& bottom, const delta::RangeReader& bottom_bytes) {
        const auto plain = read_right(content, open_content(repository_, before_, content));
        const auto base = read_right(bottom, bottom_bytes);
        const auto record_bytes = encode_record({RecordKind::content, content.hash, bottom.hash, plain}, base);
        if (!delta::is_worth_keeping({record_bytes.bytes.size()}, {content.size})) return false;
        record(content, pack_.append(record_bytes), bottom.id);
        return true;
    }

    static std::vector<std::byte> read_right(const Content& content, const delta::RangeReader& bytes) {
        std::vector<std::byte> plain(content.size);
        bytes(0, plain);
        if (delta::content_hash(plain) != content.hash)
            throw Error(ErrorCode::damaged, fmt::format("content {} is not what its hash says", content.id));
        return plain;
    }

    void record(const Content& content, const RecordPlace& place, std::optional<ContentId> base) {
        mark_packs_of_contents(database_, std::to_string(content.id));
        update_.bind(1, content.id).bind(2, place.pack).bind(3, static_cast<std::int64_t>(place.offset));
        update_.bind(4, static_cast<std::int64_t>(place.stored)).bind(5, base).run();
        note_.bind(1, content.id).run();
    }

    const Repository& repository_;
    sqlite::Database& database_;
    Catalog before_;  // as it was before the transaction: what goes can still be read
    PackWriter& pack_;
    ChainLength chain_length_;
    FreedBases freed_bases_;
    sqlite::Statement is_freed_;
    sqlite::Statement update_;
    sqlite::Statement note_;
};

std::vector<ContentId> dependents(sqlite::Database& catalog) {
    std::vector<ContentId> found;
    auto rows = catalog.prepare(
        "SELECT k.id FROM plan.freed f JOIN main.content k ON k.base = f.content "
        "WHERE NOT EXISTS (SELECT 1 FROM plan.freed g WHERE g.content = k.id) ORDER BY k.id");
    while (rows.step()) found.push_back(rows.integer(0));
    return found;
}

}  // namespace

void rebase_dependents(const Repository& repository, sqlite::Database& catalog, PackWriter& pack,
                       FreedBases freed_bases) {
    const auto ids = dependents(catalog);
    if (ids.empty()) return;
    Rebaser rebaser(repository, catalog, pack, freed_bases);
    for (const auto id : ids) {
        try {
            rebaser.rebase(id);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;  // it keeps what it has, and `check` names it
        }
    }
    keep_needed_bases(catalog);
}

}  // namespace kist::repository
