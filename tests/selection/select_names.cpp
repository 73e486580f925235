// select_names FOLDER: for each set of filter rules on standard input, one rule a line and an empty line behind each
// set, prints the paths below FOLDER that they select, folders with a slash, one a line, and an empty line.

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/selection/folder_files.hpp"

#include <iostream>

namespace {

using kist::selection::Folder;
using kist::selection::Selection;

void select(const Selection& selection, Folder folder, const kist::os::Directory& directory, const std::string& path) {
    read_folder_files(selection, folder, directory, path, [](std::string_view) { return true; });
    for (const auto& entry : directory.entries()) {
        const bool is_directory = directory.status(entry.name).type == kist::os::FileType::directory;
        if (selection.excludes(folder, entry.name, is_directory)) continue;
        const auto below = path.empty() ? entry.name : path + "/" + entry.name;
        std::cout << below << (is_directory ? "/\n" : "\n");
        if (is_directory)
            select(selection, selection.enter(folder, entry.name), directory.open_directory(entry.name), below);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    try {
        const auto root = kist::os::Directory::open(argv[1]);
        Selection selection;
        for (std::string line; std::getline(std::cin, line);) {
            if (!line.empty()) {
                selection.add_filter(line, "rule");
                continue;
            }
            select(selection, selection.root(), root, "");
            std::cout << '\n';
            selection = Selection();
        }
    } catch (const kist::Error& error) {
        std::cerr << error.message() << '\n';
        return 1;
    }
    return 0;
}
