# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: Debian's PREEMPT_RT kernel: nothing sleeps where it must not
# flavour: rt-arm64
# vm: --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
check kernel-rt sh -c 'uname -v | grep PREEMPT_RT'
insert_driver || return
edu_works DMA
nvme_works
edu_stress 4 1000 4096
