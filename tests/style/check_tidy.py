#!/usr/bin/env python3
"""check_tidy.py BUILD_DIR: runs clang-tidy over src/ and tests/, on every core.

A file that passed is not checked again until it, a header of this tree that it includes, its compile command, .clang-tidy
or clang-tidy itself changes: BUILD_DIR/tidy/ keeps a stamp for each.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)
# What one file may take before it counts as failed; a typical one takes 3 s.
LIMIT_S = 300


def included(path, found):
    """Adds `path` and what it includes of this tree, directly or not, to `found`."""
    if path in found:
        return
    content = path.read_bytes()
    found[path] = content
    for name in INCLUDE.findall(content):
        for folder in (path.parent, ROOT / "include", ROOT / "src", ROOT / "tests"):
            candidate = folder / os.fsdecode(name)
            if candidate.is_file():
                included(candidate.resolve(), found)
                break


def stamp_name(unit, version):
    found = {}
    included(unit["path"], found)
    key = hashlib.sha256()
    for part in (version, (ROOT / ".clang-tidy").read_bytes(), unit["command"].encode()):
        key.update(hashlib.sha256(part).digest())
    for path in sorted(found):
        key.update(os.fsencode(path.relative_to(ROOT)) + b"\0" + hashlib.sha256(found[path]).digest())
    return key.hexdigest()


def units(build):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (Path(entry["directory"]) / entry["file"]).resolve()
        if path.is_file() and (ROOT / "src" in path.parents or ROOT / "tests" in path.parents):
            yield {"path": path, "command": entry["command"]}


def tidy(build, path):
    try:
        run = subprocess.run(
            ["clang-tidy", "-p", build, "--quiet", path], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"{path}: clang-tidy took more than {LIMIT_S} s\n"
    return "" if run.returncode == 0 else run.stdout + run.stderr


def main():
    build = Path(sys.argv[1]).resolve()
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout

    wanted = {stamp_name(unit, version): unit["path"] for unit in units(build)}
    if not wanted:
        print("No files to check")
        return 1
    for stamp in stamps.iterdir():
        if stamp.name not in wanted:
            stamp.unlink()
    changed = {name: path for name, path in wanted.items() if not (stamps / name).exists()}

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {pool.submit(tidy, build, path): name for name, path in changed.items()}
        for run in concurrent.futures.as_completed(runs):
            if run.result():
                failed += 1
                print(run.result(), flush=True)
            else:
                (stamps / runs[run]).touch()
    print(f"{len(wanted)} files, {len(changed)} of them checked now, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
