#include "repository/pack.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <gtest/gtest.h>

namespace kist::repository {
namespace {

std::vector<std::byte> content_of(std::size_t size, bool compressible) {
    std::vector<std::byte> content(size);
    std::uint32_t state = 1;
    for (auto& byte : content)
        byte = static_cast<std::byte>(compressible ? 7 : (state = state * 1664525 + 1013904223) >> 24U);
    return content;
}

Record record_of(std::vector<std::byte> plain) {
    Record record;
    record.hash.bytes.fill(std::byte{3});
    record.plain = std::move(plain);
    return record;
}

class Pack : public testing::Test {
  protected:
    os::Fd open(std::int64_t number) const { return top_.open().open_file(pack_name(number)); }
    Record read(const RecordPlace& place) const {
        return read_record(open(place.pack).get(), place.offset, id_, pack_name(place.pack));
    }

    test::TemporaryDirectory top_;
    Uuid id_ = random_uuid();
};

TEST_F(Pack, ReturnsWhatWasAppendedWhetherItCompressesOrNot) {
    PackWriter writer(top_.open(), id_, 0, 0);
    for (const bool compressible : {true, false})
        for (const std::size_t size : {0U, 1U, 7U, 8U, 100'000U}) {
            const auto plain = content_of(size, compressible);
            const auto place = writer.append(encode_record(record_of(plain)));
            const auto record = read(place);
            EXPECT_EQ(record.plain, plain);
            EXPECT_EQ(record.kind, RecordKind::content);
            EXPECT_EQ(record.hash, record_of({}).hash);
            EXPECT_EQ(place.stored % 8, 0U);
        }
}

TEST_F(Pack, AnUnfinishedRunsEndIsCutOff) {
    RecordPlace committed;
    std::uint64_t end = 0;
    {
        PackWriter writer(top_.open(), id_, 0, 0);
        committed = writer.append(encode_record(record_of(content_of(1000, false))));
        end = writer.written().back().second;
        writer.append(encode_record(record_of(content_of(5000, false))));
    }
    PackWriter writer(top_.open(), id_, 1, end);
    EXPECT_EQ(os::status_of(open(1).get()).size, end);
    const auto place = writer.append(encode_record(record_of(content_of(10, true))));
    EXPECT_EQ(place.offset, end);
    EXPECT_EQ(read(committed).plain, content_of(1000, false));
}

TEST_F(Pack, EveryFlippedBitOfARecordIsFound) {
    PackWriter writer(top_.open(), id_, 0, 0);
    const auto place = writer.append(encode_record(record_of(content_of(300, false))));
    const auto file = top_.open().open_file_for_writing(pack_name(1), os::Create::no);
    for (std::uint64_t at = 0; at < 128 + 300; ++at) {
        std::byte byte{};
        os::read_at(file.get(), place.offset + at, {&byte, 1}, "pack");
        const std::byte original = byte;
        byte ^= std::byte{0x10};
        os::write_at(file.get(), place.offset + at, {&byte, 1}, "pack");
        EXPECT_THROW(read(place), Error) << at;
        os::write_at(file.get(), place.offset + at, {&original, 1}, "pack");
    }
    EXPECT_EQ(read(place).plain, content_of(300, false));
}

TEST_F(Pack, RefusesAnotherRepositorysPackAndATruncatedOne) {
    PackWriter writer(top_.open(), id_, 0, 0);
    const auto place = writer.append(encode_record(record_of(content_of(300, false))));
    EXPECT_THROW(read_record(open(1).get(), place.offset, random_uuid(), "pack"), Error);
    EXPECT_THROW(read_record(open(1).get(), place.offset + 8, id_, "pack"), Error);
    const auto file = top_.open().open_file_for_writing(pack_name(1), os::Create::no);
    os::truncate(file.get(), place.offset + 200, "pack");
    EXPECT_THROW(read(place), Error);
    os::truncate(file.get(), 20, "pack");
    EXPECT_THROW(read(place), Error);
}

}  // namespace
}  // namespace kist::repository
