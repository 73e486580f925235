#include "cli/mail_logins.hpp"

#include <algorithm>

namespace kist::cli {
namespace {

constexpr std::ptrdiff_t kAhead = 3;

}  // namespace

void MailLogins::expect(const MailAccount& account) {
    auto& expected = expected_.emplace_back();
    expected.name = account.name;
    try {
        expected.login = std::make_unique<MailLogin>(account, access_, configured_);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted) throw;
        expected.trouble = error;
    }
}

const MailLogin& MailLogins::take(const MailAccount& account) {
    auto found = std::ranges::find(expected_, account.name, &Expected::name);
    if (found == expected_.end()) {
        expect(account);
        found = expected_.end() - 1;
    }
    if (found->trouble) throw Error(*found->trouble);
    const auto last = found + std::min(kAhead, expected_.end() - found - 1);
    for (auto next = found + 1; next <= last; ++next)
        if (next->login) next->login->connect_ahead();
    return *found->login;
}

}  // namespace kist::cli
