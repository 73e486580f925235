#include "mailbox/folder_comparison.hpp"

#include <algorithm>

namespace kist::mailbox {
namespace {

// Which of the messages that were not reported on are still there.
class Presence {
  public:
    explicit Presence(const FolderReport& report) : report_(report), ranges_(report.vanished) {
        std::ranges::sort(ranges_, {}, &mailproto::UidRange::first);
    }

    // To be asked in the order of the UIDs.
    bool is_gone(std::uint32_t uid) {
        if (report_.is_whole) return true;
        if (report_.present) return !std::ranges::binary_search(*report_.present, uid);
        return is_vanished(uid);
    }

    bool is_vanished(std::uint32_t uid) {
        for (; at_ < ranges_.size() && ranges_[at_].first <= uid; ++at_) end_ = std::max(end_, ranges_[at_].last);
        return uid <= end_;
    }

  private:
    const FolderReport& report_;
    std::vector<mailproto::UidRange> ranges_;
    std::size_t at_ = 0;
    std::uint32_t end_ = 0;  // of the ranges before at_, the greatest
};

// What is there, but neither known nor reported on.
void add_unreported(const std::vector<KnownMessage>& known, const FolderReport& report, FolderDifference& difference) {
    if (!report.present) return;
    for (const auto uid : *report.present) {
        const bool is_known = std::ranges::binary_search(known, uid, {}, &KnownMessage::uid);
        if (!is_known && !std::ranges::binary_search(report.seen, uid, {}, &SeenMessage::uid))
            difference.created.push_back({uid});
    }
    std::ranges::sort(difference.created, {}, &SeenMessage::uid);
}

}  // namespace

FolderDifference compare_folder(const std::vector<KnownMessage>& known, const FolderReport& report) {
    FolderDifference difference;
    Presence presence(report);
    auto seen = report.seen.begin();
    const auto take_new = [&](std::uint64_t below) {
        for (; seen != report.seen.end() && seen->uid < below; ++seen)
            if (!presence.is_vanished(seen->uid)) difference.created.push_back(*seen);
    };
    for (const auto& message : known) {
        take_new(message.uid);
        if (seen != report.seen.end() && seen->uid == message.uid) {
            const auto flags = seen->flags.value_or(message.flags);
            if (presence.is_vanished(message.uid))
                difference.removed.push_back(message);
            else if (flags != message.flags)
                difference.reflagged.push_back({message, flags});
            ++seen;
        } else if (presence.is_gone(message.uid)) {
            difference.removed.push_back(message);
        }
    }
    take_new(std::uint64_t{1} << 32U);
    add_unreported(known, report, difference);
    difference.adds_up = known.size() + difference.created.size() - difference.removed.size() == report.messages;
    return difference;
}

}  // namespace kist::mailbox
