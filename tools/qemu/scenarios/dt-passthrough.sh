# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: iommu.passthrough=1: the domain is identity and a wide device does DMA untranslated
# vm: --append iommu.passthrough=1 --scratch disk
# qemu: -device edu,dma_mask=0xffffffffff -device nvme,drive=disk,serial=1
# modules: nvme
insert_driver || return
load edu_dma dma_bits=40
edu_works identity
nvme_works
