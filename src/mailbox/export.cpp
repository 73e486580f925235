#include "kist/mailbox/export.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/mailbox_source.hpp"
#include "kist/repository/tags.hpp"

#include "mailbox/header_indexing.hpp"
#include "mailbox/imap_exchange.hpp"
#include "mailbox/maildrop_exchange.hpp"
#include "mailbox/message_stager.hpp"

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

void enter(const ExportOptions& options, Phase phase) {
    if (options.progress != nullptr) options.progress->phase = phase;
}

std::unique_ptr<Exchange> exchange_of(const ExportOptions& options) {
    if (options.connect_pop3) return std::make_unique<MaildropExchange>(options);
    return std::make_unique<ImapExchange>(options);
}

// What was fetched is kept, whatever ended the run.
Error with_what_is_kept(repository::Run& run, const Error& error) {
    const auto kept = run.keep_staged();
    if (kept.files == 0) return error;
    return {error.code(), error.message(),
            fmt::format("{} messages, {}, are kept: the next backup of this mailbox goes on from there.", kept.files,
                        to_string(kept.bytes))};
}

void stage(repository::Run& run, Exchange& exchange, ScannedAccount& account, const ExportOptions& options,
           ExportSummary& summary) {
    const auto totals = run.scanned();
    if (options.progress != nullptr) options.progress->messages_total = totals.files;
    enter(options, Phase::fetching);
    try {
        MessageStager(run, account, options, summary).work(exchange, totals.files);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::interrupted && error.code() != ErrorCode::failed) throw;
        throw with_what_is_kept(run, error);
    }
}

repository::SourceKey key_of(const ExportOptions& options) {
    return {std::string(repository::kMailHost), repository::mailbox_path(options.account), options.name};
}

// exchange: connected.
ExportSummary export_in(repository::Run& run, Exchange& exchange, const ExportOptions& options, const Clock& clock,
                        Timestamp started) {
    const auto tags = repository::normal_tags(options.tags);
    run.require_later(options.time.value_or(started));
    ExportSummary summary;
    auto account = exchange.make_scan(run, started)->scan();
    summary.folders = account.folders.size();
    summary.excluded = account.excluded;
    try {
        stage(run, exchange, account, options, summary);
        exchange.logout();
        enter(options, Phase::committing);
        summary.run = run.commit({options.time.value_or(started), clock.now(), tags, {}});
    } catch (const Error& error) {
        if (error.code() == ErrorCode::no_space) run.discard_staged();
        throw;
    }
    if (summary.run.created > 0) {
        const auto turn = run.group().hold_commits();
        index_headers(run.repository(), summary.run.snapshot, options.interrupted);
    }
    summary.reconnections = exchange.recoveries();
    return summary;
}

// A server that cannot be reached is said before anything begins. where: a repository, or a group.
template <typename Where>
ExportSummary export_into(Where& where, const ExportOptions& options, const Clock& clock) {
    static_cast<void>(repository::normal_tags(options.tags));
    const auto started = clock.now();
    const auto exchange = exchange_of(options);
    exchange->connect();
    repository::Run run(where, key_of(options));
    return export_in(run, *exchange, options, clock, started);
}

}  // namespace

ExportSummary export_mailbox(repository::Repository& repository, const ExportOptions& options, const Clock& clock) {
    return export_into(repository, options, clock);
}

ExportSummary export_mailbox(repository::RunGroup& group, const ExportOptions& options, const Clock& clock) {
    return export_into(group, options, clock);
}

}  // namespace kist::mailbox
