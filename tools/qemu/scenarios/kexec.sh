# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: after kexec, a second kernel finds the SMMU safely shut down and drives it again
# long: yes
# kexec: yes
# vm: --acpi --cpu max,pauth-impdef=on,sve=off,lpa2=off --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
# UEFI, because only its memory map tells a second kernel which pages the GIC still uses; without
# LPA2, because Debian's 6.12 crashes in trans_pgd_create_copy() where the processor has it.
insert_driver || return
edu_works DMA
nvme_works
cmdline_has second && { result second-kernel pass; return; }
kexec_load -l "$(cat /proc/cmdline) second"
kexec -e
result kexec fail "the second kernel did not start"
