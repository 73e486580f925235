#pragma once
// What is left out unless somebody asks for it: what programs make anew by themselves, and waste paper baskets. None
// names a path from the source's root, since a source may be any folder.

#include <array>
#include <string_view>

namespace kist::selection {

inline constexpr std::string_view kIgnoreFile = ".kistignore";

inline constexpr std::array kDefaultRules{
    "- .cache/",
    "- .ccache/",
    "- .thumbnails/",
    "- .npm/_cacache/",
    "- .gradle/caches/",
    "- .cargo/registry/",
    "- .mozilla/**/cache2/",
    "- .config/**/Cache/",
    "- .config/**/Code Cache/",
    "- .config/**/GPUCache/",
    "- .config/**/CacheStorage/",
    "- .var/app/*/cache/",
    "- .local/share/Trash/",
    "- .Trash/",
    "- .Trash-[0-9]*/",
    "- .gvfs/",
    "- .fuse_hidden*",
    "- .kist-snapshot-*/",
    "- lost+found/",
};

}  // namespace kist::selection
