# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: one processor is enough: nothing waits for another one
# vm: --smp 1 --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
insert_driver || return
edu_works DMA
nvme_works
edu_stress 4 1000 4096
