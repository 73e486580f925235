#include "mailproto/certificate_reading.hpp"

#include "kist/base/error.hpp"
#include "kist/crypto/sha256.hpp"
#include "kist/os/directory.hpp"

#include <array>
#include <ctime>
#include <memory>

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestText = 300;
constexpr std::size_t kMostNames = 50;

struct Free {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
    void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

std::string shown(std::string_view raw) {
    return os::printable(raw.substr(0, kLongestText));
}

std::string name_text(const X509_NAME* name) {
    const std::unique_ptr<BIO, Free> memory(BIO_new(BIO_s_mem()));
    constexpr unsigned long kFlags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    if (!memory || X509_NAME_print_ex(memory.get(), name, 0, kFlags) < 0) return {};
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return size > 0 ? shown({text, static_cast<std::size_t>(size)}) : std::string();
}

std::string bytes_of(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_text(const std::string& bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = bytes.size() == 4 ? AF_INET : bytes.size() == 16 ? AF_INET6 : AF_UNSPEC;
    if (family == AF_UNSPEC || inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return "?";
    return text.data();
}

std::vector<std::string> names_of(const X509* certificate) {
    std::vector<std::string> names;
    const std::unique_ptr<GENERAL_NAMES, Free> all(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
    for (int i = 0; i < count && names.size() < kMostNames; ++i) {
        const auto* const name = sk_GENERAL_NAME_value(all.get(), i);
        if (name->type == GEN_DNS) names.push_back(shown(bytes_of(name->d.dNSName)));
        if (name->type == GEN_IPADD) names.push_back(address_text(bytes_of(name->d.iPAddress)));
    }
    return names;
}

Timestamp time_of(const ASN1_TIME* time) {
    std::tm broken_down{};
    if (ASN1_TIME_to_tm(time, &broken_down) != 1) return {};
    return time_at(timegm(&broken_down));
}

Digest fingerprint_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) throw Error(ErrorCode::failed, "OpenSSL cannot encode a certificate");
    const auto digest = crypto::sha256(std::as_bytes(std::span(der, static_cast<std::size_t>(size))));
    OPENSSL_free(der);
    return digest;
}

}  // namespace

Certificate read_certificate(x509_st* certificate) {
    Certificate read;
    read.subject = name_text(X509_get_subject_name(certificate));
    read.issuer = name_text(X509_get_issuer_name(certificate));
    read.names = names_of(certificate);
    read.not_before = time_of(X509_get0_notBefore(certificate));
    read.not_after = time_of(X509_get0_notAfter(certificate));
    read.fingerprint = fingerprint_of(certificate);
    return read;
}

}  // namespace kist::mailproto
