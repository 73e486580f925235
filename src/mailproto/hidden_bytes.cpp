#include "mailproto/hidden_bytes.hpp"

#include "mailproto/secret_text.hpp"

#include <algorithm>

namespace kist::mailproto {
namespace {

constexpr std::size_t kShortest = 4;

}  // namespace

void HiddenBytes::add(const Secret& secret) {
    if (secret.size() < kShortest) return;
    for (const auto& known : secrets_)
        if (view_of(known) == view_of(secret)) return;
    const auto place = std::ranges::find_if(secrets_, [&](const auto& one) { return one.size() < secret.size(); });
    secrets_.insert(place, Secret::copy_of(secret.expose()));
}

std::string HiddenBytes::mask(std::string_view text) const {
    std::string masked(text);
    for (const auto& secret : secrets_)
        for (auto at = masked.find(view_of(secret)); at != std::string::npos; at = masked.find(view_of(secret), at + 3))
            masked.replace(at, secret.size(), "***");
    return masked;
}

}  // namespace kist::mailproto
