#pragma once
// OpenSSL's certificates as values.

#include "kist/mailproto/certificate.hpp"

struct x509_st;

namespace kist::mailproto {

Certificate read_certificate(x509_st* certificate);

}  // namespace kist::mailproto
