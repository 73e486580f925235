#pragma once
// A repository: the folder `.kist` and the mirror `latest` at the root of a mounted volume (or of any folder, in
// tests). Layout and formats: doc/format.md. How a run stays whole across crashes: src/repository/run.cpp, at its head.

#include "kist/base/uuid.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/repository/catalog.hpp"

#include <memory>
#include <optional>
#include <string>

namespace kist::repository {

// Ids that bind a repository to its volume; all zero where there is none.
struct Binding {
    Uuid luks;
    Uuid filesystem;

    friend bool operator==(const Binding&, const Binding&) = default;
};

class Repository {
  public:
    // Makes an empty repository. root must hold none. What else is there stays, also a README.txt.
    static Repository create(const std::string& root, const Binding& binding);
    // What the repository there is bound to; nullopt: there is none. Errors: damaged, as of open().
    static std::optional<Binding> find_binding(const std::string& root);
    // For one that was copied to another volume, to stay there. Its id stays. Errors: as of open(), and busy.
    static void rebind(const std::string& root, const Binding& binding);
    // Errors: not_found where there is no repository, damaged where its id file is unreadable or newer than this
    // program, failed where it is bound to another volume (a copied or swapped disk). A run that was committed but not
    // applied before a crash is applied now, unless another process is at work.
    static Repository open(const std::string& root, const Binding& binding);
    // For making the catalog anew (rebuild.hpp): it is neither looked at nor needed. Errors: as of open().
    static Repository open_without_catalog(const std::string& root, const Binding& binding);

    Repository(Repository&&) noexcept;
    ~Repository();

    const Uuid& id() const noexcept { return id_; }
    const std::string& path() const noexcept { return path_; }  // the volume's root, absolute
    const os::Directory& root() const noexcept { return root_; }
    const os::Directory& control() const noexcept { return control_; }  // .kist
    const os::Directory& mirror() const noexcept { return mirror_; }    // latest
    std::string catalog_path() const { return path_ + "/.kist/catalog.sqlite"; }
    Catalog open_catalog() const { return Catalog(catalog_path()); }

    // The one writer's lock, held while the object lives. Errors: busy, when another process holds it; failed on a
    // read-only mount.
    class WriteLock {
      public:
        explicit WriteLock(os::Fd fd) : fd_(std::move(fd)) {}

      private:
        os::Fd fd_;
    };
    WriteLock lock_for_writing() const;

  private:
    Repository(std::string path, os::Directory root);
    std::optional<WriteLock> try_lock_for_writing() const;
    void recover() const;

    std::string path_;
    os::Directory root_;
    os::Directory control_;
    os::Directory mirror_;
    Uuid id_;
};

}  // namespace kist::repository
