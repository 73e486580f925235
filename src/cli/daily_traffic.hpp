#pragma once
// How much mail this machine has fetched today for one account, to whichever volume: servers lock out who fetches too
// much in a day (Gmail: 2500 MB). One line in mail/ACCOUNT of the folder where this machine keeps what it remembers:
// "2026-11-26 123456". Losing it loses the count of a day. Days are those of UTC.

#include "kist/base/byte_count.hpp"
#include "kist/base/timestamp.hpp"

#include <string>

namespace kist::cli {

class DailyTraffic {
  public:
    explicit DailyTraffic(const std::string& account);

    // 0 where nothing is remembered, or what is there cannot be understood.
    ByteCount of_day(Timestamp now) const;
    // Errors: failed where it cannot be written.
    void add(Timestamp now, ByteCount fetched) const;

  private:
    std::string folder_;
    std::string path_;
};

}  // namespace kist::cli
