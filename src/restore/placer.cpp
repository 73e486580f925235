#include "restore/placer.hpp"

#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>

#include <fmt/format.h>

namespace kist::restore {
namespace {

constexpr std::size_t kHoleSize = 4096;

// A name that nobody else uses: random for the process, counted in it.
std::string new_temporary_name() {
    static const std::string prefix = ".kist-restore-" + to_string(random_uuid()).substr(0, 8);
    static std::atomic<std::uint64_t> count = 0;
    return fmt::format("{}-{}", prefix, ++count);
}

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

bool is_refused(int error) {
    return error == EPERM || error == EACCES || error == ENOTSUP;
}

}  // namespace

Workplace::~Workplace() {
    if (!private_directory_) return;
    try {
        destination_.directory.remove_tree(private_name_);
    } catch (const Error&) {  // what cannot be removed has a name that says where it comes from
    }
}

const os::Directory& Workplace::directory() {
    if (destination_.is_ours) return destination_.directory;
    if (!private_directory_) {
        private_name_ = new_temporary_name();
        private_directory_ = destination_.directory.create_directory(private_name_, 0700);
    }
    return *private_directory_;
}

Placer::Placer(const repository::Repository& repository, Overwrite overwrite, MetadataApplier& metadata, Tally& tally)
    : overwrite_(overwrite),
      metadata_(metadata),
      tally_(tally),
      catalog_(repository.open_catalog()),
      reader_(repository, catalog_) {}

Placed Placer::place(Workplace& workplace, const std::string& name, const repository::Entry& entry) {
    if (keeps_existing(workplace.destination(), name)) return Placed::kept;
    const auto& directory = workplace.directory();
    Temporary temporary(directory);
    if (entry.metadata.type == os::FileType::regular) {
        make_file(directory, temporary.name(), entry);
    } else {
        if (!make_special(directory, temporary.name(), entry.metadata)) return Placed::skipped;
        metadata_.apply(directory, temporary.name(), entry.metadata);
    }
    move_into_place(workplace, temporary.name(), name);
    temporary.is_gone();
    return Placed::placed;
}

std::optional<Placed> Placer::link(Workplace& workplace, const std::string& name, const os::Directory& first_directory,
                                   const std::string& first) {
    const auto existing = workplace.destination().find_status(name);
    const auto wanted = first_directory.status(first);
    if (existing && existing->device == wanted.device && existing->inode == wanted.inode) return Placed::placed;
    if (keeps_existing(workplace.destination(), name)) return Placed::kept;
    const Temporary temporary(workplace.directory());
    try {
        workplace.directory().create_link(temporary.name(), first_directory, first);
    } catch (const Error& error) {
        const int number = error.error_number();
        if (number == EMLINK || number == EXDEV || number == EPERM || number == ENOTSUP) return std::nullopt;
        throw;
    }
    move_into_place(workplace, temporary.name(), name);
    return Placed::placed;
}

bool Placer::keeps_existing(const os::Directory& directory, const std::string& name) const {
    return overwrite_ == Overwrite::never && directory.find_status(name);
}

void Placer::make_file(const os::Directory& directory, const std::string& name, const repository::Entry& entry) {
    const auto file = directory.open_file_for_writing(name, os::Create::exclusive, 0600);
    write_content(file.get(), name, entry);
    metadata_.apply(file.get(), entry.metadata);
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
bool Placer::make_special(const os::Directory& directory, const std::string& name,
                          const repository::Metadata& metadata) {
    if (metadata.type == os::FileType::symlink) {
        directory.create_symlink(name, metadata.symlink_target);
        return true;
    }
    try {
        directory.create_node(name, metadata.type, metadata.special_device);
        return true;
    } catch (const Error& error) {
        if (!is_refused(error.error_number())) throw;
        return false;
    }
}

void Placer::move_into_place(Workplace& workplace, const std::string& temporary, const std::string& name) {
    const auto& destination = workplace.destination();
    if (workplace.is_ours()) return workplace.directory().rename_replacing(temporary, destination, name);
    const auto existing = destination.find_status(name);
    if (existing && existing->type == os::FileType::directory) {
        try {
            destination.remove_directory(name);
        } catch (const Error& error) {
            if (error.error_number() != ENOTEMPTY && error.error_number() != EEXIST) throw;
            throw Error(ErrorCode::failed, "a folder that is not empty stands in its place");
        }
    }
    if (overwrite_ == Overwrite::never)
        workplace.directory().rename(temporary, destination, name);
    else
        workplace.directory().rename_replacing(temporary, destination, name);
}

}  // namespace kist::restore
