# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: virtio disk and network, e1000e and USB controller all work behind the SMMU
# vm: --scratch disk
# qemu: -device edu -device virtio-blk-pci,drive=disk,iommu_platform=on,disable-legacy=on -netdev user,id=n0,tftp=@PAYLOAD@ -device virtio-net-pci,netdev=n0,iommu_platform=on,disable-legacy=on,romfile= -netdev user,id=n1,tftp=@PAYLOAD@ -device e1000e,netdev=n1,romfile= -device qemu-xhci
# modules: virtio_blk virtio_net e1000e xhci_pci
insert_driver || return
edu_works DMA
load virtio_blk
check virtio-disk disk_works /dev/vda
load virtio_net
check virtio-net net_works eth0
ifconfig eth0 down
load e1000e
check e1000e net_works eth1
load xhci_pci
check xhci-domain expect_domain "$(pci_find 1b36 000d)" DMA
