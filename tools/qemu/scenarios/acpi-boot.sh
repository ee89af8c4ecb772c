# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: UEFI and ACPI (IORT) instead of a device tree: the SMMU is found and devices work
# vm: --acpi --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
check booted-with-acpi test -e /sys/firmware/acpi/tables/IORT
insert_driver || return
edu_works DMA
nvme_works
