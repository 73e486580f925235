#!/usr/bin/env python3
"""source_groups.py MOST FILE...: which of the files can be compiled as one, because none mentions a name that another defines.

A line for each file: the number of its group. A group has at most MOST files. See cmake/unity.cmake.
"""

import re
import sys
from pathlib import Path

# What a file defines, also in an unnamed namespace: functions, constants, types.
DEFINED = re.compile(r"^(?!TEST|namespace|using)(?:[\w\[](?:[\w:<>,*&\[\] ]*[ *&])?(?<!:)\b([a-zA-Z]\w*)(?:\{| = |\(.*[{,]$|\[\])|(?:class|struct|enum class) (\w+) )",
                     re.MULTILINE)
WORD = re.compile(r"[a-zA-Z_]\w*")


def names_defined_in(path):
    return {name for found in DEFINED.findall(path.read_text()) for name in found if name}


class Group:
    """Files that go together: where one mentions a name that another defines, it means something else of that name."""

    def __init__(self):
        self.files = 0
        self.defined = set()
        self.mentioned = set()

    def bears(self, defined, mentioned):
        return not defined & self.mentioned and not mentioned & self.defined

    def add(self, defined, mentioned):
        self.files += 1
        self.defined |= defined
        self.mentioned |= mentioned


def main():
    most = int(sys.argv[1])
    groups = []
    for path in map(Path, sys.argv[2:]):
        defined, mentioned = names_defined_in(path), set(WORD.findall(path.read_text()))
        number = next((number for number, group in enumerate(groups) if group.files < most and group.bears(defined, mentioned)),
                      len(groups))
        if number == len(groups):
            groups.append(Group())
        groups[number].add(defined, mentioned)
        print(number)


if __name__ == "__main__":
    main()
