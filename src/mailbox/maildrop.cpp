#include "mailbox/maildrop.hpp"

#include "kist/base/error.hpp"

namespace kist::mailbox {

Maildrop::Maildrop(const ExportOptions& options)
    : server_(
          [this, &options] {
              numbers_.reset();
              return options.connect_pop3();
          },
          options) {}

const std::unordered_map<std::string, std::uint64_t>& Maildrop::numbers() {
    auto& session = server_.session().session();
    if (numbers_) return *numbers_;
    const auto listed = session.uidl();
    if (!listed)
        throw Error(ErrorCode::usage, "the server does not say its messages' unique ids (UIDL)",
                    "Without them Kist cannot know which it has. Does the server speak IMAP, too?");
    auto& numbers = numbers_.emplace();
    for (const auto& [number, id] : *listed) numbers.try_emplace(id, number);
    return numbers;
}

}  // namespace kist::mailbox
