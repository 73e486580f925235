#pragma once
// All that a backup promises of a tree, as one line of text for each name: for comparing trees cheaply.

#include <string>
#include <vector>

namespace kist::crash {

using TreeListing = std::vector<std::string>;

// Type, mode, owner, time, attributes, hard links and a hash of the content of everything below root, and root itself.
TreeListing list_tree(const std::string& root);

// Without these names at its top and what is below them.
TreeListing without(TreeListing tree, const std::vector<std::string>& names);

// The lines that only one of them has, a few of them; "" where they are equal.
std::string difference(const TreeListing& expected, const TreeListing& found);

}  // namespace kist::crash
