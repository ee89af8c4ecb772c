# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: with the in-tree driver bound, the module is refused clearly and nothing breaks
# needs: module
# vm: --driver both
# qemu: -device edu
check intree-bound wait_for 10 driver_bound
edu_works DMA
refuses module-refused insmod /modules/smmuv3.ko
check says-why dmesg_has 'smmuv3: .*initcall_blacklist=arm_smmu_driver_init'
check nothing-left test ! -e /sys/module/smmuv3
check edu-after edu_do roundtrip 4096
