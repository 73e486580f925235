#include "restore/placer.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::restore {
namespace {

constexpr std::size_t kHoleSize = 4096;

// Removes a temporary object unless it has been moved to its place.
class Temporary {
  public:
    explicit Temporary(const os::Directory& directory) : directory_(directory), name_(new_temporary_name()) {}
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() {
        if (is_gone_) return;
        try {
            directory_.remove_tree(name_);
        } catch (const Error&) {  // what cannot be removed has a name that says where it comes from
        }
    }
    const std::string& name() const { return name_; }
    void is_gone() { is_gone_ = true; }

  private:
    const os::Directory& directory_;
    const std::string name_;
    bool is_gone_ = false;
};

// Writes data where it belongs; in a file that had holes, blocks of zeros become holes again.
class SparseWriter {
  public:
    SparseWriter(int file, const std::string& name, bool holes) : file_(file), name_(name), holes_(holes) {}

    void write(std::uint64_t offset, std::span<const std::byte> data) const {
        if (!holes_) return os::write_at(file_, offset, data, name_);
        while (!data.empty()) {
            const auto zeros = leading_blocks(data, true);
            const auto rest = data.subspan(zeros);
            const auto used = leading_blocks(rest, false);
            if (used > 0) os::write_at(file_, offset + zeros, rest.first(used), name_);
            offset += zeros + used;
            data = rest.subspan(used);
        }
    }

  private:
    // How many bytes at the beginning are in blocks that are, or are not, all zero.
    static std::size_t leading_blocks(std::span<const std::byte> data, bool zero) {
        std::size_t at = 0;
        while (at < data.size()) {
            const auto block = data.subspan(at, std::min(kHoleSize, data.size() - at));
            if (std::ranges::all_of(block, [](std::byte byte) { return byte == std::byte{0}; }) != zero) break;
            at += block.size();
        }
        return at;
    }

    const int file_;
    const std::string& name_;
    const bool holes_;
};

Error in_the_way() {
    return Error::from_errno(ENOTEMPTY, "a folder stands in its place");
}

// Before its content is written, rather than after.
void require_no_contents(const os::Directory& directory, const Finding& finding) {
    if (finding.existing->type != os::FileType::directory) return;
    const auto existing = directory.find_directory(finding.name);
    if (existing && !existing->entries().empty()) throw in_the_way();
}

// Sealing is for root.
bool is_sealable(os::FileFlags flags) {
    return (flags & os::kSealingFlags) != 0 && geteuid() == 0;
}

// Why something cannot be replaced that its flags protect.
Error protected_there(const Error& error, const os::Directory& directory, const std::string& name) {
    const auto file = error.error_number() == EPERM ? directory.find_file(name) : std::nullopt;
    const auto flags = file ? os::file_flags(file->get()).value_or(0) & os::kSealingFlags : 0;
    if (flags == 0) return error;
    return {ErrorCode::failed,
            fmt::format("what stands there is {} (`chattr -ia` lifts that)", fmt::join(os::names_of(flags), " and "))};
}

bool is_refused(int error) {
    return error == EPERM || error == EACCES || error == ENOTSUP;
}

}  // namespace

Placer::Placer(const repository::Repository& repository, const RestoreOptions& options, MetadataApplier& metadata,
               Tally& tally)
    : options_(options),
      metadata_(metadata),
      tally_(tally),
      catalog_(repository.open_catalog()),
      reader_(repository, catalog_),
      judge_(options, metadata, catalog_) {}

Outcome Placer::place(Workplace& workplace, const std::string& name, const repository::Entry& entry) {
    const auto finding = workplace.has_private_destination()
                             ? Finding{Action::create, false, std::nullopt, name, false, {}}
                             : judge_.judge(workplace.destination(), name, entry);
    if (finding.action == Action::keep) return {Placed::kept, {}, 0, {}};
    if (finding.action != Action::unchanged) return make(workplace, finding, entry);
    metadata_.count_refusals(*finding.existing, entry.metadata);
    tally_.advance(entry.metadata.type == os::FileType::regular ? entry.metadata.size : 0);
    Outcome outcome{Placed::unchanged, {}, 0, {}};
    if (entry.node && finding.name == name) outcome.object = id_of(*finding.existing);
    if (finding.gets_flags) adjust_flags(workplace.destination(), finding, entry, outcome);
    return outcome;
}

// A file that others are to be made links of must not be sealed yet.
void Placer::adjust_flags(const os::Directory& directory, const Finding& finding, const repository::Entry& entry,
                          Outcome& outcome) {
    const auto wanted = entry.metadata.flags;
    const bool opens = entry.node && is_sealable(wanted);
    if (finding.flags.value_or(0) == wanted && !opens) return;
    const auto file = directory.find_file(finding.name);
    const auto object = id_of(*finding.existing);
    if (!file || id_of(os::status_of(file->get())) != object) return;
    if (!opens) {
        outcome.flags_refused = os::set_file_flags(file->get(), wanted);
        return;
    }
    outcome.flags_refused = os::set_file_flags(file->get(), wanted & ~os::kSealingFlags) & ~os::kSealingFlags;
    outcome.unsealed = Unsealed{finding.name, object};
}

Outcome Placer::make(Workplace& workplace, const Finding& finding, const repository::Entry& entry) {
    if (finding.action == Action::replace) require_no_contents(workplace.destination(), finding);
    const auto& directory = workplace.directory();
    Temporary temporary(directory);
    Outcome outcome{finding.action == Action::beside ? Placed::beside : Placed::placed, {}, 0, {}};
    if (entry.metadata.type == os::FileType::regular) {
        make_file(directory, temporary.name(), entry, outcome);
        if (outcome.unsealed) outcome.unsealed->name = finding.name;
    } else {
        if (!make_special(workplace, temporary.name(), entry.metadata)) return {Placed::skipped, {}, 0, {}};
        metadata_.apply(directory, temporary.name(), entry.metadata);
        if (entry.node) outcome.object = id_of(directory.status(temporary.name()));
    }
    if (outcome.placed == Placed::beside) outcome.object.reset();
    move_into_place(workplace, temporary.name(), finding);
    temporary.is_gone();
    return outcome;
}

std::optional<Placed> Placer::link(Workplace& workplace, const repository::Entry& entry, const FirstName& first) {
    Finding finding{Action::create, false, workplace.destination().find_status(entry.name), entry.name, false, {}};
    if (finding.existing) {
        if (id_of(*finding.existing) == first.object) return Placed::unchanged;
        if (options_.overwrite == Overwrite::keep_both) return std::nullopt;
        if (!gives_way(options_, *finding.existing, entry)) return Placed::kept;
        finding.action = Action::replace;
    }
    Temporary temporary(workplace.directory());
    try {
        workplace.directory().create_link(temporary.name(), first.directory, first.name);
    } catch (const Error& error) {
        const int number = error.error_number();
        if (number == EMLINK || number == EXDEV || number == EPERM || number == ENOTSUP || number == ENOENT)
            return std::nullopt;
        throw;
    }
    if (id_of(workplace.directory().status(temporary.name())) != first.object) return std::nullopt;
    move_into_place(workplace, temporary.name(), finding);
    temporary.is_gone();
    return Placed::placed;
}

// Folders hand flags down to what is made in them, so that also a file that had none is looked at.
void Placer::make_file(const os::Directory& directory, const std::string& name, const repository::Entry& entry,
                       Outcome& outcome) {
    const auto file = directory.open_file_for_writing(name, os::Create::exclusive, 0600);
    const auto flags = entry.metadata.flags;
    outcome.flags_refused = os::set_file_flags(file.get(), flags & os::kStorageFlags);
    write_content(file.get(), name, entry);
    metadata_.apply(file.get(), entry.metadata);
    if (flags != 0) outcome.flags_refused = os::set_file_flags(file.get(), flags & ~os::kSealingFlags);
    if (entry.node || is_sealable(flags)) outcome.object = id_of(os::status_of(file.get()));
    if (is_sealable(flags))
        outcome.unsealed = Unsealed{name, *outcome.object};
    else
        outcome.flags_refused |= flags & os::kSealingFlags;
}

void Placer::write_content(int file, const std::string& name, const repository::Entry& entry) {
    const SparseWriter writer(file, name, entry.metadata.has_holes);
    std::uint64_t done = 0;
    const auto take = [&](std::uint64_t offset, std::span<const std::byte> data) {
        tally_.throw_if_interrupted();
        writer.write(offset, data);
        tally_.advance(offset + data.size() - done);
        done = offset + data.size();
    };
    const auto restart = [&] {
        os::truncate(file, 0, name);
        tally_.take_back(std::exchange(done, 0));
    };
    const auto content = reader_.read(*entry.content, take, restart);
    if (content.size != entry.metadata.size)
        throw Error(ErrorCode::damaged, "the catalog is damaged: the file and its content have different sizes");
    if (entry.metadata.has_holes || done < content.size) os::truncate(file, content.size, name);
    tally_.advance(content.size - done);
}

// false: the caller may not.
bool Placer::make_special(Workplace& workplace, const std::string& name, const repository::Metadata& metadata) {
    workplace.require_privacy();
    if (metadata.type == os::FileType::symlink) {
        workplace.directory().create_symlink(name, metadata.symlink_target);
        return true;
    }
    try {
        workplace.directory().create_node(name, metadata.type, metadata.special_device);
        return true;
    } catch (const Error& error) {
        if (!is_refused(error.error_number())) throw;
        return false;
    }
}

void Placer::move_into_place(Workplace& workplace, const std::string& temporary, const Finding& finding) {
    const auto& destination = workplace.destination();
    if (finding.action != Action::replace) {
        try {
            return workplace.directory().rename(temporary, destination, finding.name);
        } catch (const Error& error) {
            if (error.error_number() != EEXIST) throw;
            throw Error(ErrorCode::failed,
                        "something of that name has appeared there (some filesystems take A and a for one name)");
        }
    }
    if (finding.existing->type == os::FileType::directory) {
        try {
            destination.remove_directory(finding.name);
        } catch (const Error& error) {
            if (error.error_number() != ENOTEMPTY && error.error_number() != EEXIST) throw;
            throw in_the_way();
        }
    }
    try {
        workplace.directory().rename_replacing(temporary, destination, finding.name);
    } catch (const Error& error) {
        throw protected_there(error, destination, finding.name);
    }
}

}  // namespace kist::restore
