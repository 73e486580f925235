#pragma once
// Which numbers users and groups of a name have on this machine. Threads: any.

#include "kist/restore/restore.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace kist::restore {

class OwnerMap {
  public:
    explicit OwnerMap(Owners owners) : owners_(owners) {}

    // The number of `name` here; `number` where there is no such name, or names do not count.
    std::uint32_t user(const std::string& name, std::uint32_t number);
    std::uint32_t group(const std::string& name, std::uint32_t number);

  private:
    using Known = std::unordered_map<std::string, std::optional<std::uint32_t>>;
    using LookUp = std::optional<std::uint32_t> (*)(const std::string&);
    std::uint32_t map(Known& known, LookUp look_up, const std::string& name, std::uint32_t number);

    const Owners owners_;
    std::mutex mutex_;
    Known users_;
    Known groups_;
};

}  // namespace kist::restore
