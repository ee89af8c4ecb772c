# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: UEFI and ACPI (IORT) instead of a device tree: the SMMU is found and devices work
# vm: --acpi --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme

# What udev looks for when it sees the SMMU.
loads_for()
{
	read -r modalias <"$1/modalias"
	echo "$modalias"
	grep -q "alias=$modalias" /modules/smmuv3.ko
}

check booted-with-acpi test -e /sys/firmware/acpi/tables/IORT
cmdline_has driver=intree || check loads-by-itself loads_for /sys/bus/platform/devices/arm-smmu-v3.*
insert_driver || return
edu_works DMA
nvme_works
