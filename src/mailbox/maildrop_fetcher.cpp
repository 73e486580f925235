#include "mailbox/maildrop_fetcher.hpp"

#include "kist/base/error.hpp"

#include "mailbox/header_date.hpp"
#include "mailbox/header_reader.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using repository::Outcome;

constexpr std::size_t kMostRequests = 100;  // on their way at a time

}  // namespace

MaildropFetcher::MaildropFetcher(repository::Run& run, Maildrop& maildrop, const MaildropOrder& order,
                                 const ExportOptions& options)
    : run_(run),
      maildrop_(maildrop),
      order_(order),
      place_(run),
      receiver_(place_, order.queue.budget(), options.progress) {}

void MaildropFetcher::work() {
    while (auto unit = order_.queue.next()) {
        try {
            fetch(*unit);
        } catch (const Error&) {
            run_.note_staged(unit->changes);
            throw;
        }
        order_.queue.finish(std::move(*unit));
    }
    place_.drop_incoming();
}

void MaildropFetcher::fetch(FetchUnit& unit) {
    receiver_.expected = {&unit};
    while (!unit.waiting.empty() && !order_.queue.budget().is_used_up()) {
        maildrop_.server().require_going_on();
        try {
            fetch_waiting(unit);
        } catch (const Error& error) {
            go_on_after(error);
        }
    }
}

void MaildropFetcher::fetch_waiting(FetchUnit& unit) {
    const auto uids = present_uids(unit);
    const auto ahead = maildrop_.server().session().can_pipeline() ? kMostRequests : 1;
    std::size_t asked = 0;
    for (std::size_t at = 0; at < uids.size(); ++at) {
        maildrop_.server().require_going_on();
        while (asked < uids.size() && asked < at + ahead) request(uids[asked++]);
        receive(unit, uids[at]);
    }
}

// What was deleted since the scan is no trouble.
std::vector<std::uint32_t> MaildropFetcher::present_uids(FetchUnit& unit) {
    const auto& numbers = maildrop_.numbers();
    std::vector<std::uint32_t> uids;
    for (const auto uid : unit.waiting_uids()) {
        if (numbers.contains(order_.ids.at(uid)))
            uids.push_back(uid);
        else
            unit.changes[unit.waiting.extract(uid).mapped()].outcome = Outcome::gone;
    }
    return uids;
}

void MaildropFetcher::request(std::uint32_t uid) {
    maildrop_.server().session().session().request_retrieve(maildrop_.numbers().at(order_.ids.at(uid)));
}

void MaildropFetcher::receive(FetchUnit& unit, std::uint32_t uid) {
    header_.clear();
    bool has_begun = false;
    const auto begin = [&] {
        if (!std::exchange(has_begun, true)) receiver_.on_body_begin();
    };
    const auto reply = maildrop_.server().session().session().receive_message([&](std::string_view piece) {
        begin();
        header_ += piece.substr(0, kHeaderLimit - std::min(header_.size(), kHeaderLimit));
        receiver_.on_body(std::as_bytes(std::span(piece)));
    });
    if (!reply.is_ok) return skip(unit, uid, fmt::format("the server refuses it: {}", os::printable(reply.text)));
    begin();
    mailproto::ImapFetched message;
    message.uid = uid;
    message.has_body = true;
    message.internal_date = header_date(std::as_bytes(std::span(header_))).value_or(order_.now);
    receiver_.attributes = {{kUniqueIdAttribute, order_.ids.at(uid)}};
    receiver_.on_fetched(message);
}

void MaildropFetcher::skip(FetchUnit& unit, std::uint32_t uid, const std::string& reason) {
    auto& staged = unit.changes[unit.waiting.extract(uid).mapped()];
    staged.outcome = Outcome::skipped;
    staged.reason = fmt::format("message {}: {}", os::printable(order_.ids.at(uid)), reason);
}

// The connection is of no use any more. What is the volume's trouble, or nobody's, ends the run. Where the budget is
// used up, nobody needs another connection.
void MaildropFetcher::go_on_after(const Error& error) {
    auto& server = maildrop_.server();
    if (place_.has_failed()) throw Error(error);
    if (order_.queue.budget().is_used_up()) return server.drop();
    if (std::exchange(received_before_, receiver_.counts.messages) != receiver_.counts.messages) server.note_progress();
    server.recover(error);
}

}  // namespace kist::mailbox
