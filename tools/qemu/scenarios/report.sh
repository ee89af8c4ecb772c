# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: smmuv3-report shows versions, decoded ID registers, counters, clients, who keeps the SMMU on, and faults
# needs: module
# vm: --events --append iommu.strict=1
# qemu: -device edu
. /lib/pm.sh
export SMMUV3_SHARE=/lib/smmuv3

# says NAME TEXT: whether the report has a line with that.
says()
{
	check "$1" grep -e "$2" /tmp/report
}

insert_driver runtime_pm=on || return
edu_works DMA
edu_do bad_read 0xbad000 >/dev/null
wait_for 10 dmesg_has 'event: F_TRANSLATION'
check report sh -c 'smmuv3-report >/tmp/report'
while read -r line; do info "report $line"; done </tmp/report
says kernel "^Linux $(uname -r) "
says parameter '^/sys/module/smmuv3/parameters/runtime_pm: on$'
says iommu '^== IOMMU 9050000.smmuv3, driver arm-smmu-v3, module smmuv3$'
says raw-register '^IDR0 0x0*[1-9a-f]'
says decoded-register '^  IDR0: stage1.* tables AArch64'
says decoded-granules 'granules 4K 16K 64K'
says counter '^events 1$'
says residency '^active of the time [0-9.]*%$'
says client "^client $(edu_pci) driver edu_dma group [0-9]* DMA"
says kept-on "^kept on by $(edu_pci): "
says fault 'event: F_TRANSLATION .*iova: 0xbad000'
