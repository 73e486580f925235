#include "mailproto/tls_stream.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "mailproto/certificate_reading.hpp"

#include <cerrno>
#include <climits>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

namespace kist::mailproto {
namespace {

constexpr int kMostCertificates = 10;

std::string last_reason() {
    const auto code = ERR_peek_last_error();
    const char* const text = code != 0 ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return text != nullptr ? text : "";
}

[[noreturn]] void fail(const std::string& what) {
    const auto reason = last_reason();
    throw Error(ErrorCode::failed, reason.empty() ? what : fmt::format("{}: {}", what, reason));
}

void require(bool holds, const char* what) {
    if (!holds) fail(fmt::format("OpenSSL cannot {}", what));
}

// OpenSSL's own socket BIO writes in a way that raises SIGPIPE.
struct SocketCalls {
    static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) noexcept {
        BIO_clear_retry_flags(bio);
        const auto put = send(socket_of(bio), bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
        *written = put > 0 ? static_cast<std::size_t>(put) : 0;
        return put > 0 ? 1 : 0;
    }
    static int read(BIO* bio, char* buffer, std::size_t size, std::size_t* got) noexcept {
        BIO_clear_retry_flags(bio);
        const auto count = recv(socket_of(bio), buffer, size, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
        if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
        *got = count > 0 ? static_cast<std::size_t>(count) : 0;
        return count > 0 ? 1 : 0;
    }
    static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) noexcept {
        if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
        return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
    }
    static int socket_of(BIO* bio) noexcept { return *static_cast<int*>(BIO_get_data(bio)); }
};

struct FreeMethod {
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

const BIO_METHOD* socket_method() {
    static const std::unique_ptr<BIO_METHOD, FreeMethod> method = [] {
        std::unique_ptr<BIO_METHOD, FreeMethod> made(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE"));
        require(made && BIO_meth_set_write_ex(made.get(), SocketCalls::write) == 1 &&
                    BIO_meth_set_read_ex(made.get(), SocketCalls::read) == 1 &&
                    BIO_meth_set_ctrl(made.get(), SocketCalls::control) == 1,
                "make a socket's BIO");
        return made;
    }();
    return method.get();
}

struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct FreeSession {
    void operator()(SSL* session) const noexcept { SSL_free(session); }
};

// SSL_set_tlsext_host_name, without the cast of its macro.
bool announce(SSL* session, const std::string& host) {
    return SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    const_cast<char*>(host.c_str())) == 1;
}

bool is_address(const std::string& host) {
    in6_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

struct TlsStream::State {
    int socket;
    Trust trust;
    TlsDetails details{};
    std::string reason{};
    std::unique_ptr<SSL_CTX, FreeContext> context{};
    std::unique_ptr<SSL, FreeSession> session{};

    // In the place of OpenSSL's own judgement, which it uses: so that what the server has shown is known also where it
    // is refused, and a pinned certificate needs no authority.
    static int judge(X509_STORE_CTX* store, void* raw) noexcept {
        try {
            auto& state = *static_cast<State*>(raw);
            state.read_chain(X509_STORE_CTX_get0_untrusted(store), X509_STORE_CTX_get0_cert(store));
            const bool counts = state.trust.fingerprint ? state.is_pinned_one() : X509_verify_cert(store) == 1;
            if (!counts && !state.trust.fingerprint) state.explain(X509_STORE_CTX_get_error(store));
            X509_STORE_CTX_set_error(store, counts                    ? X509_V_OK
                                            : state.trust.fingerprint ? X509_V_ERR_CERT_REJECTED
                                                                      : X509_STORE_CTX_get_error(store));
            return counts ? 1 : 0;
        } catch (...) {
            return 0;
        }
    }

    void read_chain(const STACK_OF(X509) * sent, X509* own) {
        details.chain.clear();
        for (int i = 0; i < sk_X509_num(sent) && i < kMostCertificates; ++i)
            details.chain.push_back(read_certificate(sk_X509_value(sent, i)));
        if (details.chain.empty() && own != nullptr) details.chain.push_back(read_certificate(own));
    }

    bool is_pinned_one() {
        details.is_pinned = true;
        if (!details.chain.empty() && details.chain.front().fingerprint == *trust.fingerprint) return true;
        details.refusal = "its fingerprint is not the expected one";
        return false;
    }

    void explain(int error) {
        details.refusal = X509_verify_cert_error_string(error);
        if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)
            details.refusal = details.chain.empty() || details.chain.front().names.empty()
                                  ? "it names no host"
                                  : fmt::format("it is for {}", fmt::join(details.chain.front().names, ", "));
        if (details.refusal.empty()) details.refusal = "it cannot be verified";
    }

    // After a call that did not succeed.
    Transfer outcome(int result) noexcept {
        const int saved_errno = errno;
        switch (SSL_get_error(session.get(), result)) {
            case SSL_ERROR_WANT_READ:
                return {0, Need::input, false, 0};
            case SSL_ERROR_WANT_WRITE:
                return {0, Need::output, false, 0};
            case SSL_ERROR_ZERO_RETURN:
                return {0, Need::nothing, true, 0};
            case SSL_ERROR_SYSCALL:
                if (ERR_peek_error() == 0) return {0, Need::nothing, true, saved_errno};
                [[fallthrough]];
            default:
                break;
        }
        const bool is_cut = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
        try {
            reason = last_reason();
        } catch (...) {
            reason.clear();
        }
        return {0, Need::nothing, is_cut, is_cut ? 0 : EPROTO};
    }
};

TlsStream::TlsStream(int socket, const std::string& host, const Trust& trust)
    : state_(std::make_unique<State>(State{socket, trust})) {
    ERR_clear_error();
    state_->context.reset(SSL_CTX_new(TLS_client_method()));
    auto* const context = state_->context.get();
    require(context != nullptr && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, "make a TLS context");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, State::judge, state_.get());
    if (trust.ca_file.empty())
        require(SSL_CTX_set_default_verify_paths(context) == 1, "read the system's certificate authorities");
    else if (SSL_CTX_load_verify_file(context, trust.ca_file.c_str()) != 1)
        fail(fmt::format("cannot read certificate authorities from {}", os::printable(trust.ca_file)));

    state_->session.reset(SSL_new(context));
    auto* const session = state_->session.get();
    require(session != nullptr, "make a TLS session");
    SSL_set_mode(session, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(host))
        require(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1, "expect an address");
    else
        require(SSL_set1_host(session, host.c_str()) == 1 && announce(session, host), "expect a host name");
    auto* const bio = BIO_new(socket_method());
    require(bio != nullptr, "make a socket's BIO");
    BIO_set_data(bio, &state_->socket);
    BIO_set_init(bio, 1);
    SSL_set_bio(session, bio, bio);
}

TlsStream::~TlsStream() {
    if (state_->session && state_->reason.empty()) SSL_shutdown(state_->session.get());  // tells the end, and no more
    ERR_clear_error();
}

Transfer TlsStream::shake_hands() noexcept {
    ERR_clear_error();
    const int result = SSL_connect(state_->session.get());
    if (result != 1) return state_->outcome(result);
    try {
        state_->details.version = SSL_get_version(state_->session.get());
        state_->details.cipher = SSL_get_cipher_name(state_->session.get());
    } catch (...) {
        return {0, Need::nothing, false, ENOMEM};
    }
    return {0, Need::nothing, false, state_->details.chain.empty() ? EPROTO : 0};  // nobody without a certificate
}

const TlsDetails& TlsStream::details() const noexcept {
    return state_->details;
}

const std::string& TlsStream::reason() const noexcept {
    return state_->reason;
}

Transfer TlsStream::read(std::span<char> buffer) noexcept {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(state_->session.get(), buffer.data(), buffer.size(), &got);
    return result == 1 ? Transfer{got, Need::nothing, false, 0} : state_->outcome(result);
}

Transfer TlsStream::write(std::span<const std::byte> bytes) noexcept {
    ERR_clear_error();
    std::size_t put = 0;
    const int result = SSL_write_ex(state_->session.get(), bytes.data(), bytes.size(), &put);
    return result == 1 ? Transfer{put, Need::nothing, false, 0} : state_->outcome(result);
}

}  // namespace kist::mailproto
