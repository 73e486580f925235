"""Volumes that cryptsetup made long ago: LUKS1, whose header has one copy and no checksum."""

import os
import random

import aes_xts
import kist_driver
from kist_driver import Case, check_run

SIZE = 24 << 20
FAILED, DAMAGED, NO_KEY = 1, 4, 5  # exit codes
# The header's fields, after the LUKS1 on-disk format 1.2.3: numbers are big-endian.
VERSION, CIPHER, HASH, PAYLOAD_OFFSET, KEY_SIZE, DIGEST_PASSES = 6, 8, 72, 104, 108, 164
UUID, UUID_SIZE = 168, 40
SLOT = 208
SLOT_PASSES, SLOT_OFFSET, SLOT_STRIPES = SLOT + 4, SLOT + 40, SLOT + 44
HEADER_SIZE = 592
LARGEST = 0xFFFFFFFF


def number(value):
    return value.to_bytes(4, "big")


class Luks1(Case):
    def setUp(self):
        super().setUp()
        self.volume_key = random.Random(20261123).randbytes(64)
        key_file = self.home / "volume-key"
        key_file.write_bytes(self.volume_key)
        with self.container.open("wb") as file:
            file.truncate(SIZE)
        check_run(["cryptsetup", "luksFormat", "-q", "--type", "luks1", "--cipher", "aes-xts-plain64", "--key-size", "512",
                   "--volume-key-file", key_file, "--pbkdf-force-iterations", "1000", self.container, self.key])
        self.good = self.container.read_bytes()

    def data_offset(self):
        return int.from_bytes(self.good[PAYLOAD_OFFSET:PAYLOAD_OFFSET + 4], "big") * aes_xts.SECTOR_SIZE

    def damage(self, place, data):
        self.container.write_bytes(self.good)
        with self.container.open("r+b") as file:
            file.seek(place)
            file.write(data)

    def open(self, **options):
        return self.bare("--key-file", self.key, "open", self.container, "--at", self.mount_point, "--engine", "userspace",
                         **options)


class Filesystem(Luks1):
    """What is written and read through kist is what OpenSSL encrypts and decrypts with the volume key."""

    def make_filesystem(self):
        (self.source / "letter").write_text("from another time")
        image = self.home / "image"
        with image.open("wb") as file:
            file.truncate(SIZE - self.data_offset())
        check_run(["mkfs.ext4", "-q", "-b", "1024", "-d", self.source, image])
        with self.container.open("r+b") as file:
            file.seek(self.data_offset())
            file.write(aes_xts.encrypt(self.volume_key, image.read_bytes()))

    def filesystem(self):
        with self.container.open("rb") as file:
            file.seek(self.data_offset())
            image = self.home / "decrypted"
            image.write_bytes(aes_xts.decrypt(self.volume_key, file.read()))
            return image

    def test_opens_and_is_written_to_as_it_is(self):
        self.make_filesystem()
        header = self.container.read_bytes()[:self.data_offset()]
        self.open()
        self.assertEqual((self.mount_point / "letter").read_text(), "from another time")
        (self.mount_point / "answer").write_bytes(b"from today" * 100_000)
        self.bare("close", self.container)
        image = self.filesystem()
        check_run(["e2fsck", "-fn", image])
        self.assertEqual(check_run(["debugfs", "-R", "cat /answer", image]), "from today" * 100_000)
        self.assertEqual(self.container.read_bytes()[:self.data_offset()], header)


class Damage(Luks1):
    """Without a checksum, what is wrong shows only where it does not fit together."""

    def assert_refused(self, codes, what):
        result = self.open(expect=None)
        self.assertIn(result.returncode, codes, f"{what}: {result.stderr}")
        self.assertTrue(result.stderr.startswith("kist: "), f"{what}: {result.stderr}")
        self.assertFalse(os.path.ismount(self.mount_point))

    def test_numbers_and_names_that_cannot_be(self):
        for what, place, data, code in [
                ("version", VERSION, b"\0\3", DAMAGED),
                ("another cipher", CIPHER, b"serpent\0", FAILED),
                ("cipher without an end", CIPHER, b"a" * 32, FAILED),
                ("unknown hash", HASH, b"sha0\0".ljust(32, b"\0"), DAMAGED),
                ("data inside the header", PAYLOAD_OFFSET, number(1), DAMAGED),
                ("data beyond the end", PAYLOAD_OFFSET, number(LARGEST), DAMAGED),
                ("no key", KEY_SIZE, number(0), DAMAGED),
                ("huge key", KEY_SIZE, number(LARGEST >> 1), DAMAGED),
                ("no UUID", UUID, bytes(UUID_SIZE), DAMAGED),
                ("UUID without an end", UUID, b"a" * UUID_SIZE, DAMAGED),
                ("UUID that is a path", UUID, b"../../../../etc/passwd".ljust(UUID_SIZE, b"\0"), DAMAGED),
                ("digest of no passes", DIGEST_PASSES, number(0), DAMAGED),
                ("endless digest", DIGEST_PASSES, number(LARGEST), DAMAGED),
                ("slot neither in use nor free", SLOT, number(0x12345678), NO_KEY),
                ("free slot", SLOT, number(0x0000DEAD), NO_KEY),
                ("slot of no passes", SLOT_PASSES, number(0), DAMAGED),
                ("endless slot", SLOT_PASSES, number(LARGEST), DAMAGED),
                ("slot beyond the end", SLOT_OFFSET, number(LARGEST - 15), DAMAGED),
                ("slot in the header", SLOT_OFFSET, number(0), DAMAGED),
                ("slot without stripes", SLOT_STRIPES, number(0), DAMAGED),
                ("slot of endless stripes", SLOT_STRIPES, number(LARGEST), DAMAGED)]:
            with self.subTest(what):
                self.damage(place, data)
                self.assert_refused([code], what)

    def test_truncated(self):
        for size, code in [(0, FAILED), (5, FAILED), (6, DAMAGED), (HEADER_SIZE - 1, DAMAGED), (HEADER_SIZE, DAMAGED),
                           (64 << 10, DAMAGED), (self.data_offset(), DAMAGED)]:
            with self.subTest(size):
                self.container.write_bytes(self.good[:size])
                self.assert_refused([code], size)

    def test_flipped_bits(self):
        """There is no filesystem in it: a key that still fits ends in `damaged`, too."""
        rng = random.Random(20261123)
        for _ in range(100):
            place, bit = rng.randrange(SLOT_STRIPES + 4), 1 << rng.randrange(8)
            self.damage(place, bytes([self.good[place] ^ bit]))
            self.assert_refused([FAILED, DAMAGED, NO_KEY], f"byte {place}, bit {bit}")


if __name__ == "__main__":
    kist_driver.main()
