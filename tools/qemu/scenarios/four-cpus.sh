# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: four processors share the command queue while a disk works
# vm: --smp 4 --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
insert_driver || return
edu_works DMA
edu_stress 4 2000 4096 &
nvme_works
wait
edu_stress 8 500 65536
