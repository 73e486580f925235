#pragma once
// An IMAP server's side of a dialogue, from a string, in pieces of a given size; and a sink that writes down what it is
// told.

#include "kist/mailproto/byte_source.hpp"
#include "kist/mailproto/imap_response.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace kist::mailproto {

class TextSource : public ByteSource {
  public:
    explicit TextSource(std::string text, std::size_t piece = 65536) : text_(std::move(text)), piece_(piece) {}

    std::size_t read(std::span<std::byte> buffer) override {
        const auto count = std::min({piece_, buffer.size(), text_.size() - at_});
        std::transform(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                       text_.begin() + static_cast<std::ptrdiff_t>(at_ + count), buffer.begin(),
                       [](char c) { return static_cast<std::byte>(c); });
        at_ += count;
        return count;
    }

  private:
    std::string text_;
    std::size_t piece_;
    std::size_t at_ = 0;
};

class WritingSink : public ImapSink {
  public:
    std::vector<std::string> said;
    std::string body;
    std::size_t bodies = 0;
    std::vector<ImapFetched> fetched;

    void on_status(const ImapStatus& status) override { said.push_back("status " + status.code + "|" + status.text); }
    void on_capability(std::string_view word) override { said.push_back("capability " + std::string(word)); }
    void on_exists(std::uint32_t count) override { said.push_back(fmt::format("exists {}", count)); }
    void on_listed(const ImapListed& listed) override {
        const auto delimiter = listed.delimiter ? std::string(1, *listed.delimiter) : std::string("NIL");
        said.push_back(fmt::format("listed {} {} {}", listed.name, delimiter, fmt::join(listed.attributes, ",")));
    }
    void on_subscribed(const ImapListed& listed) override { said.push_back("subscribed " + listed.name); }
    void on_namespace(const ImapNamespace& own) override {
        said.push_back(
            fmt::format("namespace '{}' {}", own.prefix, own.delimiter ? std::string(1, *own.delimiter) : "NIL"));
    }
    void on_folder_status(const ImapFolderStatus& status) override {
        said.push_back(fmt::format("folder {} {} {} {} {}", status.name, status.messages.value_or(0),
                                   status.uid_next.value_or(0), status.uid_validity.value_or(0),
                                   status.highest_modseq.value_or(0)));
    }
    void on_found(std::uint32_t uid) override { said.push_back(fmt::format("found {}", uid)); }
    void on_vanished(const UidRange& range) override {
        said.push_back(fmt::format("vanished {}:{}", range.first, range.last));
    }
    void on_body_begin() override {
        body.clear();
        ++bodies;
    }
    void on_body(std::span<const std::byte> piece) override {
        body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    void on_fetched(const ImapFetched& message) override { fetched.push_back(message); }
};

}  // namespace kist::mailproto
