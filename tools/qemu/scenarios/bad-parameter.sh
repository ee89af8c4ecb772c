# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: a wrong parameter value is refused with nothing left behind; the right one then works
# needs: module
# qemu: -device edu
refuses on_exit-unknown insmod /modules/smmuv3.ko on_exit=bypass
refuses on_exit-empty insmod /modules/smmuv3.ko on_exit=
refuses disable_msipolling-unknown insmod /modules/smmuv3.ko disable_msipolling=maybe
check nothing-left test ! -e /sys/module/smmuv3
insert_driver on_exit=firmware disable_msipolling=1 || return
check parameter-readable grep -q firmware /sys/module/smmuv3/parameters/on_exit
edu_works DMA
