# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2044,SC1091,SC2154
# claim: a SATA disk and its controller suspend by themselves, the SMMU with them; files before and after are whole
# long: yes
# needs: module
# vm: --append iommu.strict=1 --append cryptomgr.notests --scratch disk --timeout 240
# qemu: -device ich9-ahci,id=sata -device ide-hd,drive=disk,bus=sata.0
# modules: ahci sd_mod
# A USB disk sleeps as well, but not QEMU's xHCI behind it: Linux lets one without PME sleep never.
. /lib/pm.sh
insert_driver runtime_pm=on || return
sata_disk || return

# The usual way for a user: everything that can suspend may.
let_all_suspend()
{
	let_pci_suspend
	for pm_file in $(find /sys/devices/platform/*.pcie/ -type d -name power); do
		echo 100 >"$pm_file/autosuspend_delay_ms"
		echo auto >"$pm_file/control"
	done 2>/dev/null
}

# Polling for media would wake the disk every two seconds.
echo 0 >/sys/block/sda/events_poll_msecs 2>/dev/null
let_all_suspend
sata="/sys/bus/pci/devices/$(pci_find 8086 2922)"
everything_sleeps()
{
	wait_for 40 smmu_is suspended
	echo "SATA $(cat "$sata/power/runtime_status"), SMMU $(smmu_power state), $(smmu_power suspends) suspends"
	[ "$(cat "$sata/power/runtime_status")" = suspended ] && smmu_is suspended
}
check sata-sleeps everything_sleeps

dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null
sum="$(sha256sum </tmp/data)"
same()
{
	echo 3 >/proc/sys/vm/drop_caches
	same_sum="$(dd if=/dev/sda bs=64k skip="$1" count=16 2>/dev/null | sha256sum)"
	echo "1 MB at $1, sha256 ${same_sum%% *}"
	[ "$same_sum" = "$sum" ]
}
for round in 0 1 2 3; do
	before="$(smmu_power suspends)"
	dd if=/tmp/data of=/dev/sda bs=64k seek=$((round * 16)) conv=fsync 2>/dev/null
	check "sleeps-after-write-$round" everything_sleeps
	check "read-after-sleep-$round" same $((round * 16))
	check "sleeps-after-read-$round" everything_sleeps
	check "slept-twice-$round" test "$(smmu_power suspends)" -ge $((before + 2))
done
for round in 0 1 2 3; do check "read-at-the-end-$round" same $((round * 16)); done
