#include "mailbox/folder_record.hpp"

#include <algorithm>
#include <charconv>

namespace kist::mailbox {
namespace {

constexpr const char* kName = "user.kist.mail.folder";
constexpr const char* kDelimiter = "user.kist.mail.delimiter";
constexpr const char* kSubscribed = "user.kist.mail.subscribed";
constexpr const char* kUidValidity = "user.kist.mail.uidvalidity";
constexpr const char* kUidNext = "user.kist.mail.uidnext";
constexpr const char* kModseq = "user.kist.mail.modseq";
constexpr const char* kMessages = "user.kist.mail.messages";

template <typename Number>
Number number_of(const os::ExtendedAttributes& attributes, std::string_view name) {
    const auto text = attribute_text(attributes, name);
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

std::string attribute_text(const os::ExtendedAttributes& attributes, std::string_view name) {
    const auto found = std::ranges::find(attributes, name, &os::ExtendedAttribute::name);
    return found == attributes.end() ? std::string() : found->value;
}

os::ExtendedAttributes attributes_of(const FolderRecord& record) {
    if (record.name.empty()) return {};
    os::ExtendedAttributes attributes{{kName, record.name}};
    const auto add = [&](const char* name, std::uint64_t value) {
        if (value != 0) attributes.push_back({name, std::to_string(value)});
    };
    if (!record.delimiter.empty()) attributes.push_back({kDelimiter, record.delimiter});
    add(kSubscribed, record.is_subscribed ? 1 : 0);
    add(kUidValidity, record.uid_validity);
    add(kUidNext, record.uid_next);
    add(kModseq, record.highest_modseq);
    add(kMessages, record.messages);
    std::ranges::sort(attributes, {}, &os::ExtendedAttribute::name);
    return attributes;
}

std::optional<FolderRecord> record_of(const os::ExtendedAttributes& attributes) {
    FolderRecord record;
    record.name = attribute_text(attributes, kName);
    if (record.name.empty()) return std::nullopt;
    record.delimiter = attribute_text(attributes, kDelimiter);
    record.is_subscribed = attribute_text(attributes, kSubscribed) == "1";
    record.uid_validity = number_of<std::uint32_t>(attributes, kUidValidity);
    record.uid_next = number_of<std::uint32_t>(attributes, kUidNext);
    record.highest_modseq = number_of<std::uint64_t>(attributes, kModseq);
    record.messages = number_of<std::uint32_t>(attributes, kMessages);
    return record;
}

}  // namespace kist::mailbox
