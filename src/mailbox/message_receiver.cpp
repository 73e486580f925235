#include "mailbox/message_receiver.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <algorithm>

namespace kist::mailbox {

std::vector<std::uint32_t> FetchUnit::waiting_uids() const {
    std::vector<std::uint32_t> uids;
    for (const auto& [uid, change] : waiting) uids.push_back(uid);
    std::ranges::sort(uids);
    return uids;
}

MessageReceiver::MessageReceiver(StagingPlace& place, FetchBudget& budget, Progress* progress)
    : place_(place), budget_(budget), progress_(progress) {}

void MessageReceiver::on_body_begin() {
    if (budget_.is_used_up()) throw Error(ErrorCode::failed, "no more may be fetched from this server today");
    file_ = place_.begin_message();
    size_ = 0;
    hasher_ = {};
}

void MessageReceiver::on_body(std::span<const std::byte> piece) {
    hasher_.update(piece);
    place_.on_volume([&] { os::write_at(file_.get(), size_, piece, "a message"); });
    size_ += piece.size();
    budget_.spend(piece.size());
    if (progress_ != nullptr) progress_->bytes_done += piece.size();
}

void MessageReceiver::on_fetched(const mailproto::ImapFetched& message) {
    const auto file = std::move(file_);
    if (!message.has_body || !file || !message.uid) return;
    auto* unit = unit_of(*message.uid);
    if (unit == nullptr) return;  // nobody asked, or it has come already
    const auto at = unit->waiting.extract(*message.uid).mapped();
    auto& staged = unit->changes[at];
    staged.content = hasher_.finish();
    staged.metadata.size = size_;
    if (message.internal_date) staged.metadata.mtime = *message.internal_date;
    staged.metadata.attributes = attributes;
    if (message.flags)
        if (auto keywords = flags_of(*message.flags).keywords; !keywords.empty())
            staged.metadata.attributes.push_back({kKeywordsAttribute, std::move(keywords)});
    staged.identity.unsettled = unit->folder->record.uid_validity == 0;
    place_.put_message(file, staged);
    ++counts.messages;
    counts.bytes.value += size_;
    if (progress_ != nullptr) ++progress_->messages_done;
}

FetchUnit* MessageReceiver::unit_of(std::uint32_t uid) {
    const auto found = std::ranges::find_if(expected, [&](const auto* unit) { return unit->waiting.contains(uid); });
    return found == expected.end() ? nullptr : *found;
}

}  // namespace kist::mailbox
