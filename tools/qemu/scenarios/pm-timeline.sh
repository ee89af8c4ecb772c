# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: tracepoints tell every change of power, drain and elision; tools/timeline draws what this prints
# needs: module
# vm: --events --append iommu.strict=1 --append cryptomgr.notests
# qemu: -device edu -device edu
. /lib/pm.sh
tracing=/sys/kernel/tracing
mount -t tracefs tracefs $tracing 2>/dev/null
insert_driver runtime_pm=on || return
load edu_pm
let_pci_suspend
check suspends smmu_becomes suspended
first="$(pm_edus | sed -n 1p)" second="$(pm_edus | sed -n 2p)"
for event in smmuv3 rpm/rpm_status iommu/io_page_fault; do echo 1 >"$tracing/events/$event/enable"; done
echo 8192 >$tracing/buffer_size_kb
echo >$tracing/trace

# Both devices at work, one after the other and together, and mappings that change while neither is.
cycle()
{
	echo 1 >"$(edu_pm_file "$1" cycles)"
}
cycle "$first"
wait_for 20 edu_pm_idle "$first"
usleep 150000
echo 1 >"$(edu_pm_file "$second" churn)"
usleep 30000
echo 0 >"$(edu_pm_file "$second" churn)"
usleep 50000
cycle "$second"
usleep 50000
cycle "$first"
wait_for 20 edu_pm_idle "$first"
wait_for 20 edu_pm_idle "$second"
usleep 100000
check suspends-again smmu_becomes suspended
echo 0 >$tracing/tracing_on

for event in smmu_power smmu_drain smmu_elided rpm_status io_page_fault; do
	check "traced-$event" grep -q " $event: " $tracing/trace
done
balanced()
{
	balanced_on="$(grep -c 'smmu_power: .* -> active' $tracing/trace)"
	balanced_off="$(grep -c 'smmu_power: .* -> suspended' $tracing/trace)"
	echo "$balanced_on resumes, $balanced_off suspends"
	[ "$balanced_on" -gt 1 ] && [ "$balanced_on" = "$balanced_off" ]
}
check traced-in-pairs balanced
sed -n 's/^ .*\] [^ ]* */TRACE /p' $tracing/trace >/dev/console
