"""Whatever a LUKS header says: a clear answer with its own exit code, never a crash, a hang or a passphrase given away."""

import os
import pathlib

import kist_driver
import luks_header
from kist_driver import LOW_COST, Case, check_run

CHEAP_KDF = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]


class HeaderCase(Case):
    """A closed volume that kist never opened on this machine: nothing is known of its header."""

    def setUp(self):
        super().setUp()
        self.make()
        self.good = self.container.read_bytes()

    def make(self, *options):
        with self.container.open("wb") as file:
            file.truncate(24 << 20)
        check_run(["cryptsetup", "luksFormat", "-q", *CHEAP_KDF, *options, self.container, self.key])

    def restore_good(self):
        self.container.write_bytes(self.good)


class Damage(HeaderCase):
    def assert_refused(self, generator, codes, *arguments):
        self.restore_good()
        generator(self.container, *arguments)
        for words in [["status", self.container], ["open", self.container, "--at", self.mount_point]]:
            result = self.bare("--key-file", self.key, *words, expect=None)
            self.assertIn(result.returncode, codes, f"{generator.__name__}: {words}\n{result.stderr}")
            self.assertTrue(result.stderr.startswith("kist: "), result.stderr)
            self.assertIn(self.container.name, result.stderr)

    def test_one_bad_copy_is_repaired_from_the_other(self):
        for copy in [0, 1]:
            self.restore_good()
            luks_header.bad_checksum(self.container, [copy])
            self.kist("key", "list")
            check_run(["cryptsetup", "open", "--test-passphrase", "--key-file", self.key, self.container])

    def test_each_way_of_being_wrong_is_refused(self):
        for generator in [luks_header.bad_json, luks_header.no_json, luks_header.overlapping_keyslots,
                          luks_header.keyslot_in_metadata, luks_header.keyslot_beyond_area, luks_header.keyslot_huge,
                          luks_header.segment_over_keyslots, luks_header.huge_header_size]:
            with self.subTest(generator.__name__):
                self.assert_refused(generator, [4])
        with self.subTest("both checksums"):
            self.assert_refused(luks_header.bad_checksum, [4], [0, 1])

    def test_what_holds_together_but_is_not_taken(self):
        for generator in [luks_header.null_cipher, luks_header.reencryption_required, luks_header.unknown_requirement,
                          luks_header.no_segments, luks_header.segment_beyond_device,
                          luks_header.segment_size_beyond_device, luks_header.overlapping_segments]:
            with self.subTest(generator.__name__):
                self.assert_refused(generator, [1, 4])

    def test_truncated(self):
        for size in [0, 1, 511, 4096, 16384, 20480, 32768, 1 << 20]:
            self.restore_good()
            os.truncate(self.container, size)
            for words in [["status", self.container], ["open", self.container, "--at", self.mount_point],
                          ["--volume", self.container, "key", "list"]]:
                result = self.bare("--key-file", self.key, *words, expect=None)
                self.assertIn(result.returncode, [1, 4], f"{size}: {words}: {result.stderr}")

    def test_hundreds_of_flipped_bits(self):
        rng = luks_header.randomness(20261123)
        seen = set()
        for number in range(210):
            self.restore_good()
            what = luks_header.flip_bit(self.container, rng, sealed=number % 3 != 0)
            words = ["key", "list"] if number % 20 else ["list"]
            result = self.bare("--volume", self.container, "--key-file", self.key, *words, expect=None)
            self.assertIn(result.returncode, [0, 1, 4, 5], f"{what}: {result.stderr}")
            seen.add(result.returncode)
        self.assertLessEqual({0, 4}, seen)

    def test_flipped_bits_in_the_key_slot_fit_no_key(self):
        with self.container.open("r+b") as file:
            file.seek(0x8000)
            file.write(os.urandom(256 * 1024))
        self.bare("--key-file", self.key, "open", self.container, "--at", self.mount_point, expect=5)


class OtherVolumes(HeaderCase):
    def test_other_ciphers_are_named(self):
        for cipher, bits in [("aes-cbc-essiv:sha256", "256"), ("aes-xts-plain", "512")]:
            self.make("--cipher", cipher, "--key-size", bits)
            result = self.bare("--key-file", self.key, "open", self.container, "--at", self.mount_point, expect=1)
            self.assertIn(cipher.split(":")[0], result.stderr)

    def test_luks1_is_taken(self):
        self.make("--type", "luks1", "--cipher", "aes-xts-plain64", "--key-size", "512")
        self.assertEqual(len(self.json("key", "list")), 1)
        self.assertEqual(self.json("header", "dump")[0]["sector_size"], 512)
        result = self.bare("--key-file", self.key, "open", self.container, "--at", self.mount_point, expect=4)
        self.assertIn("no filesystem", result.stderr)
        self.assertTrue(self.json("header", "dump")[0]["known"])

    def test_detached_header_says_so(self):
        data, header = self.home / "data", self.home / "header"
        for file in [data, header]:
            file.write_bytes(b"")
            os.truncate(file, 24 << 20)
        check_run(["cryptsetup", "luksFormat", "-q", *CHEAP_KDF, "--header", header, data, self.key])
        self.assertIn("detached", self.bare("--key-file", self.key, "open", data, expect=1).stderr)
        self.assertIn("detached", self.bare("--key-file", self.key, "open", header, expect=1).stderr)


class Pins(HeaderCase):
    """The header is not authenticated, so what it claims must stay what it was."""

    def setUp(self):
        super().setUp()
        self.container.unlink()
        self.prepare()
        self.kist("close")
        self.good = self.container.read_bytes()

    def open(self, **options):
        return self.bare("--key-file", self.key, "open", self.container, "--at", self.mount_point, **options)

    def test_known_header_opens_also_after_key_changes(self):
        second = self.home / "second"
        second.write_bytes(b"second")
        self.kist("key", "add", "--new-key-file", second, *LOW_COST)
        self.open()

    def test_changed_header_is_refused_before_a_key_is_read(self):
        self.open()
        self.kist("close")
        luks_header.other_volume_key(self.container)
        missing = self.home / "never-read"
        for words in [["open", self.container], ["--volume", self.container, "list"],
                      ["--volume", self.container, "key", "add", "--new-key-file", self.key]]:
            result = self.bare("--key-file", missing, *words, expect=4)
            self.assertIn("volume key", result.stderr)
            self.assertIn("--accept-header", result.stderr)
        self.assertTrue(self.json("header", "dump", expect=4)[0]["changed"])
        self.container.write_bytes(self.good)
        self.open()

    def test_acceptance_is_never_unattended(self):
        self.open()
        self.kist("close")
        luks_header.other_volume_key(self.container)
        self.assertIn("terminal", self.kist("open", "--accept-header", expect=2).stderr)

    def test_costly_kdf_is_refused_unattended(self):
        luks_header.costly_keyslot(self.container, 3 << 20)
        result = self.open(expect=1)
        self.assertIn("memory", result.stderr)

    def test_forgotten_state_is_a_first_time_again(self):
        self.open()
        self.kist("close")
        uuid = self.json("header", "dump")[0]["uuid"]
        state = pathlib.Path("/var/lib/kist/volumes") / uuid
        self.assertEqual(state.stat().st_mode & 0o7777, 0o600)
        self.assertEqual(state.parent.stat().st_mode & 0o7777, 0o700)
        state.write_text("nonsense")
        self.assertIn(str(state), self.open(expect=1).stderr)
        state.unlink()
        self.open()


if __name__ == "__main__":
    kist_driver.main()
