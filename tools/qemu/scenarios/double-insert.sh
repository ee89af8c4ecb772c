# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: the module inserted a second time is refused, under either name of the file
# needs: module
# qemu: -device edu
insert_driver || return
edu_works DMA
cp /modules/smmuv3.ko /tmp/again.ko
refuses same-file insmod /modules/smmuv3.ko
refuses other-file insmod /tmp/again.ko
check edu-after edu_do roundtrip 4096
