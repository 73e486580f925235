#include "kist/mailproto/imap_naming.hpp"

#include "kist/base/error.hpp"
#include "kist/mailproto/modified_utf7.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <strings.h>

namespace kist::mailproto {
namespace {

struct NamingSink : ImapSink {
    std::optional<ImapNamespace> own;
    std::optional<char> delimiter;
    void on_namespace(const ImapNamespace& name) override { own = name; }
    void on_listed(const ImapListed& listed) override { delimiter = listed.delimiter; }
};

bool is_inbox(std::string_view part) {
    return part.size() == 5 && strncasecmp(part.data(), "INBOX", 5) == 0;
}

}  // namespace

ImapNaming ImapNaming::of(ImapSession& session) {
    NamingSink sink;
    const bool has_namespaces = session.can("NAMESPACE");
    if (has_namespaces) session.send("NAMESPACE");
    session.send(R"(LIST "" "")");
    while (session.in_flight() > 0) session.finish(sink);  // one that is refused tells nothing
    if (!sink.own) return {"", sink.delimiter};
    return {sink.own->prefix, sink.own->delimiter ? sink.own->delimiter : sink.delimiter};
}

std::string ImapNaming::server_name(const std::vector<std::string>& parts) const {
    if (parts.size() == 1 && is_inbox(parts.front())) return "INBOX";
    auto left = parts;
    const auto first = delimiter_ ? prefix_.substr(0, prefix_.find(*delimiter_)) : prefix_;
    const bool repeats =
        left.size() > 1 && !prefix_.empty() && (left.front() == first || (is_inbox(first) && is_inbox(left.front())));
    if (repeats) left.erase(left.begin());
    auto name = prefix_;
    for (std::size_t at = 0; at < left.size(); ++at) {
        if (left[at].empty()) throw Error(ErrorCode::usage, "a folder's name has an empty part");
        if (at > 0) name += delimiter_.value_or('_');
        name += at == 0 && prefix_.empty() && left.size() > 1 && is_inbox(left[at]) ? "INBOX" : encoded(left[at]);
    }
    if (left.empty()) throw Error(ErrorCode::usage, "a folder has no name");
    return name;
}

std::string ImapNaming::server_name(std::string_view readable) const {
    std::vector<std::string> parts;
    for (;;) {
        const auto slash = readable.find('/');
        parts.emplace_back(readable.substr(0, slash));
        if (slash == std::string_view::npos) return server_name(parts);
        readable.remove_prefix(slash + 1);
    }
}

std::string ImapNaming::encoded(const std::string& part) const {
    auto text = part;
    if (delimiter_) std::ranges::replace(text, *delimiter_, '_');
    if (auto name = encode_modified_utf7(text)) return std::move(*name);
    for (char& c : text)
        if (c == '\r' || c == '\n' || c == '\0') c = '_';
    return text;
}

}  // namespace kist::mailproto
