#pragma once
// Which numbers the owners of a backup have on this machine. Threads: any.

#include "kist/os/attributes.hpp"
#include "kist/restore/restore.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace kist::restore {

class OwnerMap {
  public:
    // The name that a number had in the backup, or "". Called by one thread at a time.
    using NameOf = std::function<std::string(OwnerKind, std::uint32_t)>;

    // The options must outlive the object.
    OwnerMap(const RestoreOptions& options, NameOf name_of);

    // What the first rule says that fits; else the number of `name` here; `number` where there is no such name, or
    // names do not count.
    std::uint32_t user(const std::string& name, std::uint32_t number);
    std::uint32_t group(const std::string& name, std::uint32_t number);
    // The same of the users and groups that POSIX ACLs name. They stand there by number: their names are those that
    // owners of the same numbers have.
    os::ExtendedAttributes attributes(const os::ExtendedAttributes& attributes);

  private:
    struct Kind {
        OwnerKind kind;
        const OwnerRules& rules;
        std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> known{};
        std::map<std::uint32_t, std::string> names{};
    };
    std::uint32_t map(Kind& kind, const std::string& name, std::uint32_t number);
    std::uint32_t map_unnamed(Kind& kind, std::uint32_t number);
    std::string acl(std::string value);

    const Owners owners_;
    const NameOf name_of_;
    std::mutex mutex_;
    Kind users_;
    Kind groups_;
};

}  // namespace kist::restore
