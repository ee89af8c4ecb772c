#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The demonstration's second half: process 1 on the real root, an ext4 disk behind the SMMU.
/bin/busybox --install -s /bin
export PATH=/bin
# shellcheck source=/dev/null
. /lib/guest.sh
# shellcheck source=/dev/null
. /lib/pm.sh

ext4_root()
{
	grep '^/dev/vda / ext4 ' /proc/mounts
}

# A file of 4 MB: written, the cache dropped, read back.
file_survives()
{
	dd if=/dev/urandom of=/tmp/data bs=64k count=64 2>/dev/null
	cp /tmp/data /file && sync || return 1
	echo 3 >/proc/sys/vm/drop_caches
	sum="$(sha256sum </file)"
	echo "4 MB, sha256 ${sum%% *}"
	[ "$sum" = "$(sha256sum </tmp/data)" ]
}

no_fault()
{
	fault_lines | head -n 1
	[ "$(fault_count)" = 0 ]
}

# The module's own counters where it shows them, or what the log says.
counters()
{
	for stats in /sys/kernel/debug/smmuv3/*/stats; do
		[ -e "$stats" ] || continue
		while read -r key value; do info "counter $key $value"; done <"$stats"
	done
	info "faults-in-log $(fault_count)"
}

# domain NAME VENDOR DEVICE
domain()
{
	address="$(pci_find "$2" "$3" | head -n 1)"
	info "domain $1 $address $(domain_type "$address")"
}

check root-ext4-on-virtio ext4_root
check file-on-root file_survives
check nvme-disk disk_works /dev/nvme0n1
wait_for 20 edu_ready
check edu-dma edu_do roundtrip 8192
check network-e1000e net_works eth0
if ! cmdline_has driver=intree; then
	make_data
	# shellcheck disable=SC2034 # slept() uses it
	before="$(smmu_power suspends)"
	check suspend-to-idle sleep_once 2
	check smmu-was-off slept 1
	check root-after-sleep data_whole
	check nvme-after-sleep disk_works /dev/nvme0n1
fi
check no-fault-so-far no_fault
check bad-dma-done edu_do bad_read 0xbad000
check bad-dma-decoded fault_decoded F_TRANSLATION bad000
check edu-dma-after edu_do roundtrip 4096

domain root 1af4 1042
domain nvme 1b36 0010
domain edu 1234 11e8
domain network 8086 10d3
counters
sync
mount -o remount,ro /
end
