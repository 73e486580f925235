#pragma once
// The life of a small source and its repository, in steps that each make one run: of every kind of change at least one.

#include "kist/repository/repository.hpp"

#include <functional>
#include <string>
#include <vector>

namespace kist::crash {

struct Step {
    std::string name;
    std::function<void(const std::string& source)> change;  // before the run
    std::function<void(repository::Repository&, const std::string& source, int hour)> run;
    std::vector<std::string> purged{};                           // names in the source that all snapshots lose
    std::function<void(const std::string& mirror)> damage = {};  // done to latest/ before the run, which heals it
};

// Backs the source up, as of that hour. Throws an Error also where something was skipped or lost.
void back_up(repository::Repository& repository, const std::string& source, int hour);

// Heals all that is damaged, with the source's help where there is no other. Throws an Error where that fails.
void repair(const repository::Repository& repository);

std::vector<Step> history();

}  // namespace kist::crash
