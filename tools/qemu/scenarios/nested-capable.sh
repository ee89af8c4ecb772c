# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: an SMMU with both stages (QEMU 10): stage 1 is chosen and devices work
# needs: qemu10
# vm: --scratch disk
# qemu: -global arm-smmuv3.stage=nested -device edu -device nvme,drive=disk,serial=1
# modules: nvme
insert_driver || return
edu_works DMA
nvme_works
edu_stress 2 1000 4096
