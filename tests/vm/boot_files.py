"""The virtual machine's kernel and first root in memory (initramfs), made from the host's own and kept in a cache."""

import lzma
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "kist-vm"
# What the root's own mount needs; everything else modprobe finds on the root.
FOR_THE_ROOT = ["virtio_pci", "9pnet_virtio", "9p", "overlay"]
FOR_A_LASTING_LAYER = ["virtio_blk", "crc32c_generic", "ext4"]
SIGNATURE_END = b"~Module signature appended~\n"
XZ_MAGIC = b"\xfd7zXZ\0"


def newest_kernel():
    """The version of the newest kernel that has its modules, or None."""
    def order(version):
        return [int(word) if word.isdigit() else 0 for word in version.replace("-", ".").split(".")]
    installed = [path.name for path in pathlib.Path("/lib/modules").glob("*")
                 if pathlib.Path(f"/boot/vmlinuz-{path.name}").exists() and (path / "modules.dep").exists()]
    return max(installed, key=order, default=None)


def kernel_image(version):
    """Unpacked: QEMU starts it directly, and the guest is spared seconds of decompression in emulation."""
    packed = pathlib.Path(f"/boot/vmlinuz-{version}")

    def unpack():
        data = packed.read_bytes()
        start = data.find(XZ_MAGIC)
        return lzma.LZMADecompressor().decompress(data[start:]) if start >= 0 else data
    return cached(f"vmlinux-{version}", [packed], unpack)


def initramfs(version):
    sources = [pathlib.Path(f"/lib/modules/{version}/modules.dep"), HERE / "boot" / "init.sh"]
    return cached(f"initramfs-{version}", sources, lambda: make_initramfs(version))


def cached(name, sources, make):
    path = CACHE / name
    newest = max(source.stat().st_mtime for source in [*sources, pathlib.Path(__file__)])
    if not path.exists() or path.stat().st_mtime < newest:
        CACHE.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=CACHE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
        os.rename(temporary, path)
    return path


def module_files(version, names):
    """The files of these modules and of all they depend on, in loading order. What is missing is built in."""
    folder = pathlib.Path("/lib/modules") / version
    needed_by = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        needed_by[module_name(path)] = [folder / word for word in [path, *needs.split()]]
    files = []
    for name in names:
        files += [path for path in reversed(needed_by.get(name, [])) if path not in files]
    return files


def module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def read_module(path):
    """Unpacked and without its signature, whose check costs 0.1 s each."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    elif path.suffix == ".zst":
        data = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
    if data.endswith(SIGNATURE_END):
        size = int.from_bytes(data[-len(SIGNATURE_END) - 4:-len(SIGNATURE_END)], "big")
        data = data[:-len(SIGNATURE_END) - 12 - size]
    return data


def make_initramfs(version):
    entries = [(folder, 0o40755, b"") for folder in "bin dev proc sys lower layer new lib".split()]
    entries.append(("bin/busybox", 0o100755, pathlib.Path("/bin/busybox").read_bytes()))
    entries.append(("init", 0o100755, (HERE / "boot" / "init.sh").read_bytes()))
    first = module_files(version, FOR_THE_ROOT)
    later = [path for path in module_files(version, FOR_A_LASTING_LAYER) if path not in first]
    for list_name, files in [("modules", first), ("modules.lasting", later)]:
        entries += [(f"lib/{module_name(path)}.ko", 0o100644, read_module(path)) for path in files]
        lines = "".join(f"/lib/{module_name(path)}.ko\n" for path in files)
        entries.append((list_name, 0o100644, lines.encode()))
    return cpio_archive(entries)


def cpio_archive(entries):
    """The newc format, of (name, mode, data)."""
    archive = bytearray()
    for number, (name, mode, data) in enumerate([*entries, ("TRAILER!!!", 0, b"")]):
        encoded = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        archive += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        archive += bytes(-len(archive) % 4) + data
        archive += bytes(-len(archive) % 4)
    return bytes(archive)
