#!/bin/busybox sh
# shellcheck shell=dash disable=SC1091,SC2154  # what prepare.sh sets
# /init of the first root in memory: mounts the host's root with a writable layer over it, and hands over to it.
bb() { /bin/busybox "$@"; }
bb mount -t proc proc /proc
bb mount -t sysfs sys /sys
bb mount -t devtmpfs dev /dev
load() { while read -r module; do bb insmod "$module"; done <"$1"; }
load /modules
bb grep -q vm.lasting /proc/cmdline && lasting=yes && load /modules.lasting
export p9=trans=virtio,version=9p2000.L,msize=512000

bb mount -t 9p -o "$p9,ro,cache=loose" root /lower || exit 1
if [ "$lasting" ]; then
  bb mount -t ext4 /dev/vda /layer || exit 1
else
  bb mount -t tmpfs -o mode=755,size=75% layer /layer || exit 1
fi
bb mkdir -p /layer/upper /layer/work
bb mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work root /new || exit 1

for folder in proc sys dev; do bb mount --move /$folder /new/$folder; done
bb mount -t tmpfs -o mode=755 run /new/run
bb mkdir -p /new/run/vm
bb mount -t 9p -o "$p9" vm /new/run/vm || exit 1
. /new/run/vm/settings
. /new/run/vm/prepare.sh
exec /bin/busybox switch_root /new "$init"
