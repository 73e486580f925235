#include "kist/base/error.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace kist {

Error::Error(ErrorCode code, std::string message, std::string hint)
    : code_(code), message_(std::move(message)), hint_(std::move(hint)) {}

Error Error::from_errno(int error_number, std::string message, std::string hint) {
    const auto code = error_number == ENOSPC || error_number == EDQUOT ? ErrorCode::no_space : ErrorCode::failed;
    Error error(code, message + ": " + std::generic_category().message(error_number), std::move(hint));
    error.error_number_ = error_number;
    return error;
}

}  // namespace kist
