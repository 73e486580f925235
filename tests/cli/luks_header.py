"""LUKS2 headers that are wrong in one way each, after the on-disk format's specification. Every generator leaves a header
whose checksums are right, except where its name says otherwise, so that only what it changed can be objected to."""

import hashlib
import json
import random

BINARY_SIZE = 4096
CHECKSUM = 448  # its place in the binary header, 64 bytes
SIZE_FIELD = 8


class Header:
    """Both copies of the header in a file. The second one begins where the first one's size ends."""

    def __init__(self, path):
        self.path = path
        with path.open("rb") as file:
            start = file.read(16)
            self.size = int.from_bytes(start[SIZE_FIELD:16], "big")
            file.seek(0)
            self.copies = [bytearray(file.read(self.size)) for _ in range(2)]

    def json(self):
        return json.loads(self.copies[0][BINARY_SIZE:].rstrip(b"\0"))

    def set_json(self, value):
        text = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
        for copy in self.copies:
            copy[BINARY_SIZE:] = text.ljust(self.size - BINARY_SIZE, b"\0")

    def seal(self):
        for copy in self.copies:
            copy[CHECKSUM:CHECKSUM + 64] = bytes(64)
            copy[CHECKSUM:CHECKSUM + 32] = hashlib.sha256(copy).digest()
        return self

    def write(self):
        with self.path.open("r+b") as file:
            for number, copy in enumerate(self.copies):
                file.seek(number * self.size)
                file.write(copy)


def change_json(path, change):
    header = Header(path)
    value = header.json()
    change(value)
    header.set_json(value)
    header.seal().write()


def bad_checksum(path, copies):
    header = Header(path)
    for number in copies:
        header.copies[number][CHECKSUM] ^= 1
    header.write()


def bad_json(path):
    header = Header(path)
    header.set_json(b'{"keyslots":{"0":')
    header.seal().write()


def no_json(path):
    header = Header(path)
    header.set_json(b"")
    header.seal().write()


def overlapping_keyslots(path):
    def change(value):
        value["keyslots"]["1"] = json.loads(json.dumps(value["keyslots"]["0"]))
        value["digests"]["0"]["keyslots"].append("1")
    change_json(path, change)


def keyslot_in_metadata(path):
    def change(value):
        value["keyslots"]["0"]["area"]["offset"] = "4096"
    change_json(path, change)


def keyslot_beyond_area(path):
    def change(value):
        value["keyslots"]["0"]["area"]["offset"] = str(int(value["config"]["keyslots_size"]) + (1 << 20))
    change_json(path, change)


def keyslot_huge(path):
    def change(value):
        value["keyslots"]["0"]["area"]["size"] = str((1 << 64) - 4096)
    change_json(path, change)


def segment_beyond_device(path):
    def change(value):
        value["segments"]["0"]["offset"] = str(1 << 50)
    change_json(path, change)


def segment_size_beyond_device(path):
    def change(value):
        value["segments"]["0"]["size"] = str(1 << 50)
    change_json(path, change)


def overlapping_segments(path):
    def change(value):
        value["segments"]["0"]["size"] = str(1 << 20)
        value["segments"]["1"] = dict(value["segments"]["0"])
        value["digests"]["0"]["segments"].append("1")
    change_json(path, change)


def segment_over_keyslots(path):
    def change(value):
        value["segments"]["0"]["offset"] = "32768"
    change_json(path, change)


def no_segments(path):
    def change(value):
        value["segments"] = {}
        value["digests"]["0"]["segments"] = []
    change_json(path, change)


def null_cipher(path):
    def change(value):
        value["segments"]["0"]["encryption"] = "cipher_null-ecb"
    change_json(path, change)


def reencryption_required(path):
    def change(value):
        value["config"]["requirements"] = {"mandatory": ["online-reencrypt-v2"]}
    change_json(path, change)


def unknown_requirement(path):
    def change(value):
        value["config"]["requirements"] = {"mandatory": ["something-new"]}
    change_json(path, change)


def huge_header_size(path):
    header = Header(path)
    for copy in header.copies:
        copy[SIZE_FIELD:16] = (1 << 62).to_bytes(8, "big")
    header.seal().write()


def costly_keyslot(path, kibibytes):
    """A KDF that takes more memory than any machine here has."""
    def change(value):
        value["keyslots"]["0"]["kdf"]["memory"] = kibibytes
    change_json(path, change)


def other_volume_key(path):
    """What somebody does who wants the passphrase: the digest of a key of their own."""
    def change(value):
        digest = value["digests"]["0"]
        digest["digest"] = digest["salt"]
    change_json(path, change)


def flip_bit(path, rng, sealed):
    """One random bit of one copy or, sealed, of both, with checksums that are right again."""
    header = Header(path)
    used = BINARY_SIZE + len(header.copies[0][BINARY_SIZE:].rstrip(b"\0"))
    place, bit = rng.randrange(used), 1 << rng.randrange(8)
    for copy in header.copies if sealed else [rng.choice(header.copies)]:
        copy[place] ^= bit
    if sealed:
        header.seal()
    header.write()
    return f"byte {place}, bit {bit}"


def randomness(seed):
    return random.Random(seed)
