#!/usr/bin/env python3
"""Holds the source tree to its architecture: doc/design.md, "Layers", and CONTRIBUTING.md.

check_architecture.py [ROOT]   prints each violation as FILE:LINE: what is wrong; exits 1 if there is any.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

# A folder may use itself and the folders of lower layers, never its neighbours.
LAYERS = {
    "base": 0,
    "os": 1, "crypto": 1, "compression": 1,
    "sqlite": 2, "delta": 2, "fuse": 2, "luks": 2, "block": 2, "mount": 2, "udisks": 2, "mailproto": 2, "selection": 2, "config": 2,
    "repository": 3, "volume": 3,
    "backup": 4, "restore": 4, "browse": 4, "look": 4, "mailbox": 4, "notify": 4, "jobs": 4,
    "cli": 5,
}

# Each C library's headers, and the larger C++ ones, belong to one folder.
OWNERS = [
    (r"sqlite3\w*\.h", "sqlite"),
    (r"zstd\w*\.h|zdict\.h", "compression"),
    (r"openssl/(ssl|x509|x509v3|asn1|bio|err)\.h", "mailproto"),
    (r"openssl/(?!(?:ssl|x509|x509v3|asn1|bio|err)\.h).*", "crypto"),
    (r"intel-ipsec-mb\.h", "crypto"),
    (r"fuse\w*\.h|fuse3?/.*", "fuse"),
    (r"libcryptsetup\.h", "luks"),
    (r"blkid/.*", "block"),
    (r"libfdisk/.*", "block"),
    (r"libmount/.*", "mount"),
    (r"systemd/.*", "udisks"),
    (r"librsync\.h", "delta"),
    (r"qrencode\.h", "cli"),
    (r"CLI/.*", "cli"),
    (r"nlohmann/.*", "cli"),
    (r"toml\+\+/.*", "config"),
    (r"re2/.*", "look"),
]

SAYS_NOTHING = {"util", "utils", "utility", "utilities", "misc", "common", "helper", "helpers", "manager", "managers"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
DEPENDS = re.compile(r"kist_part\(\s*(\w+)([^)]*)\)")
SHELL = re.compile(r"(?<![\w.>])(?:std::|::)?(?:system|popen)\s*\(")
STRING = r'(?:R"(\w*)\((?P<raw>.*?)\)\1"|"(?P<plain>(?:[^"\\\n]|\\.)*)")'
SQL_CALL = re.compile(r"[.>](?:prepare|execute)\s*\(\s*" + STRING, re.DOTALL)
SQL_WORD = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|REPLACE|WITH)\b", re.IGNORECASE)
SQL_FOLDERS = {"repository", "sqlite"}


@dataclass(frozen=True)
class Violation:
    file: Path
    line: int
    text: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.text}"


class SourceFile:
    """A file of src/, include/kist/ or tests/; `part` is the folder that it belongs to, None in tests."""

    def __init__(self, root, path):
        self.path = path.relative_to(root)
        self.text = without_comments(path.read_text(encoding="utf-8"))
        parts = self.path.parts
        self.part = parts[1] if parts[0] == "src" else parts[2] if parts[0] == "include" else None
        self.includes = [
            (match[1] == '"', match[2], self.line_of(match.start(2))) for match in INCLUDE.finditer(self.text)
        ]

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1


def without_comments(text):
    """Blanks out comments, and keeps strings and line numbers."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'', re.DOTALL)

    def blank(match):
        found = match[0]
        return re.sub(r"[^\n]", " ", found) if found.startswith(("//", "/*")) else found

    return token.sub(blank, text)


def source_files(root):
    for folder in ("src", "include/kist", "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cpp", ".hpp") and path.is_file():
                yield SourceFile(root, path)


def resolve(root, file, name):
    """The file of this tree that `#include "name"` means, or None."""
    for folder in (root / file.path.parent, root / "include", root / "src", root / "tests"):
        candidate = folder / name
        if candidate.is_file():
            return candidate.resolve().relative_to(root.resolve())
    return None


def part_of(path):
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "kist") and len(parts) > 3:
        return parts[2]
    return None


def check_known_part(files):
    seen = set()
    for file in files:
        if file.part and file.part not in LAYERS and file.part not in seen:
            seen.add(file.part)
            yield Violation(file.path, 1, f"the folder {file.part} stands in no layer: add it to LAYERS")


def allowed(user, used):
    return user == used or LAYERS.get(used, 99) < LAYERS.get(user, 99)


def check_layers(root, files):
    for file in files:
        if file.part is None:
            continue
        for quoted, name, line in file.includes:
            target = resolve(root, file, name) if quoted or name.startswith("kist/") else None
            if target is None:
                if quoted:
                    yield Violation(file.path, line, f'"{name}" is no file of this tree; system headers take <>')
                continue
            used = part_of(target)
            if used is None:
                yield Violation(file.path, line, f"{file.part} includes {target}, which belongs to no layer")
            elif not allowed(file.part, used):
                yield Violation(file.path, line, f"{file.part} may not include {used} ({target}): links go downwards only")
            elif used != file.part and target.parts[0] == "src":
                yield Violation(file.path, line, f"{target} is private to {used}: only include/kist/{used} is for others")


def check_public_headers(root, files):
    """Who includes a public header must not thereby see into src/."""
    for file in files:
        if file.path.parts[0] != "include":
            continue
        for quoted, name, line in file.includes:
            target = resolve(root, file, name) if quoted else None
            if target is not None and target.parts[0] != "include":
                yield Violation(file.path, line, f"a public header includes the private {target}")


def check_cycles(root, files):
    graph = {}
    for file in files:
        targets = (resolve(root, file, name) for quoted, name, _ in file.includes if quoted or name.startswith("kist/"))
        graph[file.path] = [target for target in targets if target is not None]
    done = set()
    for start in graph:
        trail = []

        def visit(node):
            if node in trail:
                return trail[trail.index(node):] + [node]
            if node in done:
                return None
            trail.append(node)
            for target in graph.get(node, []):
                cycle = visit(target)
                if cycle:
                    return cycle
            trail.pop()
            done.add(node)
            return None

        cycle = visit(start)
        if cycle:
            done.update(cycle)
            yield Violation(cycle[0], 1, "includes itself in a circle: " + " -> ".join(map(str, cycle)))


def check_owners(files):
    for file in files:
        if file.part is None:
            continue
        for _, name, line in file.includes:
            for pattern, owner in OWNERS:
                if re.fullmatch(pattern, name) and file.part != owner:
                    yield Violation(file.path, line, f"only {owner}/ includes <{name}>")


def check_names(root):
    for folder in ("src", "include/kist", "tests", "scripts", "cmake"):
        for path in sorted((root / folder).rglob("*")):
            if "__pycache__" in path.parts:
                continue
            words = set(re.split(r"[_\-.]", path.name.lower()))
            for word in sorted(words & SAYS_NOTHING):
                yield Violation(path.relative_to(root), 1, f"the name says nothing: {word}")


def check_cmake(root):
    for path in sorted((root / "src").glob("*/CMakeLists.txt")):
        text = re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8"))
        for match in DEPENDS.finditer(text):
            part = match[1]
            line = text.count("\n", 0, match.start()) + 1
            where = path.relative_to(root)
            if part != path.parent.name:
                yield Violation(where, line, f"kist_part({part}) in the folder {path.parent.name}")
            words = match[2].split()
            depends = words[words.index("DEPENDS") + 1:] if "DEPENDS" in words else []
            if "LIBRARIES" in depends:
                depends = depends[:depends.index("LIBRARIES")]
            for used in depends:
                if used == part or not allowed(part, used):
                    yield Violation(where, line, f"{part} DEPENDS {used}: links go downwards only")


def check_shell(files):
    for file in files:
        if file.part is None:
            continue
        for match in SHELL.finditer(file.text):
            yield Violation(file.path, file.line_of(match.start()), "no shell: use kist/os/process.hpp with an argument array")


def check_sql(files):
    for file in files:
        if file.part is None or file.part in SQL_FOLDERS:
            continue
        for match in SQL_CALL.finditer(file.text):
            text = match["raw"] if match["raw"] is not None else match["plain"]
            if SQL_WORD.match(text):
                yield Violation(file.path, file.line_of(match.start()), "SQL belongs to repository/")


def violations(root):
    files = list(source_files(root))
    yield from check_known_part(files)
    yield from check_layers(root, files)
    yield from check_public_headers(root, files)
    yield from check_cycles(root, files)
    yield from check_owners(files)
    yield from check_names(root)
    yield from check_cmake(root)
    yield from check_shell(files)
    yield from check_sql(files)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(violations(root))
    for violation in found:
        print(violation)
    if not any(True for _ in source_files(root)):
        print(f"{root}: no source files: nothing was checked")
        return 1
    print(f"{len(found)} violations" if found else "The architecture holds.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
