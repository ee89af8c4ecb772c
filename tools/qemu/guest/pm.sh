# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# What the scenarios of power management use, after lib.sh.

# An SMMU is on while one device behind it is: the host bridge and the ports count, too.
let_pci_suspend()
{
	for pm_dir in /sys/bus/pci/devices/*; do echo auto >"$pm_dir/power/control"; done
}

# smmu_power KEY, smmu_stat KEY: of debugfs.
smmu_power()
{
	sed -n "s/^$1 //p" /sys/kernel/debug/smmuv3/*/power
}

smmu_stat()
{
	sed -n "s/^$1 //p" /sys/kernel/debug/smmuv3/*/stats
}

smmu_is()
{
	[ "$(smmu_power state)" = "$1" ]
}

# smmu_becomes STATE [SECONDS]
smmu_becomes()
{
	wait_for "${2:-10}" smmu_is "$1"
	echo "$(smmu_power state), suspends $(smmu_power suspends), resumes $(smmu_power resumes)"
	smmu_is "$1"
}

# The SMMU's own directory in sysfs.
smmu_sysfs()
{
	echo /sys/bus/platform/drivers/arm-smmu-v3/*.*
}

# is_counted VALUE: at least 1.
is_counted()
{
	echo "$1"
	[ "${1:-0}" -gt 0 ]
}

# sata_disk: /dev/sda. QEMU's AHCI fails a request, or aborts, if the list of its segments is not contiguous in memory:
# lists are in DMA memory, whose pages are anywhere. Up to 256 KB, with segments of 64 KB, no list crosses a page.
sata_disk()
{
	load ahci
	load sd_mod
	wait_for 30 test -b /dev/sda || { result sata-disk fail "no /dev/sda"; return 1; }
	echo 256 >/sys/block/sda/queue/max_sectors_kb
}

# The devices bound to edu_pm, one address a line.
pm_edus()
{
	for pm_dir in /sys/bus/pci/drivers/edu_pm/0000:*; do echo "${pm_dir##*/}"; done
}

# edu_pm_file ADDRESS NAME
edu_pm_file()
{
	echo "/sys/kernel/debug/edu_pm/$1/$2"
}

# edu_pm_status ADDRESS KEY
edu_pm_status()
{
	sed -n "s/^$2 //p" "$(edu_pm_file "$1" status)"
}

edu_pm_idle()
{
	[ "$(edu_pm_status "$1" running)" = 0 ]
}

# edu_pm_cycles ADDRESS COUNT SECONDS: does them and says how it went.
edu_pm_cycles()
{
	pm_begin="$(uptime_seconds)"
	echo "$2" >"$(edu_pm_file "$1" cycles)"
	wait_for "$3" edu_pm_idle "$1"
	pm_done="$(edu_pm_status "$1" cycles)" pm_error="$(edu_pm_status "$1" error)"
	echo "$pm_done of $2 cycles, error $pm_error, $(($(uptime_seconds) - pm_begin)) s"
	[ "$pm_done" = "$2" ] && [ "$pm_error" = 0 ]
}

# edu_cycles_power: ends DMA and removes the NVMe disk, so that only edu keeps the SMMU on; then power goes and comes.
edu_cycles_power()
{
	rmmod edu_dma
	load edu_pm
	echo 1 >"/sys/bus/pci/devices/$(pci_find 1b36 0010)/remove"
	let_pci_suspend
	check suspends smmu_becomes suspended 60
	check cycles edu_pm_cycles "$(pm_edus)" 5 200
	rmmod edu_pm
	unload_idle
}

# become_root DEVICE: makes a file system there, and starts the scenario again with it as the root.
become_root()
{
	mke2fs "$1" >/dev/null 2>&1
	mkdir -p /mnt
	mount -t ext4 "$1" /mnt || { result root fail "no file system on $1"; return 1; }
	for pm_dir in dev mnt proc run sbin sys tmp; do mkdir "/mnt/$pm_dir"; done
	cp -a /bin /lib /modules /scenario.sh /mnt/
	printf '#!/bin/sh\nexport PATH=/bin\n. /lib/guest.sh\n. /scenario.sh\nend\n' >/mnt/sbin/init
	chmod 755 /mnt/sbin/init
	for pm_dir in dev proc sys tmp; do
		mount -o move "/$pm_dir" "/mnt/$pm_dir" || mount --move "/$pm_dir" "/mnt/$pm_dir"
	done
	exec switch_root /mnt /sbin/init
}

root_is()
{
	grep "^$1 / ext4 " /proc/mounts
}

# A file of 4 MB on the root: /data.
make_data()
{
	dd if=/dev/urandom of=/data bs=64k count=64 2>/dev/null
	pm_sum="$(sha256sum </data)"
	sync
}

# data_whole: copies it, and reads both from the disk again.
data_whole()
{
	dd if=/data of=/copy bs=64k conv=fsync 2>/dev/null || return 1
	echo 3 >/proc/sys/vm/drop_caches
	echo "4 MB, sha256 ${pm_sum%% *}"
	[ "$(sha256sum </data)" = "$pm_sum" ] && [ "$(sha256sum </copy)" = "$pm_sum" ]
}

# sleep_once SECONDS: to idle, until the RTC rings.
sleep_once()
{
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo "+$1" >/sys/class/rtc/rtc0/wakealarm
	echo freeze >/sys/power/state
}

# slept COUNT: the SMMU has been through as many suspends since $before.
slept()
{
	echo "$(($(smmu_power suspends) - before)) suspends of the SMMU, state $(smmu_power state)"
	[ $(($(smmu_power suspends) - before)) = "$1" ] && smmu_is active
}

# pmtest STATUS OPTION...: it must end with that status.
pmtest()
{
	pmtest_wanted="$1" pmtest_status=0
	shift
	SMMUV3_SHARE=/lib/smmuv3 smmuv3-pmtest --out /tmp "$@" >/tmp/pmtest 2>&1 || pmtest_status=$?
	while read -r line; do log "PMTEST $line"; done </tmp/pmtest
	echo "exit status $pmtest_status, $(tail -n 1 /tmp/pmtest)"
	[ "$pmtest_status" = "$pmtest_wanted" ]
}

# says NAME TEXT: whether its output has a line with that.
says()
{
	check "$1" grep -e "$2" /tmp/pmtest
}
