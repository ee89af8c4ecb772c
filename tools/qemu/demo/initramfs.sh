# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC1091
# The demonstration's first half, in the initramfs: the module first of all, then the root disk.
. /lib/pm.sh

# left_out SECONDS: a device that sleeps maps and unmaps for so long.
left_out()
{
	before="$(smmu_stat elided)"
	echo 1 >"$(edu_pm_file "$edu" churn)"
	sleep "$1"
	echo 0 >"$(edu_pm_file "$edu" churn)"
	echo "$(($(smmu_stat elided) - before)) invalidations left out, the SMMU is $(smmu_power state)"
	[ "$(smmu_stat elided)" -gt "$before" ] && smmu_is suspended
}

# While the root disk is away, all devices behind the SMMU can sleep: virtio has no runtime PM.
suspends_and_resumes()
{
	echo 1 >"/sys/bus/pci/devices/$(pci_find 1af4 1042)/remove"
	load edu_pm
	edu="$(pm_edus)"
	let_pci_suspend
	check smmu-goes-off smmu_becomes suspended
	check invalidations-left-out left_out 1
	echo on >"/sys/bus/pci/devices/$edu/power/control"
	check smmu-comes-back smmu_becomes active
	rmmod edu_pm
	echo 1 >/sys/bus/pci/rescan
}

insert_driver runtime_pm=on || return
cmdline_has driver=intree || suspends_and_resumes
load virtio_blk
load ext4
wait_for 20 test -b /dev/vda || { result root-mounted fail "no /dev/vda"; return; }
mount -t ext4 /dev/vda /root || { result root-mounted fail "/dev/vda is no ext4"; return; }
for name in nvme e1000e edu_dma; do load "$name"; done
for dir in proc sys dev tmp; do mount -o move "/$dir" "/root/$dir" || mount --move "/$dir" "/root/$dir"; done
exec switch_root /root /sbin/init
