#pragma once
// TLS by OpenSSL, the client's side. The only file beside certificate_reading that includes it.

#include "kist/mailproto/certificate.hpp"
#include "kist/mailproto/connection.hpp"

#include "mailproto/stream.hpp"

#include <memory>
#include <string>

namespace kist::mailproto {

class TlsStream : public Stream {
  public:
    // host is what the certificate must name. Errors: failed where trust.ca_file cannot be used.
    TlsStream(int socket, const std::string& host, const Trust& trust);
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;
    ~TlsStream() override;

    // To be called until it needs nothing more, before anything else. error != 0: failed, see reason() and details().
    Transfer shake_hands() noexcept;
    // Complete after the handshake; after a refusal all but version and cipher.
    const TlsDetails& details() const noexcept;
    // OpenSSL's words for what failed last. May be empty.
    const std::string& reason() const noexcept;

    Transfer read(std::span<char> buffer) noexcept override;
    Transfer write(std::span<const std::byte> bytes) noexcept override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace kist::mailproto
