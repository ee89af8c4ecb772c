# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: Debian's kernel with 16 KiB pages: the 16K granule works
# flavour: arm64-16k
# vm: --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
check kernel-16k sh -c 'uname -r | grep 16k'
insert_driver || return
edu_works DMA
nvme_works
edu_stress 2 500 65536
