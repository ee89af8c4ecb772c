# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: a device that was probed before the module is named, its DMA aborts, and bound again it works
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
check seen-as-event dmesg_has 'event: C_BAD_STREAMID\|event: F_'
rmmod edu_dma
edu_works DMA
