# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: garbage in every register of a suspended SMMU does no harm: resume assumes nothing
# needs: module
# vm: --events --append iommu.strict=1 --append cryptomgr.notests --timeout 180
# qemu: -device edu
. /lib/pm.sh
insert_driver runtime_pm=on || return
load edu_pm
let_pci_suspend
echo 0 >"$(smmu_sysfs)/power/autosuspend_delay_ms"
edu="$(pm_edus)"
check cycles edu_pm_cycles "$edu" 5 60
echo Y >"$(edu_pm_file "$edu" scramble)"
check cycles-scrambled edu_pm_cycles "$edu" 60 150
all_scrambled()
{
	echo "$(edu_pm_status "$edu" scrambles) times"
	[ "$(edu_pm_status "$edu" scrambles)" = 60 ]
}
check scrambled all_scrambled
check no-error-left test "$(smmu_stat gerrors)" = 0
check no-rollback test "$(smmu_power rollbacks)" = 0
check suspends-again smmu_becomes suspended
