# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: on_exit=firmware gives GBPA back as it was before the module came
# needs: module qemu10
# qemu: -device edu
before="$(devmem 0x09050044)"
info gbpa-before "$before"
insert_driver on_exit=firmware || return
edu_works DMA
unload_idle
check smmu-off smmu_register_has 0x20 0x1 0x0
check gbpa-as-before smmu_register_has 0x44 0xffffffff "$before"
