#pragma once
// One of the machine's own tables, /etc/fstab or /etc/crypttab, read and replaced as a whole.

#include <string>

namespace kist::volume {

class TableFile {
  public:
    // One that is missing reads as "". A path that is a symlink means the file it leads to.
    explicit TableFile(const std::string& path);

    const std::string& path() const noexcept { return path_; }
    const std::string& text() const noexcept { return text_; }
    bool exists() const noexcept { return exists_; }

    // Writes `text` beside it, with the owner, mode and attributes of the old file (0644 for a new one), flushes it and
    // renames it over the table; the old text stays in PATH.kist-backup. A table that somebody has changed since it was
    // read is a busy Error, and stays as it is.
    void replace(const std::string& text);
    void remove();  // the same, for a table that is used up

  private:
    void require_unchanged() const;
    void keep_backup() const;
    void write_beside(const std::string& name, const std::string& text) const;

    std::string path_;
    std::string text_;
    bool exists_ = false;
};

}  // namespace kist::volume
