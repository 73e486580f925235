#pragma once
// The differences of files as a patch for patch(1).

#include "kist/look/tree_difference.hpp"
#include "kist/repository/content_reader.hpp"

#include "cli/command.hpp"

#include <optional>
#include <string>

namespace kist::cli {

class TextPatch {
  public:
    // root_before, root_after: what is compared; labels are a/ and b/ with the path below it. source: of the live
    // files, for which there is no content; it must outlive this, as all the others must.
    TextPatch(Context& context, const repository::Repository& repository, std::string root_before,
              std::string root_after, const repository::Source& source);

    // Nothing for what is no regular file, or has the same content. Binary and very large files are only named.
    // Errors: damaged, also of a live file that is not there any more.
    void print(const look::Difference& difference);

  private:
    std::string read(const std::optional<repository::Entry>& entry, const std::string& path);
    std::string read_content(const repository::Entry& entry);
    std::string read_live(const std::string& path);

    Context& context_;
    repository::Catalog catalog_;  // of its own: a ContentReader allows nobody else's Reading
    repository::ContentReader reader_;
    std::string root_before_;
    std::string root_after_;
    const repository::Source& source_;
};

}  // namespace kist::cli
