#pragma once
// Names of users and groups by number, asked once each. Threads: any.

#include <mutex>
#include <string>
#include <unordered_map>

namespace kist::backup {

class OwnerNames {
  public:
    std::string user(std::uint32_t uid);  // empty where the number has no name
    std::string group(std::uint32_t gid);

  private:
    std::mutex mutex_;
    std::unordered_map<std::uint32_t, std::string> users_;
    std::unordered_map<std::uint32_t, std::string> groups_;
};

}  // namespace kist::backup
