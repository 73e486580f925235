#pragma once

namespace kist::os {

// What whoever opens something may do with it.
enum class Access { read_only, read_write };

}  // namespace kist::os
