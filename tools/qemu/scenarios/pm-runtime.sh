# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: the SMMU suspends and resumes at run time; after each wake the old address faults, the new one works
# long: yes
# needs: module
# vm: --events --append iommu.strict=1 --append cryptomgr.notests --timeout 240
# qemu: -device edu -device edu -device edu
. /lib/pm.sh
cycles="$(sed -n 's/.* pm_cycles=\([0-9]*\).*/\1/p' /proc/cmdline)"
cycles="${cycles:-150}"

insert_driver runtime_pm=on || return
# Linux 7.2 puts devices without a driver behind the SMMU as well, and PCI functions are on by default.
kernel_is 6.12 || let_pci_suspend
check suspends-without-clients smmu_becomes suspended
load edu_pm
[ "$(pm_edus | wc -l)" = 3 ] || { result edu-pm-load fail "edu_pm.ko has no devices"; return; }
let_pci_suspend
check suspends smmu_becomes suspended
check sysfs-says-so grep -q suspended "$(smmu_sysfs)/power/runtime_status"
echo 0 >"$(smmu_sysfs)/power/autosuspend_delay_ms"

first="$(pm_edus | sed -n 1p)" second="$(pm_edus | sed -n 2p)" third="$(pm_edus | sed -n 3p)"
echo "$third" >/sys/bus/pci/drivers/edu_pm/unbind
check quiet-cycles edu_pm_cycles "$first" 10 60

# Another processor maps and unmaps; now and then the third device gets another domain.
echo 1 >"$(edu_pm_file "$second" churn)"
group="/sys/bus/pci/devices/$third/iommu_group/type"
attach()
{
	while [ ! -e /tmp/attach.stop ]; do
		echo identity >"$group" && echo DMA >"$group" && echo x >>/tmp/attach.count
		sleep 2
	done
}
attach &
check cycles edu_pm_cycles "$first" "$cycles" 100000
touch /tmp/attach.stop
wait
echo 0 >"$(edu_pm_file "$second" churn)"

check elided is_counted "$(smmu_stat elided)"
check mapped-meanwhile is_counted "$(edu_pm_status "$second" maps)"
check attached-meanwhile is_counted "$(wc -l </tmp/attach.count)"
every_cycle_faulted()
{
	echo "$(smmu_stat events) events, $(smmu_power suspends) suspends, $(smmu_power resumes) resumes"
	[ "$(smmu_stat events)" -ge $((cycles + 10)) ] && [ "$(smmu_power suspends)" -ge $((cycles + 10)) ]
}
check every-cycle-faulted every_cycle_faulted
check no-rollback test "$(smmu_power rollbacks)" = 0
check suspends-again smmu_becomes suspended
for key in last_suspend_ns worst_suspend_ns last_resume_ns worst_resume_ns; do
	info "$key" "$(smmu_power "$key")"
done
info elided "$(smmu_stat elided)"
