#include "repository/content_records.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"

#include "repository/layout.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kPart = 1U << 20U;  // plain bytes

// Cuts what comes into parts and appends them; takes them back unless all of it came.
class PartWriter {
  public:
    PartWriter(PackWriter& pack, RecordKind kind, const Digest& hash, const Digest& base)
        : pack_(pack), record_{kind, hash, base, {}} {}
    PartWriter(const PartWriter&) = delete;
    PartWriter& operator=(const PartWriter&) = delete;
    ~PartWriter() {
        try {
            if (!is_finished_ && place_) pack_.cut_off(*place_);
        } catch (const Error&) {
            return;  // what lies there is garbage, and the trouble that led here is already on its way
        }
    }

    void operator()(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const auto taken = bytes.first(std::min(bytes.size(), kPart - record_.plain.size()));
            record_.plain.insert(record_.plain.end(), taken.begin(), taken.end());
            bytes = bytes.subspan(taken.size());
            if (record_.plain.size() == kPart) flush();
        }
    }

    RecordPlace finish() {
        if (!place_ || !record_.plain.empty()) flush();
        is_finished_ = true;
        return *place_;
    }

  private:
    void flush() {
        const auto encoded = encode_record(record_);
        if (place_)
            pack_.extend(*place_, encoded);
        else
            place_ = pack_.append(encoded);
        record_.plain.clear();
    }

    PackWriter& pack_;
    Record record_;
    std::optional<RecordPlace> place_;
    bool is_finished_ = false;
};

}  // namespace

RecordPlace write_whole(PackWriter& pack, const Digest& hash, std::uint64_t size, const delta::RangeReader& bytes) {
    PartWriter writer(pack, RecordKind::content, hash, {});
    delta::ContentHasher hasher;
    delta::send_range(bytes, 0, size, [&](std::span<const std::byte> piece) {
        hasher.update(piece);
        writer(piece);
    });
    if (hasher.finish() != hash) throw Error(ErrorCode::damaged, "a content is not what its hash says");
    return writer.finish();
}

RecordPlace write_delta(PackWriter& pack, const Digest& hash, const Digest& base, const delta::Delta& delta) {
    PartWriter writer(pack, RecordKind::delta, hash, base);
    delta::encode(delta, std::ref(writer));
    return writer.finish();
}

ContentRecords::ContentRecords(const Repository& repository, const Content& content)
    : name_(pack_name(content.pack)), pack_(repository.control().open_directory(kHistory).open_file(name_)) {
    require_pack_of(pack_.get(), repository.id(), name_);
    list_parts(content);
}

void ContentRecords::list_parts(const Content& content) {
    const auto damaged = [&] {
        return Error(ErrorCode::damaged, fmt::format("{} holds something else at {}", name_, content.offset));
    };
    for (std::uint64_t done = 0; done < content.stored;) {
        const auto offset = content.offset + done;
        const auto head = read_record_head(pack_.get(), offset, name_);
        const bool fits = head.hash == content.hash && head.kind == (parts_.empty() ? head.kind : kind()) &&
                          (head.encoding != Encoding::prefixed || parts_.empty()) &&
                          (parts_.empty() || !is_prefixed()) && head.plain_size <= kMaximalRecord &&
                          head.payload_size <= head.plain_size + 1024 && head.stored() <= content.stored - done;
        if (!fits) throw damaged();
        parts_.push_back({size_, offset, head});
        size_ += head.plain_size;
        done += head.stored();
    }
    const bool is_of_a_base = !parts_.empty() && (kind() == RecordKind::delta || is_prefixed());
    if (parts_.empty() || (kind() != RecordKind::content && kind() != RecordKind::delta) ||
        is_of_a_base != content.base.has_value() || (kind() == RecordKind::content && size_ != content.size))
        throw damaged();
}

void ContentRecords::read(std::uint64_t offset, std::span<std::byte> buffer) {
    if (offset > size_ || buffer.size() > size_ - offset)
        throw Error(ErrorCode::damaged, fmt::format("{}: more was asked for than the records hold", name_));
    auto part = std::ranges::upper_bound(parts_, offset, {}, &Part::plain_begin);
    for (--part; !buffer.empty(); ++part) {
        load(*part);
        const auto within = std::span(plain_).subspan(offset - part->plain_begin);
        const auto taken = std::min(within.size(), buffer.size());
        std::copy_n(within.begin(), taken, buffer.begin());
        buffer = buffer.subspan(taken);
        offset += taken;
    }
}

std::vector<std::byte> ContentRecords::read_prefixed(std::span<const std::byte> base) const {
    return read_plain(pack_.get(), parts_.front().offset, parts_.front().head, base, name_);
}

void ContentRecords::load(const Part& part) {
    if (loaded_ == part.offset) return;
    loaded_.reset();
    plain_ = read_plain(pack_.get(), part.offset, part.head, {}, name_);
    loaded_ = part.offset;
}

}  // namespace kist::repository
