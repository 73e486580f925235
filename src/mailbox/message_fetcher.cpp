#include "mailbox/message_fetcher.hpp"

#include "kist/base/error.hpp"

#include "mailbox/message_identity.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using mailproto::ImapCondition;
using repository::Outcome;

constexpr std::size_t kUnitsAhead = 2;
constexpr std::size_t kLongestSet = 4000;  // bytes of a command
constexpr const char* kWanted = "(UID FLAGS INTERNALDATE BODY.PEEK[])";

// Collects the numbers that SEARCH finds.
struct Found : mailproto::ImapSink {
    std::vector<std::uint32_t> uids;
    void on_found(std::uint32_t uid) override { uids.push_back(uid); }
};

}  // namespace

MessageFetcher::MessageFetcher(repository::Run& run, Server& server, FetchQueue& queue, const ExportOptions& options,
                               const std::string& incoming)
    : run_(run),
      server_(server),
      queue_(queue),
      place_(run, incoming),
      receiver_(place_, queue.budget(), options.progress) {}

void MessageFetcher::work() {
    for (;;) {
        while (flying_.size() < kUnitsAhead) {
            auto unit = queue_.next();
            if (!unit) break;
            flying_.push_back(std::move(*unit));
        }
        if (flying_.empty()) break;
        if (queue_.budget().is_used_up()) {
            leave_flying();
            continue;
        }
        server_.require_going_on();
        try {
            for (auto& unit : flying_)
                if (unit.commands == 0) ask(unit);
            hear_first();
        } catch (const Error& error) {
            go_on_after(error);
        }
    }
    for (; !stragglers_.empty(); stragglers_.pop_front()) fetch_stragglers(stragglers_.front());
    place_.drop_incoming();
}

void MessageFetcher::note_unfinished() {
    for (const auto* units : {&flying_, &stragglers_})
        for (const auto& unit : *units) run_.note_staged(unit.changes);
}

bool MessageFetcher::gives_back_after(const Error& error) {
    const bool is_of_connection = error.code() == ErrorCode::failed || error.code() == ErrorCode::no_key;
    if (place_.has_failed() || !is_of_connection) return false;
    for (auto* units : {&flying_, &stragglers_})
        for (auto& unit : *units) queue_.give_back(std::move(unit));
    flying_.clear();
    stragglers_.clear();
    place_.drop_incoming();
    return true;
}

void MessageFetcher::ask(FetchUnit& unit) {
    auto& session = server_.session();
    const auto& name = unit.folder->record.name;
    unit.opens_folder = selected_ != name;
    if (unit.opens_folder) {
        session.send(fmt::format("EXAMINE {}", mailproto::imap_quoted(name)));
        ++unit.commands;
        selected_ = name;
    }
    for (const auto& set : mailproto::uid_sets(unit.waiting_uids(), kLongestSet)) {
        session.send(fmt::format("UID FETCH {} {}", set, kWanted));
        ++unit.commands;
    }
}

void MessageFetcher::hear(FetchUnit& unit) {
    auto& session = server_.session();
    std::string refusal;
    for (bool is_first = true; unit.commands > 0; is_first = false) {
        const bool is_opening = is_first && unit.opens_folder;
        if (is_opening) receiver_.uid_validity = 0;
        const auto status = session.finish(receiver_);
        --unit.commands;
        server_.require_going_on();
        if (is_opening && status.condition == ImapCondition::ok &&
            receiver_.uid_validity != unit.folder->record.uid_validity)
            refusal = "the folder was replaced by another one meanwhile";
        else if (is_opening && status.condition != ImapCondition::ok)
            refusal = fmt::format("the server does not open the folder: {}", mailproto::printable_text(status));
    }
    if (refusal.empty()) return;
    selected_.clear();
    refuse_all(unit, refusal);
}

void MessageFetcher::hear_first() {
    receiver_.expected.clear();
    for (auto& unit : flying_)
        if (unit.folder == flying_.front().folder) receiver_.expected.push_back(&unit);
    hear(flying_.front());
    auto unit = std::move(flying_.front());
    flying_.pop_front();
    if (unit.waiting.empty())
        queue_.finish(std::move(unit));
    else
        set_aside(std::move(unit));
}

// What has come is finished, the rest is asked for again when everything else is done.
void MessageFetcher::set_aside(FetchUnit&& unit) {
    FetchUnit rest;
    rest.directory = unit.directory;
    rest.folder = unit.folder;
    std::vector<repository::StagedChange> settled;
    for (std::size_t at = 0; at < unit.changes.size(); ++at) {
        auto& staged = unit.changes[at];
        const auto message = parse_message_name(staged.change.name);
        const auto waits = unit.waiting.find(message->uid);
        if (waits == unit.waiting.end() || waits->second != at) {
            settled.push_back(std::move(staged));
        } else {
            rest.waiting.emplace(message->uid, rest.changes.size());
            rest.changes.push_back(std::move(staged));
        }
    }
    unit.changes = std::move(settled);
    unit.waiting.clear();
    queue_.finish(std::move(unit));
    stragglers_.push_back(std::move(rest));
}

// The connection is of no use any more. What is the volume's trouble, or nobody's, ends the run. Where the budget is
// used up, nobody needs another connection.
void MessageFetcher::go_on_after(const Error& error) {
    if (place_.has_failed()) throw Error(error);
    if (queue_.budget().is_used_up()) return server_.drop();
    if (std::exchange(received_before_, receiver_.counts.messages) != receiver_.counts.messages)
        server_.note_progress();
    server_.recover(error);
    selected_.clear();
    for (auto& unit : flying_) unit.commands = 0;
}

// What was asked for and is not wanted any more is on its way: the connection ends with it.
void MessageFetcher::leave_flying() {
    server_.drop();
    selected_.clear();
    for (; !flying_.empty(); flying_.pop_front()) queue_.finish(std::move(flying_.front()));
}

void MessageFetcher::refuse_all(FetchUnit& unit, const std::string& reason) {
    for (const auto uid : unit.waiting_uids()) skip(unit, uid, reason);
}

void MessageFetcher::skip(FetchUnit& unit, std::uint32_t uid, const std::string& reason) {
    auto& staged = unit.changes[unit.waiting.extract(uid).mapped()];
    staged.outcome = Outcome::skipped;
    staged.reason = fmt::format("message {} of {}: {}", uid, os::printable(unit.folder->record.name), reason);
}

void MessageFetcher::fetch_stragglers(FetchUnit& unit) {
    while (!unit.waiting.empty() && !queue_.budget().is_used_up()) {
        server_.require_going_on();
        try {
            drop_vanished(unit);
            fetch_some(unit, unit.waiting_uids());
        } catch (const Error& error) {
            go_on_after(error);
        }
    }
    queue_.finish(std::move(unit));
}

// What was deleted since the scan is no trouble.
void MessageFetcher::drop_vanished(FetchUnit& unit) {
    unit.commands = 0;
    selected_.clear();
    auto& session = server_.session();
    mailproto::ImapExamined examined;
    const auto opened =
        session.command(fmt::format("EXAMINE {}", mailproto::imap_quoted(unit.folder->record.name)), examined);
    if (opened.condition != ImapCondition::ok)
        return refuse_all(unit,
                          fmt::format("the server does not open the folder: {}", mailproto::printable_text(opened)));
    if (examined.uid_validity != unit.folder->record.uid_validity)
        return refuse_all(unit, "the folder was replaced by another one meanwhile");
    selected_ = unit.folder->record.name;
    Found found;
    for (const auto& set : mailproto::uid_sets(unit.waiting_uids(), kLongestSet))
        if (session.command(fmt::format("UID SEARCH UID {}", set), found).condition != ImapCondition::ok) return;
    std::ranges::sort(found.uids);
    for (const auto uid : unit.waiting_uids())
        if (!std::ranges::binary_search(found.uids, uid))
            unit.changes[unit.waiting.extract(uid).mapped()].outcome = Outcome::gone;
}

// Halves what does not come as a whole, down to the one message that is the trouble.
void MessageFetcher::fetch_some(FetchUnit& unit, const std::vector<std::uint32_t>& uids) {
    if (uids.empty()) return;
    auto& session = server_.session();
    receiver_.expected = {&unit};
    mailproto::ImapStatus status;
    for (const auto& set : mailproto::uid_sets(uids, kLongestSet))
        status = session.command(fmt::format("UID FETCH {} {}", set, kWanted), receiver_);
    server_.note_progress();
    std::vector<std::uint32_t> left;
    std::ranges::copy_if(uids, std::back_inserter(left), [&](auto uid) { return unit.waiting.contains(uid); });
    if (left.empty()) return;
    if (uids.size() == 1)
        return skip(unit, left.front(),
                    status.condition == ImapCondition::ok
                        ? "the server has it, but does not give it"
                        : fmt::format("the server refuses it: {}", mailproto::printable_text(status)));
    const auto middle = left.begin() + static_cast<std::ptrdiff_t>((left.size() + 1) / 2);
    fetch_some(unit, {left.begin(), middle});
    fetch_some(unit, {middle, left.end()});
}

}  // namespace kist::mailbox
