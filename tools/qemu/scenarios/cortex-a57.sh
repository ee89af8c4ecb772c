# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: a processor with erratum 832075 and without LSE atomics: the module's instructions are patched for it
# vm: --cpu cortex-a57
# qemu: -device edu
check has-erratum dmesg_has 'ARM erratum 832075'
insert_driver || return
edu_works DMA
edu_stress 4 1000 4096
