# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: a kernel built by clang with kCFI, shadow call stack and BTI: indirect calls of both sides pass
# flavour: built-kcfi
# needs: module 6.12 built
# vm: --scratch disk --timeout 600 --events --append printk.time=1
# qemu: -device edu -device nvme,drive=disk,serial=1
. /lib/pm.sh
check kernel-clang grep clang /proc/version
check kernel-kcfi grep -w report_cfi_failure /proc/kallsyms
insert_driver runtime_pm=on || return
edu_works DMA
nvme_works
edu_stress 4 1000 4096
check bad-dma edu_do bad_read 0xbad000
check bad-dma-decoded fault_decoded F_TRANSLATION bad000
edu_cycles_power
