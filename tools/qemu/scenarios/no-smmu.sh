# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: on a machine without an SMMU the module loads, does nothing and unloads
# needs: module
# vm: --iommu none
# qemu: -device edu,dma_mask=0xffffffffff
check module-loads insmod /modules/smmuv3.ko
check no-smmu test -z "$(ls /sys/class/iommu)"
load edu_dma dma_bits=40
wait_for 20 edu_ready
check edu-without-iommu edu_do roundtrip 4096
check module-unloads rmmod smmuv3
check module-loads-again insmod /modules/smmuv3.ko
