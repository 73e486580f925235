"""One QEMU, emulated in software: its command line, its USB sockets, and what the guest asks for while it runs."""

import json
import os
import pathlib
import selectors
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import boot_files

HERE = pathlib.Path(__file__).resolve().parent
TIMED_OUT, DIED, POWER_CUT = 124, 125, 137

# Units of the host's root that no test wants: seconds each in emulation.
MASKED_UNITS = """apt-daily.timer apt-daily-upgrade.timer man-db.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
systemd-timesyncd.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-sysusers.service
systemd-update-utmp.service systemd-random-seed.service systemd-sysctl.service systemd-modules-load.service
dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount
sys-fs-fuse-connections.mount modprobe@.service systemd-initctl.socket systemd-pcrphase.service
systemd-pcrphase-sysinit.service systemd-journal-flush.service systemd-ask-password-wall.path"""
# Modules that udev would load for hardware that no test uses.
UNWANTED_MODULES = """kvm_amd,kvm_intel,kvm,psmouse,evdev,button,serio_raw,pcspkr,i2c_i801,lpc_ich,iTCO_wdt,ahci,qemu_fw_cfg,
crct10dif_pclmul,crc32_pclmul,ghash_clmulni_intel,sha512_ssse3,sha1_ssse3""".replace("\n", "")
# No self-tests and benchmarks at boot, no costly mitigations; a busy host makes the check of the timer panic.
KERNEL_ARGUMENTS = """console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off nokaslr audit=0 lsm= cryptomgr.notests
raid6_pq.benchmark=0 no_timer_check tsc=reliable random.trust_cpu=on""".split()


class Monitor:
    """QEMU's control channel (QMP)."""

    def __init__(self, connection):
        self.stream = connection.makefile("rw")
        self.stream.readline()  # the greeting
        self.call("qmp_capabilities")

    def call(self, command, **arguments):
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline() or '{"error": {"desc": "QEMU is gone"}}')
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]


class UsbDisk:
    """plug() and unplug() do what a hand does, at any time. SPEC: FILE[,uas][,plugged]"""

    def __init__(self, number, spec):
        self.file, *words = spec.split(",")
        self.name = f"usb{number}"
        self.uas = "uas" in words
        self.plugged_at_boot = "plugged" in words

    def plug(self, monitor):
        file = {"driver": "file", "filename": os.path.abspath(self.file)}
        monitor.call("blockdev-add", **{"driver": "raw", "node-name": self.name, "file": file})
        if not self.uas:
            monitor.call("device_add", driver="usb-storage", id=self.name, bus="xhci.0", drive=self.name, serial=self.name)
            return
        # It shows itself once it is attached, with its disk.
        monitor.call("device_add", driver="usb-uas", id=self.name, bus="xhci.0", serial=self.name)
        monitor.call("device_add", driver="scsi-hd", id=self.name + "d", drive=self.name, bus=self.name + ".0",
                     serial=self.name)
        monitor.call("qom-set", path=self.name, property="attached", value=True)

    def unplug(self, monitor):
        monitor.call("device_del", id=self.name)
        end = time.monotonic() + 5
        while True:  # until the last request is done
            try:
                return monitor.call("blockdev-del", **{"node-name": self.name})
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)


class Machine:
    """One run of one command. `options` are vmrun's. The folder is /run/vm in the guest."""

    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kist-vm."))
        self.usb = {disk.name: disk for disk in (UsbDisk(n, spec) for n, spec in enumerate(options.usb))}
        self.status = None
        self.deadline = time.monotonic() + options.timeout

    def run(self):
        """The command's exit status, or one of this file's own."""
        try:
            self.fill_folder()
            return self.boot()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def put(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def fill_folder(self):
        for name in ["prepare.sh", "command.sh", "vmctl"]:
            shutil.copy(HERE / "boot" / name, self.folder / name)
        shares = [f"share{n}" for n in range(len(self.options.share))]
        for name, folder in zip(shares, self.options.share):
            self.put(name, os.path.realpath(folder))
        self.put("settings", f"systemd={int(self.options.systemd)} target={self.options.target} "
                             f"shares='{' '.join(shares)}' masked='{' '.join(MASKED_UNITS.split())}'\n")
        path = "/run/vm:" + os.environ["PATH"] + ":/usr/sbin:/sbin:/usr/bin:/bin"
        self.put("environment", f"export PATH={shlex.quote(path)} VM_FOLDER={shlex.quote(os.getcwd())}\n")
        self.put("command", shlex.join(self.options.command) + "\n")
        self.put("out", "")
        if self.options.overlay:
            shutil.copytree(self.options.overlay, self.folder / "overlay", symlinks=True)

    def arguments(self):
        version = boot_files.newest_kernel()
        arguments = ["qemu-system-x86_64", "-nodefaults", "-no-reboot", "-display", "none", "-cpu", "max",
                     "-machine", "q35,vmport=off,sata=off,smbus=off", "-accel", "tcg,thread=multi",
                     "-smp", "1", "-m", str(self.options.mem), "-device", "qemu-xhci,id=xhci",
                     "-kernel", str(boot_files.kernel_image(version)), "-initrd", str(boot_files.initramfs(version)),
                     "-serial", f"file:{os.path.abspath(self.options.console)}"]
        arguments += shared_folder("root", "/", ",readonly=on") + shared_folder("vm", str(self.folder))
        for number, folder in enumerate(self.options.share):
            arguments += shared_folder(f"share{number}", os.path.realpath(folder))
        lasting = [("lasting", self.options.lasting)] if self.options.lasting else []
        for name, file in lasting + [(f"disk{n}", file) for n, file in enumerate(self.options.disk)]:
            path = os.path.abspath(file).replace(",", ",,")
            arguments += ["-drive", f"if=none,format=raw,id={name},file={path}",
                          "-device", f"virtio-blk-pci,drive={name},serial={name}"]
        return [*arguments, "-append", " ".join(self.kernel_arguments())]

    def kernel_arguments(self):
        words = list(KERNEL_ARGUMENTS)
        if self.options.lasting:
            words.append("vm.lasting")
        if self.options.systemd:
            words += ["systemd.unit=vm.target", "systemd.show_status=0", "systemd.firstboot=0",
                      "modprobe.blacklist=" + UNWANTED_MODULES]
        return words

    def boot(self):
        monitor, monitor_end = socket.socketpair()
        control, control_end = socket.socketpair()
        ends = (monitor_end.fileno(), control_end.fileno())
        channels = ["-chardev", f"socket,id=monitor,fd={ends[0]}", "-mon", "monitor,mode=control",
                    "-chardev", f"socket,id=control,fd={ends[1]}", "-serial", "chardev:control"]
        self.process = subprocess.Popen(self.arguments() + channels, stdin=subprocess.DEVNULL, pass_fds=ends)
        monitor_end.close()
        control_end.close()
        with open(self.folder / "out", "rb") as self.output:
            try:
                self.serve(Monitor(monitor), control)
            except (RuntimeError, OSError) as error:
                print(f"vmrun: {error}", file=sys.stderr)
            finally:
                self.process.kill()
                self.process.wait()
                self.copy_output()
        if self.status is None:
            print(f"vmrun: the guest died; see {self.options.console}", file=sys.stderr)
            return DIED
        return self.status

    def copy_output(self):
        sys.stdout.buffer.write(self.output.read())
        sys.stdout.buffer.flush()

    def serve(self, monitor, control):
        for disk in self.usb.values():
            if disk.plugged_at_boot:
                disk.plug(monitor)
        events = selectors.DefaultSelector()
        events.register(control, selectors.EVENT_READ)
        pending = b""
        while self.process.poll() is None:
            self.copy_output()
            if time.monotonic() > self.deadline:
                return self.time_out()
            if not events.select(0.1):
                continue
            data = receive(control)
            if not data:  # QEMU is on its way out
                time.sleep(0.1)
            *requests, pending = (pending + data).split(b"\n")
            for request in requests:
                answer(control, self.obey(monitor, request.decode(errors="replace").split()))

    def time_out(self):
        if self.status is None:
            print("vmrun: timed out", file=sys.stderr)
            self.status = TIMED_OUT

    def obey(self, monitor, words):
        """What the guest asks for by vmctl; returns the answer."""
        try:
            match words:
                case ["plug", name]:
                    self.usb[name].plug(monitor)
                case ["unplug", name]:
                    self.usb[name].unplug(monitor)
                case ["exit", status]:
                    self.status = int(status)
                    self.deadline = time.monotonic() + 15  # to sync and power off
                case ["powercut"]:
                    self.process.kill()
                    self.status = POWER_CUT
                case _:
                    return "unknown request"
        except (KeyError, RuntimeError, ValueError) as error:
            return f"{type(error).__name__} {error}"
        return "ok"


def shared_folder(tag, path, more=""):
    escaped = path.replace(",", ",,")
    return ["-fsdev", f"local,id={tag},path={escaped},security_model=none,multidevs=remap{more}",
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def receive(control):
    try:
        return control.recv(4096)
    except ConnectionResetError:
        return b""


def answer(control, text):
    try:
        control.send(text.encode() + b"\n")
    except OSError:
        pass  # the power is cut
