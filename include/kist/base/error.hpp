#pragma once
// The one exception type. Thrown by value for trouble with a whole operation; trouble with one entry is a value in the
// operation's summary, and absence is std::optional. Only cli/main turns it into text and an exit code.

#include <exception>
#include <string>

namespace kist {

enum class ErrorCode {
    failed,       // anything that has no code of its own
    usage,        // the caller asked for something that makes no sense
    damaged,      // the repository or the volume is damaged
    no_key,       // no key fits
    busy,         // locked by another run, mounted elsewhere
    not_found,    // no such volume, snapshot or path
    no_space,     // the volume is full
    interrupted,  // the user asked to stop
};

class Error : public std::exception {
  public:
    // message: what was being done, to what, and why it failed. hint: what to do next, may be empty.
    Error(ErrorCode code, std::string message, std::string hint = {});

    // For a failed system call: the message gets errno's text, ENOSPC and EDQUOT become no_space, and `error_number` is
    // kept. Read errno before calling anything that may change it.
    static Error from_errno(int error_number, std::string message, std::string hint = {});

    ErrorCode code() const noexcept { return code_; }
    int error_number() const noexcept { return error_number_; }  // 0: none
    const std::string& message() const noexcept { return message_; }
    const std::string& hint() const noexcept { return hint_; }
    const char* what() const noexcept override { return message_.c_str(); }

  private:
    ErrorCode code_;
    int error_number_ = 0;
    std::string message_;
    std::string hint_;
};

}  // namespace kist
