# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034
# claim: PCI devices removed by sysfs or by their slot come back, or others do, and DMA works again
# vm: --scratch disk
# qemu: -device edu -device pcie-root-port,id=rp0,chassis=1 -device nvme,drive=disk,serial=1,bus=rp0,id=disk0
# modules: nvme
insert_driver || return
edu_works DMA
first="$(edu_pci)"
echo 1 >"/sys/bus/pci/devices/$first/remove"
check edu-removed test ! -e "/sys/bus/pci/devices/$first"
echo 1 >/sys/bus/pci/rescan
edu_works DMA
nvme_works
nvme_gone()
{
	[ -z "$(pci_find 1b36 0010)" ]
}
dd if=/dev/nvme0n1 of=/dev/null bs=64k 2>/dev/null &
log "HOST device_del disk0"
check nvme-unplugged wait_for 30 nvme_gone
# Linux 7.3 suspends an empty port, and QEMU's then does not report that a device is plugged, with either driver.
echo on >"/sys/bus/pci/devices/$(pci_find 1b36 000c)/power/control"
# The slot needs a moment after its power is off.
sleep 3
log "HOST device_add edu,bus=rp0,id=edu1"
second_edu()
{
	[ "$(pci_find 1234 11e8 | wc -l)" = 2 ]
}
check edu-plugged wait_for 30 second_edu
edu_address="$(pci_find 1234 11e8 | grep -v "$first")"
edu_works DMA
