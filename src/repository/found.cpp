#include "repository/found.hpp"

#include "kist/base/uuid.hpp"
#include "kist/os/file.hpp"

#include "repository/layout.hpp"

namespace kist::repository {
namespace {

// The name of what the note is about.
std::string write_note(const os::Directory& found, const std::string& text) {
    const auto id = to_string(random_uuid());
    const auto note = found.open_file_for_writing(id + ".txt", os::Create::exclusive);
    os::write_all(note.get(), os::as_bytes(text + "\n"), id);
    return id;
}

}  // namespace

void move_to_found(const os::Directory& control, const os::Directory& folder, const std::string& name,
                   const std::string& note) {
    const auto found = control.ensure_directory(kFound);
    folder.rename(name, found, write_note(found, note));
}

os::Fd create_in_found(const os::Directory& control, const std::string& note) {
    const auto found = control.ensure_directory(kFound);
    return found.open_file_for_writing(write_note(found, note), os::Create::exclusive);
}

}  // namespace kist::repository
