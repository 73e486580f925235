#pragma once

#include "kist/base/error.hpp"

#include <cerrno>

namespace kist::repository {

// Whether a failed call says something about the disk's state, and not about this process' rights or limits.
inline bool tells_of_damage(const Error& error) {
    switch (error.error_number()) {
        case EIO:
        case EUCLEAN:
        case EBADMSG:
        case EILSEQ:
        case ENOENT:
        case ENXIO:
        case EOVERFLOW:
        case ENOTDIR:
        case ELOOP:
        case EISDIR:
            return true;
        default:
            return error.code() == ErrorCode::damaged;
    }
}

}  // namespace kist::repository
