# Run by init.sh: makes the root under /new ready for PID 1, which is systemd or the command itself.
# shellcheck shell=sh disable=SC2034,SC2154  # init.sh uses $init; $p9 comes from init.sh; $systemd, $target, $shares and $masked from vmrun
: >/new/etc/fstab
: >/new/etc/crypttab
echo vm >/new/etc/hostname
bb rm -f /new/.dockerenv # systemd would take this for a container
# Debian's tmpfiles.d empties /tmp at boot: the tree under test may be there.
bb mkdir -p /new/etc/tmpfiles.d
bb ln -sf /dev/null /new/etc/tmpfiles.d/tmp.conf
for share in $shares; do
  folder=$(bb cat "/new/run/vm/$share")
  bb mkdir -p "/new$folder"
  bb mount -t 9p -o "$p9" "$share" "/new$folder"
done
[ -d /new/run/vm/overlay ] && bb cp -r /new/run/vm/overlay/. /new/

prepare_systemd() {
  init=/lib/systemd/systemd
  units=/new/run/systemd/system
  bb mkdir -p $units/emergency.service.d
  bb cat >$units/vm.target <<END
[Unit]
Requires=basic.target
Wants=$target vm.service
AllowIsolate=yes
END
  bb cat >$units/vm.service <<END
[Unit]
After=$target
[Service]
Type=exec
ExecStart=/run/vm/command.sh
END
  bb cat >$units/emergency.service.d/vm.conf <<END
[Service]
ExecStartPre=
ExecStart=
ExecStart=/bin/sh -c 'systemctl --failed >>/run/vm/out; exec /run/vm/vmctl exit 126'
END
  for unit in $masked; do bb ln -sf /dev/null "$units/$unit"; done
  generators=/new/run/systemd/system-generators
  bb mkdir -p $generators
  for generator in /new/lib/systemd/system-generators/*; do
    case $generator in
      *fstab* | *cryptsetup*) ;;
      *) bb ln -s /dev/null "$generators/${generator##*/}" ;;
    esac
  done
  bb mkdir -p /new/run/systemd/journald.conf.d
  printf '[Journal]\nStorage=volatile\n' >/new/run/systemd/journald.conf.d/vm.conf
}

prepare_command() {
  init=/run/vm/command.sh
  bb mkdir -p /new/dev/pts /new/dev/shm
  bb mount -t devpts -o mode=620,ptmxmode=666,gid=5 devpts /new/dev/pts
  bb mount -t tmpfs -o mode=1777 shm /new/dev/shm
  bb mount -t cgroup2 cgroup2 /new/sys/fs/cgroup
  bb ip link set lo up
  bb hostname vm
}

if [ "$systemd" = 1 ]; then prepare_systemd; else prepare_command; fi
