# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The demonstration's first half, in the initramfs: the module first of all, then the root disk.
insert_driver || return
load virtio_blk
load ext4
wait_for 20 test -b /dev/vda || { result root-mounted fail "no /dev/vda"; return; }
mount -t ext4 /dev/vda /root || { result root-mounted fail "/dev/vda is no ext4"; return; }
for name in nvme e1000e edu_dma; do load "$name"; done
for dir in proc sys dev tmp; do mount -o move "/$dir" "/root/$dir" || mount --move "/$dir" "/root/$dir"; done
exec switch_root /root /sbin/init
