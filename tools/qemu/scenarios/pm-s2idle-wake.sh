# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154,SC1091
# claim: a device wakes the machine from suspend to idle by a message, which passes the SMMU: it stays on for that
# needs: module
# vm: --append cryptomgr.notests --append no_console_suspend
# qemu: -device edu
. /lib/pm.sh

# sleep_until SECONDS: to idle, until a device wakes the machine up, or the RTC after that time.
sleep_until()
{
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo "+$1" >/sys/class/rtc/rtc0/wakealarm
	before="$(smmu_power suspends)" pm_begin="$(uptime_seconds)"
	echo freeze >/sys/power/state || return 1
	pm_slept=$(($(uptime_seconds) - pm_begin))
	echo "$pm_slept of $1 seconds"
}

woken_by_message()
{
	sleep_until 30 || return 1
	[ "$pm_slept" -lt 15 ]
}

woken_by_rtc()
{
	sleep_until 3 || return 1
	[ "$pm_slept" -ge 2 ]
}

messages()
{
	echo "$(edu_pm_status "$edu" messages) messages"
	[ "$(edu_pm_status "$edu" messages)" = "$1" ]
}

insert_driver || return
load edu_pm
edu="$(pm_edus)"
wakeup="/sys/bus/pci/devices/$edu/power/wakeup"
check disabled-by-default grep -q disabled "$wakeup"
check rtc-wakes woken_by_rtc
check smmu-slept slept 1
for round in 1 2 3; do
	echo enabled >"$wakeup"
	check "message-wakes-$round" woken_by_message
	check "smmu-stayed-on-$round" slept 0
	check "message-arrived-$round" messages "$round"
	echo disabled >"$wakeup"
	check "rtc-wakes-$round" woken_by_rtc
	check "smmu-slept-$round" slept 1
done
check no-fault test "$(smmu_stat events)" = 0
