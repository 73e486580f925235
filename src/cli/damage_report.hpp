#pragma once
// How `check` and `repair` name what is damaged, and whom it concerns.

#include "kist/repository/check.hpp"

#include "cli/command.hpp"
#include "cli/json_names.hpp"

#include <string>

namespace kist::cli {

Json json_of(const repository::Damage& damage);
// heading: what to say of it, as `damaged`.
void print_damage(Context& context, const std::string& heading, const repository::Damage& damage);

// What is told of it by mail.
std::string line_of(const repository::Damage& damage);

}  // namespace kist::cli
