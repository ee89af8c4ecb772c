# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: kexec leaves a root on its empty context, and the module of the second kernel takes it over
# long: yes
# needs: module
# kexec: yes
# vm: --cpu max,pauth-impdef=on,sve=off,lpa2=off --iommu none --append irqchip.gicv3_nolpi=y
# dts: ipmmu.dts
# Without LPA2, because of which Debian's 6.12 crashes in trans_pgd_create_copy(), and without LPIs, whose pending
# tables the GIC would write into memory of the second kernel.
root=7ff00000.iommu

# The registers of this root are plain memory: the second kernel reads what the first one left.
imctr1_is()
{
	imctr1="$(devmem 0x7ff00040)"
	echo "IMCTR of context 1 is $imctr1"
	[ $((imctr1)) = $(($1)) ]
}
bound()
{
	[ -e "/sys/bus/platform/drivers/ipmmu-vmsa/$root" ]
}

if cmdline_has second; then
	check blocked imctr1_is 0x3
else
	check nothing-yet imctr1_is 0x0
fi
check insert load ipmmu
check bound wait_for 10 bound
check contexts-off imctr1_is 0x0
cmdline_has second && { result second-kernel pass; return; }
kexec_load -l "$(cat /proc/cmdline) second"
kexec -e
result kexec fail "the second kernel did not start"
