# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: hibernation to a disk behind the SMMU: the machine restarts, every register is lost, files are whole
# needs: module
# vm: --cpu max,pauth-impdef=on,sve=off,lpa2=off --append iommu.strict=1 --append cryptomgr.notests --append nokaslr --append no_console_suspend --events --memory 512M --scratch swap:1G --scratch disk --timeout 300
# qemu: -action reboot=reset -device edu -device virtio-blk-pci,drive=swap,iommu_platform=on,disable-legacy=on -device virtio-blk-pci,drive=disk,iommu_platform=on,disable-legacy=on
# modules: virtio_blk ext4
# Without LPA2, because Debian's 6.12 crashes in trans_pgd_create_copy() where the processor has it.
. /lib/pm.sh
insert_driver runtime_pm=on || return
load virtio_blk
wait_for 20 test -b /dev/vdb || { result disks fail "no /dev/vdb"; return; }

# The second boot finds an image in the swap, and becomes the first one again; or goes on here.
if [ "$(dd if=/dev/vda bs=1 skip=4086 count=9 2>/dev/null)" = S1SUSPEND ]; then
	info image found
	cat /sys/block/vda/dev >/sys/power/resume
	result hibernate fail "the image was not resumed"
	return
fi

load edu_pm
load ext4
let_pci_suspend
edu="$(pm_edus)"
mkswap /dev/vda >/dev/null
swapon /dev/vda || { result swap fail "no swap on /dev/vda"; return; }
mke2fs /dev/vdb >/dev/null 2>&1
mkdir -p /mnt
mount -t ext4 /dev/vdb /mnt || { result disk fail "no file system on /dev/vdb"; return; }
dd if=/dev/urandom of=/mnt/data bs=64k count=64 2>/dev/null
sum="$(sha256sum </mnt/data)"
boot="$(cat /proc/sys/kernel/random/boot_id)"

disk_whole()
{
	dd if=/mnt/data of=/mnt/copy bs=64k conv=fsync 2>/dev/null || return 1
	echo 3 >/proc/sys/vm/drop_caches
	echo "4 MB, sha256 ${sum%% *}"
	[ "$(sha256sum </mnt/data)" = "$sum" ] && [ "$(sha256sum </mnt/copy)" = "$sum" ]
}

# hibernate MODE: 0 when this kernel goes on.
hibernate()
{
	echo 0 >/sys/power/image_size
	echo "$1" >/sys/power/disk
	before="$(smmu_power suspends)"
	echo disk >/sys/power/state || return 1
	echo "$(($(smmu_power suspends) - before)) suspends, SMMU $(smmu_power state)"
	[ "$(smmu_power suspends)" -gt "$before" ] && smmu_is active
}

for level in freezer devices platform core; do
	echo "$level" >/sys/power/pm_test
	echo disk >/sys/power/state
	check "level-$level" disk_whole
done
echo none >/sys/power/pm_test
check hibernate-and-back hibernate test_resume
check disk-after-test disk_whole
info hibernating
check hibernate hibernate reboot
check same-boot test "$(cat /proc/sys/kernel/random/boot_id)" = "$boot"
check disk-after-hibernation disk_whole
check no-fault test "$(smmu_stat events)" = 0
check no-rollback test "$(smmu_power rollbacks)" = 0
umount /mnt
swapoff /dev/vda
for address in $(pci_find 1af4 1042); do echo 1 >"/sys/bus/pci/devices/$address/remove"; done
check edu-after-all edu_pm_cycles "$edu" 3 60
