# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: disable_msipolling=1: command completion without MSI works as well
# needs: module
# vm: --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
insert_driver disable_msipolling=1 || return
edu_works DMA
nvme_works
edu_stress 2 2000 4096
