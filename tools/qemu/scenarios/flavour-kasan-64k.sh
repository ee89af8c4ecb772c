# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: a kernel with 64K pages, KASAN and lockdep: no bad access, the 64K granule works, the SMMU suspends
# long: yes
# flavour: built-kasan-64k
# needs: module 6.12 built
# vm: --scratch disk --memory 2G --timeout 600 --events --append printk.time=1
# qemu: -device edu -device nvme,drive=disk,serial=1
. /lib/pm.sh
check kernel-kasan dmesg_has 'KernelAddressSanitizer initialized'
check kernel-64k sh -c 'stat -f -c %s /proc | grep -x 65536'
insert_driver runtime_pm=on || return
# What clang adds to each file in which KASAN checks accesses; GCC's name for it is another.
check core-is-checked grep -m 1 'asan\.module_ctor.*\[smmuv3\]' /proc/kallsyms
edu_works DMA
nvme_works
edu_stress 2 200 65536
check bad-dma edu_do bad_read 0xbad0000
check bad-dma-decoded fault_decoded F_TRANSLATION bad0000
edu_cycles_power
