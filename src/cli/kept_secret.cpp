#include "cli/kept_secret.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include "cli/key_input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr std::size_t kLargest = 32767;  // of a key of type user, keyrings(7)

long find_key(const std::string& description) {
    for (const long keyring : {KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING}) {
        const auto found = syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, "user", description.c_str(), 0L);
        if (found >= 0) return found;
        if (errno != ENOKEY && errno != EKEYREVOKED && errno != EKEYEXPIRED)
            throw Error::from_errno(errno, "cannot search the kernel's keyring");
    }
    throw Error(ErrorCode::not_found, fmt::format("the kernel's keyring has no key {}", os::printable(description)),
                fmt::format("`keyctl padd user {} @u` reads it from standard input.", os::printable(description)));
}

}  // namespace

Secret read_from_keyring(const std::string& description) {
    const auto key = find_key(description);
    Secret secret(kLargest);
    const auto size = syscall(SYS_keyctl, KEYCTL_READ, key, secret.expose().data(), kLargest, 0L);
    if (size < 0) throw Error::from_errno(errno, fmt::format("cannot read the key {}", os::printable(description)));
    secret.truncate(std::min(static_cast<std::size_t>(size), kLargest));
    return secret;
}

Secret read_credential(const std::string& name) {
    if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.'))
        throw Error(ErrorCode::usage, fmt::format("{} is no name of a credential", os::printable(name)));
    const auto* const folder = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
    if (folder == nullptr || folder[0] != '/')
        throw Error(ErrorCode::usage, "there are no credentials: CREDENTIALS_DIRECTORY is not set",
                    "They are a systemd service's: LoadCredential= or LoadCredentialEncrypted= in its unit.");
    const auto path = fmt::format("{}/{}", folder, name);
    const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW));
    if (!file && errno == ENOENT)
        throw Error(ErrorCode::not_found, fmt::format("there is no credential {}", os::printable(name)),
                    "LoadCredential= or LoadCredentialEncrypted= in the service's unit gives it.");
    if (!file) throw Error::from_errno(errno, fmt::format("cannot open the credential {}", os::printable(name)));
    return read_secret(file.get(), Until::newline, fmt::format("the credential {}", os::printable(name)));
}

}  // namespace kist::cli
