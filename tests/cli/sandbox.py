"""A machine of its own for each test program: private mounts, process ids, /run/kist and /var/lib/kist.

Whatever a test leaves behind, mounts, engines or loop devices, goes with the last process of the sandbox, also when the
test itself is killed. Outside of it nothing of the volumes can be seen.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
NEEDED = ["cryptsetup", "e2fsck", "findmnt", "mkfs.ext4", "rsync", "setfacl", "setfattr", "setpriv", "unshare"]


def skip(reason):
    print("skipped:", reason)
    sys.exit(SKIPPED)


def require_machine():
    if os.geteuid() != 0:
        skip("needs root, for loop devices and mounts")
    for device in ["/dev/fuse", "/dev/loop-control"]:
        if not os.path.exists(device):
            skip("needs " + device)
    for program in NEEDED:
        if shutil.which(program) is None:
            skip("needs the program " + program)
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode != 0:
        skip("needs the right to make mount and process namespaces")


def enter():
    """Runs the program again inside a sandbox, and returns only there."""
    if os.environ.get("KIST_TEST_SANDBOX") == "inside":
        return
    require_machine()
    folder = tempfile.mkdtemp(prefix="kist-cli.")
    try:
        status = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, *sys.argv],
            env={**os.environ, "KIST_TEST_SANDBOX": "inside", "KIST_TEST_FOLDER": folder}).returncode
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)


def reap_orphans(main):
    """Process 1 of the sandbox: an init that waits for everybody's children, as a machine has one."""
    child = os.fork()
    if child == 0:
        main()
        os._exit(1)
    while True:
        pid, status = os.wait()
        if pid == child:
            sys.stdout.flush()
            os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)


def prepare_folder():
    """An ext4 of its own for sources, so that birth times, attributes and holes are what the tests expect."""
    folder = pathlib.Path(os.environ["KIST_TEST_FOLDER"])
    for own in ["/run/kist", "/var/lib/kist"]:
        pathlib.Path(own).mkdir(mode=0o700, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", own], check=True)
    image = folder / "sources.img"
    with image.open("wb") as file:
        file.truncate(1 << 30)
    subprocess.run(["mkfs.ext4", "-q", "-I", "256", str(image)], check=True)
    sources = folder / "sources"
    sources.mkdir()
    subprocess.run(["mount", "-o", "loop", str(image), str(sources)], check=True)
    return folder
