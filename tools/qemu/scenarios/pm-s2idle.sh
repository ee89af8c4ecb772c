# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154,SC1091
# claim: suspend to idle with the root disk behind the SMMU: woken by the RTC, tested by level, or aborted
# long: yes
# needs: module
# vm: --events --append iommu.strict=1 --append cryptomgr.notests --append no_console_suspend --scratch disk --timeout 300
# qemu: -device edu -device edu -device virtio-blk-pci,drive=disk,iommu_platform=on,disable-legacy=on
# modules: virtio_blk ext4
. /lib/pm.sh

if ! root_is /dev/vda; then
	insert_driver runtime_pm=on || return
	load edu_pm
	# Without the disk the SMMU is suspended already when sleep begins, and is again after it.
	echo 1 >"/sys/bus/pci/devices/$(pci_find 1af4 1042)/remove"
	let_pci_suspend
	check suspends smmu_becomes suspended
	check sleep-while-suspended sleep_once 2
	check still-suspended smmu_becomes suspended
	check edu-after-that edu_pm_cycles "$(pm_edus | head -n 1)" 3 60
	echo 1 >/sys/bus/pci/rescan
	load virtio_blk
	load ext4
	wait_for 20 test -b /dev/vda || { result disk fail "no /dev/vda"; return; }
	become_root /dev/vda
	return
fi

edu="$(pm_edus | head -n 1)" other="$(pm_edus | tail -n 1)"
events="$(smmu_stat events)"
# The disk is never idle in the eyes of runtime PM: from here the SMMU is on but for system sleep.
check root-behind-smmu root_is /dev/vda
let_pci_suspend
make_data
echo 1 >"$(edu_pm_file "$other" churn)"
elided="$(smmu_stat elided)"
for round in 1 2 3; do
	before="$(smmu_power suspends)"
	check "sleep-$round" sleep_once 2
	check "smmu-slept-$round" slept 1
	check "disk-$round" data_whole
done
echo 0 >"$(edu_pm_file "$other" churn)"
check elided-asleep is_counted $(($(smmu_stat elided) - elided))

# Each level goes a step further and back again; the SMMU is suspended from "platform" on.
level_works()
{
	before="$(smmu_power suspends)"
	echo "$1" >/sys/power/pm_test && echo freeze >/sys/power/state && slept "$2"
}
echo 0 >/sys/module/suspend/parameters/pm_test_delay
check level-freezer level_works freezer 0
check level-devices level_works devices 0
check level-platform level_works platform 1
check disk-after-levels data_whole
echo none >/sys/power/pm_test

# A wake-up, or a device that can't sleep, while the devices go down: the SMMU, after them all, stays on.
# The device must be awake for that: what sleeps already is not told of system sleep.
echo on >"/sys/bus/pci/devices/$edu/power/control"
echo 0 >/sys/class/rtc/rtc0/wakealarm
aborted()
{
	before="$(smmu_power suspends)"
	! echo freeze >/sys/power/state || return 1
	slept 0
}
for reason in wake refuse; do
	echo Y >"$(edu_pm_file "$edu" $reason)"
	for round in 1 2 3; do
		check "aborted-by-$reason-$round" aborted
		check "disk-after-$reason-$round" data_whole
	done
	echo N >"$(edu_pm_file "$edu" $reason)"
done
echo auto >"/sys/bus/pci/devices/$edu/power/control"
before="$(smmu_power suspends)"
check sleep-after-aborts sleep_once 2
check smmu-slept-after-aborts slept 1
check disk-after-aborts data_whole
check no-fault test "$(smmu_stat events)" = "$events"
