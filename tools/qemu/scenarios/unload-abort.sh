# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: unloaded with on_exit=abort when nothing depends on it, the module leaves all DMA aborted; it can come back
# needs: module qemu10
# qemu: -device edu
insert_driver on_exit=abort || return
edu_works DMA
unload_idle
check smmu-off smmu_register_has 0x20 0x1 0x0
check gbpa-abort smmu_register_has 0x44 0x100000 0x100000
insert_driver || return
echo 1 >/sys/bus/pci/rescan
edu_works DMA
