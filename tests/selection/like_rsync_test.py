#!/usr/bin/env python3
"""Random trees and filter rules: what Kist selects is what rsync selects.

like_rsync_test.py SELECT_NAMES     KIST_SEED, and KIST_RULE_SETS for each of its trees, make another or a longer run.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

TREES = 5
RULE_SETS = int(os.environ.get("KIST_RULE_SETS", "120"))
SEED = int(os.environ.get("KIST_SEED", "1"))
NAMES = ["a", "b", "c", "ab", "abc", "a.o", "b.o", "x y", "a[b", "a*b", "b\\c", "core", "[a]"]
PIECES = [*(name for name in NAMES if name != "a[b"), "*", "?", "**", "***", "a*", "*b", "*.o", "[ab]", "[!a]", "[a-c]*", "?b", "**b", "a**", "a**b", "[[:alpha:]]", "\\*", "b\\c*"]


def make_tree(folder, generator, depth, is_plain=True):
    for name in generator.sample(NAMES, generator.randrange(2, 6)):
        if depth > 0 and generator.random() < 0.5:
            (folder / name).mkdir()
            make_tree(folder / name, generator, depth - 1, is_plain and not set(name) & set("\\[*"))
        else:
            (folder / name).write_bytes(b"")
    # rsync puts the folder's path in front of such a rule's pattern, and takes signs in it for the pattern's own.
    if is_plain and generator.random() < 0.4:
        lines = [rule(generator, for_folders=True) for _ in range(generator.randrange(1, 4))]
        (folder / ".rules").write_text("".join(line + "\n" for line in lines))


def pattern(generator):
    pieces = [generator.choice(PIECES) for _ in range(generator.choice((1, 1, 1, 2, 2, 3)))]
    text = "/".join(pieces)
    if generator.random() < 0.3:
        text = "/" + text
    if generator.random() < 0.25:
        text += "/"
    elif generator.random() < 0.1:
        text += "/***"
    return text


def rule(generator, for_folders=False):
    if generator.random() < 0.03:
        return "!"
    if not for_folders and generator.random() < 0.15:
        return generator.choice((": .rules", ":n .rules", ":e .rules"))
    sign = generator.choice("+-")
    if generator.random() < 0.1:
        sign += "!"
    return f"{sign} {pattern(generator)}"


def rsync_selects(tree, target, rules):
    words = ["rsync", "-rlDn", "--out-format=%n", *(f"--filter={rule}" for rule in rules), f"{tree}/", f"{target}/"]
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"{words}: {result.stderr}")
    # In --out-format rsync writes a backslash that a number might follow as \#134.
    names = [line.replace("\\#134", "\\") for line in result.stdout.splitlines()]
    return sorted(name for name in names if name != "./" and not name.startswith("created directory"))


def main():
    if shutil.which("rsync") is None:
        print("skipped: needs rsync")
        sys.exit(77)
    generator = random.Random(SEED)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder, "target")
        target.mkdir()
        for number in range(TREES):
            tree = pathlib.Path(folder, str(number))
            tree.mkdir()
            make_tree(tree, generator, 4)
            sets = [[rule(generator) for _ in range(generator.randrange(1, 7))] for _ in range(RULE_SETS)]
            text = "".join("".join(line + "\n" for line in rules) + "\n" for rules in sets)
            ours = subprocess.run([sys.argv[1], tree], input=text, capture_output=True, text=True, check=True).stdout
            selected, names = [], []
            for line in ours.split("\n"):
                if line:
                    names.append(line)
                else:
                    selected.append(sorted(names))
                    names = []
            for rules, names in zip(sets, selected, strict=False):
                theirs = rsync_selects(tree, target, rules)
                if names != theirs:
                    failures += 1
                    if failures <= 10:
                        print(f"tree {number}, rules {rules}:\n  only kist: {sorted(set(names) - set(theirs))}\n"
                              f"  only rsync: {sorted(set(theirs) - set(names))}")
    print(f"{TREES * RULE_SETS} sets of rules, {failures} differ from rsync (seed {SEED})")
    sys.exit(1 if failures else 0)


main()
