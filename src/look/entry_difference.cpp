#include "kist/look/entry_difference.hpp"

#include <array>
#include <utility>

namespace kist::look {

bool EntryDifference::only_time() const {
    EntryDifference expected;
    expected.time = true;
    return *this == expected;
}

std::vector<std::string> EntryDifference::words() const {
    const std::array<std::pair<bool, const char*>, 8> all{{{kind, "kind"},
                                                           {content, "content"},
                                                           {mode, "mode"},
                                                           {owner, "owner"},
                                                           {group, "group"},
                                                           {time, "time"},
                                                           {attributes, "attributes"},
                                                           {links, "links"}}};
    std::vector<std::string> words;
    for (const auto& [is_set, word] : all)
        if (is_set) words.emplace_back(word);
    return words;
}

EntryDifference difference_of(const repository::Metadata& before, const repository::Metadata& after) {
    EntryDifference difference;
    if (before.type != after.type) {
        difference.kind = true;
        return difference;
    }
    difference.content = before.symlink_target != after.symlink_target || before.special_device != after.special_device;
    difference.mode = before.mode != after.mode;
    difference.owner = before.uid != after.uid || before.user != after.user;
    difference.group = before.gid != after.gid || before.group != after.group;
    difference.time = before.mtime != after.mtime;
    difference.attributes = before.attributes != after.attributes;
    return difference;
}

EntryDifference difference_of(const repository::Entry& before, const repository::Entry& after) {
    auto difference = difference_of(before.metadata, after.metadata);
    if (difference.kind) return difference;
    if (before.content != after.content) difference.content = true;
    if (after.metadata.type != os::FileType::directory) difference.links = before.node != after.node;
    return difference;
}

}  // namespace kist::look
