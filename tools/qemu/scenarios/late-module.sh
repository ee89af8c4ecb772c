# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: a device that was probed before the module is named, its DMA aborts, and added again it works
# needs: module
# vm: --events --append deferred_probe_timeout=0
# qemu: -device edu,dma_mask=0xffffffff
load edu_dma dma_bits=32
wait_for 20 edu_ready
check without-iommu edu_do roundtrip 8192
insert_driver || return
check named dmesg_has "smmuv3: $(edu_pci) was bound to driver edu_dma before this SMMU: its DMA aborts"
check no-group test ! -e "/sys/bus/pci/devices/$(edu_pci)/iommu_group"
refuses dma-aborts edu_do roundtrip 8192
# Bound again without that, it works, too, but Linux 7.2 warns.
rmmod edu_dma
echo 1 >"/sys/bus/pci/devices/$(edu_pci)/remove"
echo 1 >/sys/bus/pci/rescan
edu_works DMA
