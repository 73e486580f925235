#!/usr/bin/env python3
"""check_tidy.py BUILD_DIR [FILE...]: runs clang-tidy over src/ and tests/, or only over FILEs there, on every core.

A file that passed is not checked again until it, a header of this tree that it includes, its compile command, .clang-tidy
or clang-tidy itself changes, in whatever checkout: a stamp for each is kept in kist-tidy/ in the user's cache folder, as
ccache keeps what was compiled. Those that nobody asked for in a month are removed.

Nearly all the time goes into the headers, so many files, which define different names as far as can be told, are checked
as one, which includes them. Where that finds anything, be it only that two files use one name, the files it names are
checked apart; what counts is found in a file by itself.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "cmake"))
from source_groups import names_defined_in  # noqa: E402

INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)
# What one run may take before it counts as failed; a typical file takes 3 s by itself, a hundred together less than 50 s.
LIMIT_S = 900
FILES_AT_ONCE = 100
STAMPS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kist-tidy"
STAMP_LIFE_S = 30 * 24 * 3600
# What a compile command adds for its part of the tree, and what makes no difference to clang-tidy.
ADDED = re.compile(r"-[DI].+|-isystem")
FOUND_IN = re.compile(r"^(/.+?):[0-9]+:[0-9]+: (?:error|warning): ", re.MULTILINE)
INDIFFERENT = {"-fPIC", "-fPIE", "-Wno-array-bounds"}


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
    command = unit["command"].replace(f"{ROOT}/", "")
    for part in (version, (ROOT / ".clang-tidy").read_bytes(), command.encode()):
        key.update(hashlib.sha256(part).digest())
    for path in sorted(found):
        key.update(os.fsencode(path.relative_to(ROOT)) + b"\0" + hashlib.sha256(found[path]).digest())
    return key.hexdigest()


def units(build):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (Path(entry["directory"]) / entry["file"]).resolve()
        if path.is_file() and (ROOT / "src" in path.parents or ROOT / "tests" in path.parents):
            yield {"path": path, "command": entry["command"], "directory": entry["directory"]}


def flags(unit):
    """The compile command without what names this one file, and without precompiled headers: each file includes what it uses."""
    left_out = {"-fpch-preprocess", "-Winvalid-pch"}
    kept = []
    words = iter(shlex.split(unit["command"])[1:])
    for word in words:
        if word in ("-o", "-c", "-include", "-MT", "-MF"):
            next(words)
        elif word not in left_out:
            kept.append(word)
    return tuple(kept)


def united(words, more):
    """The words, and those of `more` that add a definition or a folder to them; None where the two cannot be one command."""
    if [word for word in words if not ADDED.match(word[0])] != [word for word in more if not ADDED.match(word[0])]:
        return None
    both = words + tuple(word for word in more if word not in words)
    macros = {}
    for word in both:
        name, _, value = word[0].partition("=")
        if name.startswith("-D") and macros.setdefault(name, value) != value:
            return None
    return both


def flag_groups(unit):
    """The flags, each with its argument, but those that make no difference."""
    grouped = []
    words = iter(flags(unit))
    for word in words:
        if word not in INDIFFERENT:
            grouped.append((word, next(words)) if word == "-isystem" else (word,))
    return tuple(grouped)


def kind_of(path):
    """Files of different kinds seldom bear each other: cli/ has short names of its own for what the parts below it name."""
    parts = path.relative_to(ROOT).parts
    return parts[:2] if parts[1] == "cli" or parts[0] == "tests" and parts[1] != "unit" else parts[:1]


def groups(changed):
    """Files that one command can check, many at a time, without a name that two of them define; and the command's flags."""
    together = []
    for unit in sorted(changed, key=lambda unit: unit["path"]):
        names, words, kind = names_defined_in(unit["path"]), flag_groups(unit), kind_of(unit["path"])
        for group in together:
            both = united(group["flags"], words) if kind == group["kind"] else None
            if both and len(group["units"]) < FILES_AT_ONCE and not names & group["names"]:
                group["flags"] = both
                break
        else:
            group = {"units": [], "names": set(), "flags": words, "kind": kind}
            together.append(group)
        group["units"].append(unit)
        group["names"] |= names
    for group in together:
        yield group["units"], [word for words in group["flags"] for word in words]


def tidy(command, directory):
    try:
        run = subprocess.run(["clang-tidy", "--quiet", *command], cwd=directory, capture_output=True, text=True,
                             timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"{command[-1]}: clang-tidy took more than {LIMIT_S} s\n"
    return "" if run.returncode == 0 else run.stdout + run.stderr


def tidy_together(build, group, together_flags):
    name = hashlib.sha256("".join(str(unit["path"]) for unit in group).encode()).hexdigest()
    together = build / "tidy" / f"{name}.cpp"
    together.write_text("".join(f'#include "{unit["path"]}"\n' for unit in group))
    try:
        config = f"--config-file={ROOT / '.clang-tidy'}"
        return tidy([config, together, "--", *together_flags], group[0]["directory"])
    finally:
        together.unlink()


def check(build, group, together_flags):
    """The findings of each file of the group."""
    if len(group) == 1:
        return [(group[0], tidy([group[0]["path"], "--", *flags(group[0])], group[0]["directory"]))]
    findings = tidy_together(build, group, together_flags)
    if not findings:
        return [(unit, "") for unit in group]
    named = set(FOUND_IN.findall(findings))
    apart = [unit for unit in group if str(unit["path"]) in named]
    if not 0 < len(apart) < len(group):
        apart = group[:len(group) // 2]
    others = [unit for unit in group if unit not in apart]
    return check(build, apart, together_flags) + check(build, others, together_flags)


def remove_old_stamps():
    oldest = time.time() - STAMP_LIFE_S
    for stamp in STAMPS.iterdir():
        if stamp.stat().st_mtime < oldest:
            stamp.unlink(missing_ok=True)


def is_checked(stamp):
    if not stamp.exists():
        return False
    stamp.touch()
    return True


def main():
    build = Path(sys.argv[1]).resolve()
    (build / "tidy").mkdir(exist_ok=True)
    STAMPS.mkdir(parents=True, exist_ok=True)
    remove_old_stamps()
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout

    chosen = {Path(name).resolve() for name in sys.argv[2:]}
    wanted = {stamp_name(unit, version): unit for unit in units(build) if not chosen or unit["path"] in chosen}
    if not wanted:
        print("No files to check")
        return 1
    changed = {name: unit for name, unit in wanted.items() if not is_checked(STAMPS / name)}
    stamp_of = {unit["path"]: name for name, unit in changed.items()}

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [pool.submit(check, build, *group) for group in groups(changed.values())]
        for run in concurrent.futures.as_completed(runs):
            for unit, findings in run.result():
                if findings:
                    failed += 1
                    print(findings, flush=True)
                else:
                    (STAMPS / stamp_of[unit["path"]]).touch()
    print(f"{len(wanted)} files, {len(changed)} of them checked now, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
