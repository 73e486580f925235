#!/usr/bin/env python3
"""Shows that check_architecture.py finds what it is for: each test breaks a small sound tree in one way."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import check_architecture  # noqa: E402

SOUND = {
    "include/kist/base/error.hpp": "#pragma once\n#include <string>\n",
    "include/kist/os/file.hpp": '#pragma once\n#include "kist/base/error.hpp"\n',
    "src/base/CMakeLists.txt": "kist_part(base)\n",
    "src/os/CMakeLists.txt": "kist_part(os DEPENDS base)\n",
    "src/os/file.cpp": '#include "kist/os/file.hpp"\n#include "os/flags.hpp"\n// not system("x")\n',
    "src/os/flags.hpp": "#pragma once\n",
    "src/sqlite/CMakeLists.txt": "kist_part(sqlite DEPENDS base LIBRARIES PkgConfig::SQLITE)\n",
    "src/sqlite/database.cpp": "#include <sqlite3.h>\n",
    "src/repository/catalog.cpp": 'void f() { database.execute("DELETE FROM a"); }\n',
    "src/cli/main.cpp": '#include "kist/os/file.hpp"\nvoid f() { run.execute("SELECTED"); filesystem("/"); }\n',
    "tests/unit/os/file_test.cpp": '#include "kist/os/file.hpp"\n#include "os/flags.hpp"\n',
}


class Architecture(unittest.TestCase):
    def found(self, changes=None):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in {**SOUND, **(changes or {})}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return [str(violation) for violation in check_architecture.violations(root)]

    def assert_found(self, where, what, changes):
        found = self.found(changes)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(where + ":"), found)
        self.assertIn(what, found[0])

    def test_a_sound_tree_passes(self):
        self.assertEqual(self.found(), [])

    def test_an_include_of_a_higher_layer(self):
        self.assert_found(
            "src/os/file.cpp:2", "downwards only",
            {"include/kist/cli/table.hpp": "", "src/os/file.cpp": '\n#include "kist/cli/table.hpp"\n'})

    def test_an_include_of_a_neighbour(self):
        self.assert_found(
            "src/crypto/key.cpp:1", "downwards only", {"src/crypto/key.cpp": "#include <kist/os/file.hpp>\n"})

    def test_a_private_header_of_another_folder(self):
        self.assert_found(
            "src/cli/main.cpp:1", "private to os", {"src/cli/main.cpp": '#include "os/flags.hpp"\n'})

    def test_a_public_header_that_needs_a_private_one(self):
        self.assert_found(
            "include/kist/os/file.hpp:1", "private", {"include/kist/os/file.hpp": '#include "os/flags.hpp"\n'})

    def test_a_system_header_in_quotes(self):
        self.assert_found("src/os/file.cpp:1", "no file of this tree", {"src/os/file.cpp": '#include "string.h"\n'})

    def test_a_folder_without_a_layer(self):
        self.assert_found("src/attic/a.cpp", "stands in no layer", {"src/attic/a.cpp": ""})

    def test_a_cycle(self):
        self.assert_found(
            "src/os/a.hpp", "circle: src/os/a.hpp -> src/os/b.hpp -> src/os/a.hpp",
            {"src/os/a.hpp": '#include "os/b.hpp"\n', "src/os/b.hpp": '#include "a.hpp"\n'})

    def test_a_c_library_in_a_second_folder(self):
        for header in ("sqlite3.h", "zstd.h", "openssl/evp.h", "openssl/ssl.h", "fuse_lowlevel.h", "fuse3/fuse.h",
                       "libcryptsetup.h", "blkid/blkid.h", "libmount/libmount.h", "librsync.h", "CLI/CLI.hpp", "nlohmann/json.hpp",
                       "toml++/toml.h"):
            with self.subTest(header):
                self.assert_found(
                    "src/repository/catalog.cpp:1", f"includes <{header}>",
                    {"src/repository/catalog.cpp": f"#include <{header}>\n"})

    def test_names_that_say_nothing(self):
        for name in ("src/os/util.cpp", "src/os/string_utils.hpp", "include/kist/os/misc.hpp", "src/os/common.hpp",
                     "tests/unit/os/test_helper.hpp", "src/os/file_manager.cpp"):
            with self.subTest(name):
                self.assert_found(name, "says nothing", {name: ""})

    def test_a_cmake_dependency_upwards_or_on_a_neighbour(self):
        for used in ("repository", "crypto", "os"):
            with self.subTest(used):
                self.assert_found(
                    "src/os/CMakeLists.txt:2", f"DEPENDS {used}",
                    {"src/os/CMakeLists.txt": f"\nkist_part(os\n  DEPENDS base {used}\n  LIBRARIES x)\n"})

    def test_a_part_under_a_wrong_name(self):
        self.assert_found("src/os/CMakeLists.txt:1", "in the folder os", {"src/os/CMakeLists.txt": "kist_part(sqlite)\n"})

    def test_a_shell(self):
        for call in ('system("ls")', 'std::system("ls")', '::popen("ls", "r")'):
            with self.subTest(call):
                self.assert_found("src/os/file.cpp:2", "no shell", {"src/os/file.cpp": f"\nint a = {call};\n"})

    def test_sql_outside_the_repository(self):
        for call in ('.execute("DELETE FROM a")', '->prepare(\n"SELECT 1")', '.prepare(R"(\n  insert into a)")'):
            with self.subTest(call):
                self.assert_found("src/cli/main.cpp:1", "SQL", {"src/cli/main.cpp": f"auto a = d{call};\n"})

    def test_the_program_fails_where_there_is_nothing_to_check(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(__file__).with_name("check_architecture.py")
            run = subprocess.run([sys.executable, program, folder], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1, run.stdout)


if __name__ == "__main__":
    unittest.main()
