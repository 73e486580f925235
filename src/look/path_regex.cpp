#include "kist/base/error.hpp"
#include "kist/look/search.hpp"
#include "kist/os/directory.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

namespace kist::look {
namespace {

constexpr std::int64_t kMostMemory = 8 << 20;

RE2::Options options() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    options.set_max_mem(kMostMemory);
    options.set_dot_nl(true);
    options.set_never_capture(true);
    return options;
}

}  // namespace

struct PathRegex::Compiled {
    explicit Compiled(const std::string& pattern) : regex(pattern, options()) {}
    RE2 regex;
};

PathRegex::PathRegex(const std::string& pattern) : compiled_(std::make_unique<Compiled>(pattern)) {
    if (!compiled_->regex.ok())
        throw Error(ErrorCode::usage, fmt::format("{} is no regular expression: {}", os::printable(pattern),
                                                  os::printable(compiled_->regex.error())));
}
PathRegex::PathRegex(PathRegex&&) noexcept = default;
PathRegex& PathRegex::operator=(PathRegex&&) noexcept = default;
PathRegex::~PathRegex() = default;

bool PathRegex::matches(std::string_view path) const {
    return compiled_->regex.Match({path.data(), path.size()}, 0, path.size(), RE2::UNANCHORED, nullptr, 0);
}

}  // namespace kist::look
