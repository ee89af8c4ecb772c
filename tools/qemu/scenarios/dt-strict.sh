# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: device tree, strict invalidation: DMA, an NVMe disk and map/unmap from two threads work
# vm: --append iommu.strict=1 --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
insert_driver || return
edu_works DMA
nvme_works
edu_stress 2 2000 4096
edu_stress 2 200 262144
