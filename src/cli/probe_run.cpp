#include "cli/probe_run.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/colour.hpp"
#include "cli/prompt.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

constexpr std::size_t kLongestShown = 400;  // bytes of a line
constexpr std::size_t kMostLines = 30;      // of a step on paper; --verbose shows all
constexpr std::size_t kMostJsonLines = 1000;
constexpr std::size_t kMostMessageLines = 40;
constexpr auto kExpiresSoon = std::chrono::days(14);

using Milliseconds = std::chrono::duration<double, std::milli>;

// printable() doubles backslashes, so that what it escapes can be told from what looks like it. A dialogue is for
// reading, and full of them.
std::string with_single_backslashes(std::string text) {
    for (auto at = text.find("\\\\"); at != std::string::npos; at = text.find("\\\\", at + 1)) text.erase(at, 1);
    return text;
}

std::string cut(std::string_view raw) {
    auto text = with_single_backslashes(os::printable(raw.substr(0, kLongestShown)));
    return raw.size() > kLongestShown ? text.append(fmt::format("... ({} bytes)", raw.size())) : text;
}

std::int64_t days_until(Timestamp time, Timestamp now) {
    return std::chrono::floor<std::chrono::days>(time - now).count();
}

}  // namespace

ProbeRun::ProbeRun(Context& context, Pace pace)
    : context_(context), pace_(pace), begun_(std::chrono::steady_clock::now()) {
    if (pace == Pace::on_request && !can_ask())
        throw Error(ErrorCode::usage, "--step needs a terminal to ask before each step");
}

ExitCode ProbeRun::carry_out(const std::function<void()>& dialogue) {
    try {
        dialogue();
    } catch (const Error& error) {
        put_verdict(&error);
        context_.output.flush();
        throw;
    }
    put_verdict(nullptr);
    return attentions_.empty() ? ExitCode::done : ExitCode::incomplete;
}

void ProbeRun::step(const ProbeStep& step, const std::function<void()>& action) {
    begin(step);
    const auto begun = std::chrono::steady_clock::now();
    try {
        action();
    } catch (const Error& error) {
        end(begun, error.message());
        throw;
    }
    end(begun, {});
}

void ProbeRun::begin(const ProbeStep& step) {
    name_ = step.name;
    lines_ = left_out_ = 0;
    ++steps_;
    step_ = {{"type", "step"}, {"step", step.name},         {"explanation", step.explanation},
             {"ok", true},     {"dialogue", Json::array()}, {"notes", Json::array()}};
    show(fmt::format("{}{}. {}", steps_ > 1 ? "\n" : "", steps_,
                     coloured(context_.output, Colour::bold, fmt::format("{}: {}", step.name, step.explanation))));
    context_.output.flush();
    if (pace_ == Pace::by_itself) return;
    const auto answer = ask_line("Enter goes on, q stops");
    if (answer == "q") throw Error(ErrorCode::interrupted, fmt::format("stopped before {}", step.name));
}

void ProbeRun::end(std::chrono::steady_clock::time_point begun, const std::string& failure) {
    const Milliseconds took = std::chrono::steady_clock::now() - begun;
    if (left_out_ > 0) show(fmt::format("   ... and {} more lines (--verbose shows them)", left_out_));
    if (context_.json()) {
        step_["milliseconds"] = took.count();
        if (left_out_ > 0) step_["left_out"] = left_out_;
        if (!failure.empty()) {
            step_["ok"] = false;
            step_["error"] = failure;
        }
        context_.output.json(step_);
    }
    show(failure.empty()
             ? coloured(context_.output, Colour::green, fmt::format("   done in {:.0f} ms", took.count()))
             : coloured(context_.output, Colour::red, fmt::format("   failed after {:.0f} ms", took.count())));
    context_.output.flush();
}

void ProbeRun::put_verdict(const Error* failure) {
    const Milliseconds took = std::chrono::steady_clock::now() - begun_;
    if (context_.json()) {
        Json verdict{{"type", "verdict"}, {"ok", failure == nullptr}, {"steps", steps_}};
        verdict["milliseconds"] = took.count();
        verdict["attention"] = attentions_;
        verdict["skipped"] = skipped_;
        if (failure != nullptr) {
            verdict["failed_step"] = name_;
            verdict["error"] = failure->message();
            verdict["hint"] = failure->hint();
        }
        return context_.output.json(verdict);
    }
    for (const auto& reason : skipped_) show(fmt::format("\nNot tried: {}", reason));
    const auto summary = fmt::format("({} step{}, {:.0f} ms)", steps_, steps_ == 1 ? "" : "s", took.count());
    if (failure != nullptr) {
        const auto* const words = failure->code() == ErrorCode::interrupted ? "stopped" : "it does not work";
        show(coloured(context_.output, Colour::red, fmt::format("\nVerdict: {}, at {} {}", words, name_, summary)));
    } else if (attentions_.empty()) {
        show(coloured(context_.output, Colour::green, fmt::format("\nVerdict: all of it works {}", summary)));
    } else {
        show(coloured(context_.output, Colour::yellow, fmt::format("\nVerdict: it works, but {}", summary)));
        for (const auto& text : attentions_) show(fmt::format("  - {}", text));
    }
}

void ProbeRun::show(std::string_view text) {
    if (!context_.json()) context_.output.line(text);
}

// side: C for the client, S for the server.
void ProbeRun::show_line(const char* side, std::string_view line) {
    ++lines_;
    const bool is_client = side[0] == 'C';
    if (context_.json()) {
        if (lines_ > kMostJsonLines)
            ++left_out_;
        else
            step_["dialogue"].push_back({{"from", is_client ? "client" : "server"}, {"line", cut(line)}});
        return;
    }
    if (lines_ > kMostLines && context_.options.verbosity != Verbosity::verbose && !is_client) {
        ++left_out_;
        return;
    }
    show(coloured(context_.output, is_client ? Colour::cyan : Colour::none, fmt::format("   {}: {}", side, cut(line))));
    context_.output.flush();
}

void ProbeRun::note(std::string_view text) {
    const auto shown = cut(text);
    if (context_.json()) step_["notes"].push_back(shown);
    show(fmt::format("   = {}", shown));
}

void ProbeRun::attention(std::string_view text) {
    const auto shown = cut(text);
    if (context_.json()) step_["attention"].push_back(shown);
    show(coloured(context_.output, Colour::yellow, fmt::format("   ! {}", shown)));
    attentions_.push_back(shown);
}

void ProbeRun::message(std::string_view content, std::uint64_t size) {
    if (context_.json()) {
        step_["bytes"] = size;
        return;
    }
    std::size_t lines = 0;
    auto rest = content;
    for (; !rest.empty() && lines < kMostMessageLines; ++lines) {
        const auto newline = std::min(rest.find('\n'), rest.size() - 1);
        auto line = rest.substr(0, newline + 1);
        rest.remove_prefix(line.size());
        while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
        show(fmt::format("   | {}", cut(line)));
    }
    const auto shown = content.size() - rest.size();
    if (shown < size) show(fmt::format("   | ... and {} more bytes", size - shown));
}

void ProbeRun::skipped(std::string_view name, std::string_view reason) {
    skipped_.push_back(fmt::format("{}: {}", name, reason));
}

void ProbeRun::connected(std::string_view address) {
    note(fmt::format("connected to {}", address));
}

void ProbeRun::encrypted(const mailproto::TlsDetails& details) {
    if (!details.version.empty()) note(fmt::format("encrypted by {}, {}", details.version, details.cipher));
    if (context_.json()) {
        Json chain = Json::array();
        for (const auto& one : details.chain)
            chain.push_back({{"subject", one.subject},
                             {"issuer", one.issuer},
                             {"names", one.names},
                             {"not_before", to_rfc3339(one.not_before)},
                             {"not_after", to_rfc3339(one.not_after)},
                             {"fingerprint", mailproto::fingerprint_text(one.fingerprint)}});
        step_["tls"] = {{"version", details.version},
                        {"cipher", details.cipher},
                        {"certificates", chain},
                        {"refusal", details.refusal},
                        {"pinned", details.is_pinned}};
    } else {
        for (const auto& certificate : details.chain) show_certificate(certificate);
    }
    if (!details.refusal.empty()) return note(fmt::format("the certificate is not accepted: {}", details.refusal));
    note(details.is_pinned ? "it is the certificate that --fingerprint names"
                           : "the chain ends at a trusted authority, and the certificate is for this host");
    for (const auto& one : details.chain)
        if (one.not_after - context_.clock.now() < kExpiresSoon)
            attention(fmt::format("the certificate of {} expires in {} days, on {}", one.subject,
                                  days_until(one.not_after, context_.clock.now()), to_rfc3339(one.not_after)));
}

void ProbeRun::show_certificate(const mailproto::Certificate& certificate) {
    show(fmt::format("   certificate {}", certificate.subject));
    show(fmt::format("     issued by {}", certificate.issuer));
    if (!certificate.names.empty()) show(fmt::format("     for {}", fmt::join(certificate.names, ", ")));
    show(fmt::format("     from {} to {} ({} days left)", to_rfc3339(certificate.not_before),
                     to_rfc3339(certificate.not_after), days_until(certificate.not_after, context_.clock.now())));
    show(fmt::format("     {}", mailproto::fingerprint_text(certificate.fingerprint)));
}

void ProbeRun::sent(std::string_view line) {
    show_line("C", line);
}

void ProbeRun::received(std::string_view line) {
    show_line("S", line);
}

void ProbeRun::received_bytes(std::uint64_t count) {
    show_line("S", fmt::format("({} bytes)", count));
}

}  // namespace kist::cli
