#pragma once
// Which messages of a mailbox are meant, as options say it.

#include "kist/mailbox/message_selection.hpp"

#include "cli/options.hpp"

#include <string>
#include <vector>

namespace kist::cli {

class MessageOptions {
  public:
    void declare(Options& options);
    // Errors: usage, for what is no date.
    mailbox::MessageQuery query(Timestamp now) const;
    const std::vector<std::string>& folders() const { return folders_; }

  private:
    std::vector<std::string> folders_;
    std::string from_;
    std::string recipient_;
    std::string subject_;
    std::string message_id_;
    std::string since_;
    std::string before_;
};

}  // namespace kist::cli
