#pragma once
// What lvs tells of logical volumes, and how LVM names their devices.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kist::block {

// A row by the columns' names as lvs takes them: lv_name, vg_name ...
using LvmRow = std::map<std::string, std::string, std::less<>>;

// The output of `lvs --noheadings --nameprefixes`: lines of LVM2_COLUMN='VALUE' with blanks between. Whatever else is
// there, warnings above all, is passed over.
std::vector<LvmRow> parse_lvm_report(std::string_view output);

// In whole percent, rounded down: "12.34", also with a decimal comma. 100 for what cannot be read.
unsigned percent_of(const LvmRow& row, std::string_view column);

// "" where there is no such column.
std::string value_of(const LvmRow& row, std::string_view column);

// "/dev/mapper/GROUP-VOLUME", hyphens in the names doubled.
std::string mapper_path(std::string_view group, std::string_view volume);

}  // namespace kist::block
