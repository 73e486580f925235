#pragma once
// fsync(2), fdatasync(2) and syncfs(2), of this whole program and of SQLite within it, can be made to do nothing. For
// proving that the explorer finds what is broken then.

#include <string_view>

namespace kist::crash {

// While it lives, the call of this name does nothing. An unknown name: all of them.
class LeftOutCall {
  public:
    explicit LeftOutCall(std::string_view name);  // "": none
    LeftOutCall(const LeftOutCall&) = delete;
    LeftOutCall& operator=(const LeftOutCall&) = delete;
    ~LeftOutCall();
};

}  // namespace kist::crash
