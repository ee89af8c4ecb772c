# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: wrong values of the power parameters are refused with a sentence, right ones can be read back
# needs: module
# qemu: -device edu
. /lib/pm.sh
refuses runtime_pm-unknown insmod /modules/smmuv3.ko runtime_pm=foo
check runtime_pm-said dmesg_has 'smmuv3: runtime_pm=foo: must be one of: auto on off'
refuses runtime_pm-empty insmod /modules/smmuv3.ko runtime_pm=
refuses resume_failure-unknown insmod /modules/smmuv3.ko resume_failure=foo
check resume_failure-said dmesg_has 'smmuv3: resume_failure=foo: must be one of: panic isolate'
check nothing-left test ! -e /sys/module/smmuv3
insert_driver resume_failure=isolate || return
parameters=/sys/module/smmuv3/parameters
check runtime_pm-default grep -q auto $parameters/runtime_pm
check resume_failure-readable grep -q isolate $parameters/resume_failure
echo panic >$parameters/resume_failure
check resume_failure-changed grep -q panic $parameters/resume_failure
refused_later()
{
	! echo foo >"$parameters/resume_failure"
}
check resume_failure-refused refused_later
check resume_failure-kept grep -q panic $parameters/resume_failure
# QEMU's SMMU has no power domain, so that "auto" keeps it on whatever its clients do.
edu_works DMA
let_pci_suspend
sleep 1
check auto-stays-on smmu_is active
