# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: a PCI device may be removed and come back, by sysfs and by its slot, and does DMA again
# vm: --scratch disk
# qemu: -device edu -device pcie-root-port,id=slot,chassis=1 -device nvme,drive=disk,serial=1,bus=slot,id=disk0
# modules: nvme
insert_driver || return
edu_works DMA
edu_address="$(pci_find 1234 11e8)"
echo 1 >"/sys/bus/pci/devices/$edu_address/remove"
check edu-removed test ! -e "/sys/bus/pci/devices/$edu_address"
echo 1 >/sys/bus/pci/rescan
edu_works DMA
nvme_works
nvme_gone()
{
	[ -z "$(pci_find 1b36 0010)" ]
}
log "HOST device_del disk0"
check nvme-unplugged wait_for 30 nvme_gone
check edu-after-unplug edu_do roundtrip 4096
