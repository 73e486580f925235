#pragma once
// Names of exported files and folders, which any filesystem takes: also those of Windows and of memory sticks.

#include "kist/base/timestamp.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailbox {

// A part of a folder's name. Different ones have different names: what cannot be in one, or has a meaning there, is
// percent-escaped, and what is too long ends in a hash. Never ".", "..", empty, hidden, or ending in ".sbd".
std::string part_file_name(std::string_view part);

// 2026-11-26T15.28.45Z-Lunch on Friday-17.eml. What cannot be in a name is "_", and a long subject is cut.
std::string message_file_name(Timestamp date, std::string_view subject, std::uint32_t uid);

// Lists/kist
std::string eml_folder(const std::vector<std::string>& parts);
// Lists.sbd/kist, as Thunderbird keeps folders in folders.
std::string mbox_path(const std::vector<std::string>& parts);

}  // namespace kist::mailbox
