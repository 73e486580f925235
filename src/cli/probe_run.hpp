#pragma once
// A probe of a mail server, shown step by step: what is asked and why, the dialogue as over telnet, what it took, and a
// verdict at the end. With --json a line for each step, and one for the verdict.
// Threads: one.

#include "kist/mailproto/transcript.hpp"

#include "cli/command.hpp"
#include "cli/json_names.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::cli {

enum class Pace : std::uint8_t { by_itself, on_request };  // on_request: the terminal is asked before each step

struct ProbeStep {
    std::string name;         // "login"
    std::string explanation;  // for somebody who does not know the protocol
};

class ProbeRun : public mailproto::Transcript {
  public:
    // Errors: usage where the terminal cannot be asked.
    ProbeRun(Context& context, Pace pace);

    // The steps, then the verdict. Errors of the dialogue come out again when the verdict is shown.
    ExitCode carry_out(const std::function<void()>& dialogue);

    // An Error of the action is the step's and the probe's. Errors: also interrupted, where the user stops.
    void step(const ProbeStep& step, const std::function<void()>& action);
    void note(std::string_view text);       // what the step has found out; raw bytes of the network
    void attention(std::string_view text);  // something that works worse than it could: exit code 3
    void message(std::string_view content, std::uint64_t size);  // a part of a mail: its beginning, and its whole size
    void skipped(std::string_view name, std::string_view reason);

    void connected(std::string_view address) override;
    void encrypted(const mailproto::TlsDetails& details) override;
    void sent(std::string_view line) override;
    void received(std::string_view line) override;
    void received_bytes(std::uint64_t count) override;

  private:
    void begin(const ProbeStep& step);
    void end(std::chrono::steady_clock::time_point begun, const std::string& failure);
    void show(std::string_view text);
    void show_line(const char* side, std::string_view line);
    void show_certificate(const mailproto::Certificate& certificate);
    void put_verdict(const Error* failure);

    Context& context_;
    Pace pace_;
    Json step_;  // what --json will say of this one
    std::string name_;
    std::size_t lines_ = 0;     // of its dialogue
    std::size_t left_out_ = 0;  // of them, not shown
    int steps_ = 0;
    std::chrono::steady_clock::time_point begun_;
    std::vector<std::string> attentions_;
    std::vector<std::string> skipped_;
};

}  // namespace kist::cli
