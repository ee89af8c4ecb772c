# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: unloaded, the module leaves GBPA as it was before it came, and a disk that comes then works without it
# needs: module qemu10
# vm: --append deferred_probe_timeout=0 --scratch disk
# qemu: -device nvme,drive=disk,serial=1
# modules: nvme
before="$(devmem 0x09050044)"
info gbpa-before "$before"
insert_driver || return
nvme_works
unload_idle
check smmu-off smmu_register_has 0x20 0x1 0x0
check gbpa-as-before smmu_register_has 0x44 0xffffffff "$before"
echo 1 >/sys/bus/pci/rescan
wait_for 20 test -b /dev/nvme0n1
check without-iommu test ! -e "/sys/class/nvme/nvme0/device/iommu_group"
nvme_works
