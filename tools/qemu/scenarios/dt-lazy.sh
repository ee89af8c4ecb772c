# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: lazy invalidation (iommu.strict=0): the domain is DMA-FQ and devices work
# vm: --append iommu.strict=0 --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
insert_driver || return
edu_works DMA-FQ
nvme_works
edu_stress 2 2000 4096
