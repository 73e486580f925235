#pragma once
// Where a LUKS header says that the data are.

#include <string>

struct crypt_device;

namespace kist::luks {

// Refuses data that would lie beyond the end of `data_device`: a damaged Error, since the header or the device has been
// cut short or changed. Several segments, which only a reencryption makes: failed. name: printable, of the header.
void require_data_on(crypt_device* device, const std::string& data_device, const std::string& name);

}  // namespace kist::luks
