# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154,SC1091
# claim: hibernation with root and swap behind the SMMU: the machine restarts, every register is lost, files are whole
# long: yes
# needs: module
# vm: --cpu max,pauth-impdef=on,sve=off,lpa2=off --append iommu.strict=1 --append cryptomgr.notests --append nokaslr --append watchdog_thresh=60 --append rcupdate.rcu_cpu_stall_timeout=60 --append no_console_suspend --memory 512M --scratch swap:1G --scratch disk --timeout 400
# qemu: -action reboot=reset -device edu -device virtio-blk-pci,drive=swap,iommu_platform=on,disable-legacy=on -device virtio-blk-pci,drive=disk,iommu_platform=on,disable-legacy=on
# modules: virtio_blk ext4
# Without LPA2, because Debian's 6.12 crashes in trans_pgd_create_copy() where the processor has it.
. /lib/pm.sh
if ! root_is /dev/vdb; then
	insert_driver runtime_pm=on || return
	load virtio_blk
	wait_for 20 test -b /dev/vdb || { result disks fail "no /dev/vdb"; return; }
	# The second boot finds an image in the swap and becomes the first one again, or goes on here.
	if [ "$(dd if=/dev/vda bs=1 skip=4086 count=9 2>/dev/null)" = S1SUSPEND ]; then
		info image found
		cat /sys/block/vda/dev >/sys/power/resume
		result hibernate fail "the image was not resumed"
		return
	fi
	load ext4
	become_root /dev/vdb
	return
fi

check root-behind-smmu root_is /dev/vdb
edu_works DMA
mkswap /dev/vda >/dev/null
swapon /dev/vda || { result swap fail "no swap on /dev/vda"; return; }
let_pci_suspend
make_data
boot="$(cat /proc/sys/kernel/random/boot_id)"

# hibernate MODE: 0 when this kernel goes on.
hibernate()
{
	echo 0 >/sys/power/image_size
	echo "$1" >/sys/power/disk
	before="$(smmu_power suspends)"
	echo disk >/sys/power/state || return 1
	slept 1
}

# Each level goes a step further and back again; the SMMU is suspended from "platform" on.  Linux waits for five seconds
# in each with a loop, which a busy host makes longer: the watchdogs wait, too.
level_works()
{
	before="$(smmu_power suspends)"
	echo "$1" >/sys/power/pm_test && echo disk >/sys/power/state && slept "$2"
}
check level-devices level_works devices 0
check level-platform level_works platform 1
check level-core level_works core 1
check disk-after-levels data_whole
echo none >/sys/power/pm_test
check hibernate-and-back hibernate test_resume
check disk-after-test data_whole
info hibernating
check hibernate hibernate reboot
check same-boot test "$(cat /proc/sys/kernel/random/boot_id)" = "$boot"
check disk-after-hibernation data_whole
check edu-after-hibernation edu_do roundtrip 4096
check no-fault test "$(smmu_stat events)" = 0
check no-rollback test "$(smmu_power rollbacks)" = 0
