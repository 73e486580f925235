#include "mailbox/message_stager.hpp"

#include "kist/base/error.hpp"
#include "kist/os/parallel.hpp"

#include "mailbox/message_fetcher.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using repository::Pass;

constexpr std::uint64_t kMessagesAConnection = 2000;  // for fewer another one is not worth its making

}  // namespace

MessageStager::MessageStager(repository::Run& run, Server& server, ScannedAccount& account,
                             const ExportOptions& options, ExportSummary& summary)
    : run_(run),
      server_(server),
      account_(account),
      options_(options),
      summary_(summary),
      place_(run),
      queue_(run, account, options, summary) {}

void MessageStager::work(std::uint64_t messages) {
    make_folders();
    fetch_messages(messages);
    place_.end_messages();
    if (const auto left = queue_.left(); left > 0)
        run_.skip("", fmt::format("{} messages are left for later runs: the limit of bytes a day is reached", left));
    describe_directories();
}

void MessageStager::make_folders() {
    for (auto batch = run_.take_batch(Pass::folders); !batch.empty(); batch = run_.take_batch(Pass::folders))
        for (const auto& staged : batch) place_.make_directory(staged);
}

void MessageStager::fetch_messages(std::uint64_t messages) {
    const auto most = std::max<std::uint64_t>(1, options_.connections);
    const auto connections = static_cast<unsigned>(std::min(most, 1 + messages / kMessagesAConnection));
    MessageFetcher first(run_, server_, queue_, options_, "incoming");
    std::atomic<unsigned> started = 0;
    try {
        os::run_in_parallel(connections, [&] {
            if (const auto number = started++; number > 0) return fetch_along(number);
            try {
                first.work();
            } catch (...) {
                queue_.stop();
                throw;
            }
        });
        first.work();  // what others have given back
    } catch (const Error&) {
        first.note_unfinished();
        throw;
    }
    add(first.received());
}

// By a connection of its own; where the server does not give it, or takes it away, the first one does without.
void MessageStager::fetch_along(unsigned number) {
    Server server(options_);
    MessageFetcher fetcher(run_, server, queue_, options_, fmt::format("incoming-{}", number));
    try {
        server.session();
        fetcher.work();
        server.logout();
    } catch (const Error& error) {
        if (!fetcher.gives_back_after(error)) {
            queue_.stop();
            fetcher.note_unfinished();
            throw;
        }
    }
    add(fetcher.received());
}

void MessageStager::add(const ReceivedCounts& received) {
    const std::lock_guard lock(mutex_);
    summary_.fetched += received.messages;
    summary_.bytes_fetched.value += received.bytes.value;
}

// Directories take what was found out about their folders, when nothing in them changes any more.
void MessageStager::describe_directories() {
    for (auto batch = run_.take_batch(Pass::directories); !batch.empty(); batch = run_.take_batch(Pass::directories)) {
        for (auto& staged : batch) {
            place_.describe(staged);
            const auto path = staged.change.directory < 0 ? std::string()
                              : staged.directory_path.empty()
                                  ? staged.change.name
                                  : fmt::format("{}/{}", staged.directory_path, staged.change.name);
            if (const auto found = account_.folders.find(path); found != account_.folders.end()) {
                auto record = found->second.record;
                if (found->second.is_incomplete) record.uid_next = 0, record.highest_modseq = 0;
                staged.metadata.attributes = attributes_of(record);
            }
            place_.finish_directory(staged);
        }
        run_.finish(batch);
    }
}

}  // namespace kist::mailbox
