#include "mailbox/message_appender.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using mailproto::ImapCondition;
using State = RestoreMessage::State;

constexpr std::size_t kMostMessages = 100;  // of one command
constexpr std::uint64_t kMostBytes = 1U << 20U;
constexpr std::size_t kMostInFlight = 4;
// A message that was on its way at so many losses of the connection goes alone, and is given up.
constexpr unsigned kSuspicious = 2;
constexpr unsigned kGuilty = 4;

// With CRLF at the end of each line, as many servers store it.
std::optional<std::vector<std::byte>> with_other_lines(const std::vector<std::byte>& bytes) {
    std::vector<std::byte> other;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (bytes[at] == std::byte{'\n'} && (at == 0 || bytes[at - 1] != std::byte{'\r'})) {
            if (other.empty()) other.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
            other.push_back(std::byte{'\r'});
        } else if (other.empty()) {
            continue;
        }
        other.push_back(bytes[at]);
    }
    return other.empty() ? std::nullopt : std::optional(std::move(other));
}

}  // namespace

std::vector<std::size_t> RestoreFolder::missing() const {
    std::map<Digest, std::uint64_t> counts;
    for (const auto& [uid, hash] : there.by_uid()) ++counts[hash];
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < messages.size(); ++at) {
        const auto& one = messages[at];
        if (one.state == State::settled) continue;
        auto& count = counts[one.message.hash];
        if (count > 0)
            --count;
        else if (one.state == State::open)
            places.push_back(at);
    }
    return places;
}

void MessageAppender::append(const std::vector<std::size_t>& missing) {
    fresh_.assign(missing.begin(), missing.end());
    learn_kept_flags();
    try {
        while (has_more() || !flying_.empty()) {
            context_.server.require_going_on();
            if (may_send())
                send(take_batch());
            else
                hear();
        }
    } catch (const Error&) {
        blame_for_loss();
        throw;
    }
}

// A folder that is opened for reading only keeps none; opened for writing it tells.
void MessageAppender::learn_kept_flags() {
    const bool has_keywords = std::ranges::any_of(fresh_, [&](auto place) {
        return std::ranges::any_of(folder_.messages[place].message.flags,
                                   [](const auto& flag) { return !flag.starts_with('\\'); });
    });
    if (has_keywords)
        context_.server.session().command(fmt::format("SELECT {}", mailproto::imap_quoted(folder_.result.target)),
                                          kept_);
}

bool MessageAppender::needs_asking(const Batch& batch) {
    auto& session = context_.server.session();
    return std::ranges::any_of(batch,
                               [&](auto place) { return session.waits_for(folder_.messages[place].message.size); });
}

bool MessageAppender::travels_alone(const Batch& batch) const {
    return std::ranges::any_of(batch, [&](auto place) { return folder_.messages[place].losses >= kSuspicious; });
}

MessageAppender::Batch MessageAppender::next() const {
    return pieces_.empty() ? Batch{fresh_.front()} : pieces_.front();
}

bool MessageAppender::may_send() {
    if (!has_more() || flying_.size() == kMostInFlight) return false;
    return flying_.empty() || (!needs_asking(next()) && !travels_alone(next()) && !travels_alone(flying_.back()));
}

MessageAppender::Batch MessageAppender::take_batch() {
    auto batch = next();
    if (!pieces_.empty()) {
        pieces_.pop_front();
        return batch;
    }
    fresh_.pop_front();
    if (travels_alone(batch) || !context_.server.session().can("MULTIAPPEND")) return batch;
    const bool asks = needs_asking(batch);
    auto bytes = folder_.messages[batch.front()].message.size;
    while (!fresh_.empty() && batch.size() < kMostMessages) {
        bytes += folder_.messages[fresh_.front()].message.size;
        const Batch one{fresh_.front()};
        if (bytes > kMostBytes || travels_alone(one) || needs_asking(one) != asks) break;
        batch.push_back(one.front());
        fresh_.pop_front();
    }
    return batch;
}

void MessageAppender::send(Batch batch) {
    std::vector<std::vector<std::byte>> bytes;
    std::vector<mailproto::AppendedMessage> messages;
    Batch sent;
    for (const auto place : batch) {
        auto& one = folder_.messages[place];
        auto read_bytes = read(one);
        if (!read_bytes) continue;
        bytes.push_back(std::move(*read_bytes));
        messages.push_back({flags_for(one.message), one.message.date, bytes.back()});
        sent.push_back(place);
    }
    if (sent.empty()) return;
    flying_.push_back(std::move(sent));
    mailproto::ImapSink ignored;
    const auto parts = mailproto::append_command(folder_.result.target, messages);
    const auto ended = context_.server.session().send_parts(parts, ignored);
    if (!ended) return;
    const auto refused = std::move(flying_.back());
    flying_.pop_back();
    conclude(refused, *ended);
}

void MessageAppender::hear() {
    mailproto::ImapSink ignored;
    const auto status = context_.server.session().finish(ignored);
    const auto batch = std::move(flying_.front());
    flying_.pop_front();
    conclude(batch, status);
}

// nullopt: it is not to be sent.
std::optional<std::vector<std::byte>> MessageAppender::read(RestoreMessage& message) {
    if (message.losses >= kGuilty) {
        give_up(message, MailTrouble::Kind::refused, "the connection is lost whenever it is sent");
        return std::nullopt;
    }
    std::vector<std::byte> bytes;
    try {
        bytes = context_.reader.read(message.message);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::failed) throw;
        give_up(message, error.code() == ErrorCode::damaged ? MailTrouble::Kind::damaged : MailTrouble::Kind::refused,
                error.message());
        return std::nullopt;
    }
    if (bytes.empty() || std::ranges::find(bytes, std::byte{0}) != bytes.end())
        give_up(
            message, MailTrouble::Kind::refused,
            bytes.empty() ? "it is empty, which IMAP cannot send" : "it holds bytes of zero, which IMAP cannot send");
    else if (is_there_with_other_lines(bytes))
        message.state = State::settled;
    return message.state == State::settled ? std::nullopt : std::optional(std::move(bytes));
}

bool MessageAppender::is_there_with_other_lines(const std::vector<std::byte>& bytes) const {
    const auto other = with_other_lines(bytes);
    if (!other) return false;
    const auto hash = delta::content_hash(*other);
    return std::ranges::any_of(folder_.there.by_uid(), [&](const auto& known) { return known.second == hash; });
}

std::vector<std::string> MessageAppender::flags_for(const SnapshotMessage& message) {
    std::vector<std::string> flags;
    for (const auto& flag : message.flags) {
        if (mailproto::is_flag(flag) && kept_.keeps(flag))
            flags.push_back(flag);
        else
            context_.left_out.insert(flag);
    }
    return flags;
}

void MessageAppender::conclude(const Batch& batch, const mailproto::ImapStatus& status) {
    context_.server.note_progress();
    if (status.condition == ImapCondition::ok) {
        for (const auto place : batch) take_as_sent(folder_.messages[place]);
    } else if (batch.size() == 1) {
        give_up(folder_.messages[batch.front()], MailTrouble::Kind::refused,
                fmt::format("the server refuses it: {}", mailproto::printable_text(status)));
    } else {
        const auto middle = batch.begin() + static_cast<std::ptrdiff_t>((batch.size() + 1) / 2);
        pieces_.emplace_front(middle, batch.end());
        pieces_.emplace_front(batch.begin(), middle);
    }
}

void MessageAppender::take_as_sent(RestoreMessage& message) {
    message.state = State::sent;
    ++folder_.result.sent;
    folder_.result.sent_bytes.value += message.message.size;
    ++context_.progress.messages_done;
    context_.progress.bytes_done += message.message.size;
}

void MessageAppender::give_up(RestoreMessage& message, MailTrouble::Kind kind, const std::string& reason) {
    message.state = State::settled;
    context_.troubles.push_back({kind, folder_.result.name, message.message.uid, reason});
}

void MessageAppender::blame_for_loss() {
    if (flying_.empty()) return;
    for (const auto place : flying_.front()) ++folder_.messages[place].losses;
}

}  // namespace kist::mailbox
