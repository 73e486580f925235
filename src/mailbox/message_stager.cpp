#include "mailbox/message_stager.hpp"

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using repository::Pass;

}  // namespace

MessageStager::MessageStager(repository::Run& run, ScannedAccount& account, const ExportOptions& options,
                             ExportSummary& summary)
    : run_(run), account_(account), summary_(summary), place_(run), queue_(run, account, options, summary) {}

void MessageStager::work(Exchange& exchange, std::uint64_t messages) {
    make_folders();
    exchange.fetch(run_, queue_, messages, summary_);
    place_.end_messages();
    if (const auto left = queue_.left(); left > 0)
        run_.skip("", fmt::format("{} messages are left for later runs: the limit of bytes a day is reached", left));
    describe_directories();
}

void MessageStager::make_folders() {
    for (auto batch = run_.take_batch(Pass::folders); !batch.empty(); batch = run_.take_batch(Pass::folders))
        for (const auto& staged : batch) place_.make_directory(staged);
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
