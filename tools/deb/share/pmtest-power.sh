# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What smmuv3-pmtest does to power: attributes in sysfs, cycles, suspend to idle, the trace.
# shellcheck source-path=SCRIPTDIR source=iommus.sh
[ -n "${iommu_drivers:-}" ] || . "${share:-.}/iommus.sh"

# Set by the script.
: "${work:=}" "${tested:=}" "${chosen:=}" "${limit:=30}" "${out:=.}"

tracing=/sys/kernel/tracing/instances/smmuv3-pmtest
sleep_seconds=5

# ---- attributes that are set, and restored ----

# set_attribute FILE VALUE: for the time of the test.
set_attribute()
{
	set_before="$(cat "$1" 2>/dev/null)" || return 0
	[ "$set_before" != "$2" ] || return 0
	! echo "$2" 2>/dev/null >"$1" || echo "$1 $set_before" >>"$work/saved"
}

restore_attributes()
{
	[ ! -e "$work/saved" ] || while read -r file value; do echo "$value" >"$file" || true; done <"$work/saved"
	rm -f "$work/saved"
}

# subtree CLIENT: the "power" directories of a device and of the devices below it.
subtree()
{
	find "$1" -type d -name power -prune 2>/dev/null
}

# changes CLIENT: what the test sets for it, as "FILE VALUE" lines.
changes()
{
	for power in $(subtree "$1"); do
		[ "$(attribute "$power" control)" != on ] || echo "$power/control auto"
		case "$(attribute "$power" autosuspend_delay_ms)" in
		-?* | [1-9]???*) echo "$power/autosuspend_delay_ms 100" ;;
		esac
	done
}

# save_control CLIENT: wake_clients() sets it in each cycle.
save_control()
{
	has_io "$1" || echo "$1/power/control $(cat "$1/power/control")" >>"$work/saved"
}

let_suspend()
{
	for client in $chosen; do
		save_control "$client"
		changes "$client" >"$work/changes"
		while read -r file value; do set_attribute "$file" "$value"; done <"$work/changes"
	done
}

# ---- cycles ----

# is_managed IOMMU: whether runtime PM may suspend it.
is_managed()
{
	[ "$(attribute "$1" power/runtime_status)" != unsupported ] && [ "$(attribute "$1" power/control)" = auto ]
}

# In tenths of a second.
uptime_tenths()
{
	awk '{ print int($1 * 10) }' /proc/uptime
}

# By the clock: on a slow machine a sleep takes longer, and check() would end this before it has said why.
suspends()
{
	suspends_begin="$(uptime_tenths)"
	while [ "$(attribute "$1" power/runtime_status)" != suspended ]; do
		if [ $(($(uptime_tenths) - suspends_begin)) -ge $((limit * 10)) ]; then
			echo "on after $limit s, because of $(why_iommu_awake "$1" | tr '\n' ';')"
			return 1
		fi
		sleep 0.1
	done
	suspends_took=$(($(uptime_tenths) - suspends_begin))
	echo "after $((suspends_took / 10)).$((suspends_took % 10)) s"
}

# active_file IOMMU: where note_active() keeps its time.
active_file()
{
	echo "$work/active-${1##*/}"
}

note_active()
{
	for iommu in $tested; do
		attribute "$iommu" power/runtime_active_time >"$(active_file "$iommu")"
	done
}

# Clients without I/O are resumed through sysfs, which waits for them.
wake_clients()
{
	for client in $chosen; do
		has_io "$client" || echo on >"$client/power/control" || return 1
	done
	for client in $chosen; do echo auto >"$client/power/control"; done
}

# woke IOMMU: it was on since note_active(): time on counts in milliseconds, and autosuspend has a delay.
woke()
{
	woke_before="$(cat "$(active_file "$1")")"
	woke_now="$(attribute "$1" power/runtime_active_time)"
	echo "on for $((woke_now - woke_before)) ms"
	[ "$woke_now" -gt "$woke_before" ]
}

# cycle NUMBER
cycle()
{
	for iommu in $tested; do check "${iommu##*/}-suspends-$1" $((limit + 10)) suspends "$iommu"; done
	[ -n "$ktap_counting" ] || note_active
	do_io "$1"
	check "clients-resume-$1" 60 wake_clients
	for iommu in $tested; do check "${iommu##*/}-woke-$1" 60 woke "$iommu"; done
}

# ---- suspend to idle ----

why_no_sleep()
{
	if ! grep -qw freeze /sys/power/state 2>/dev/null; then
		echo "this kernel can't suspend to idle"
	elif [ ! -e /sys/class/rtc/rtc0/wakealarm ]; then
		echo "rtc0 can't wake the machine"
	fi
}

uptime_seconds()
{
	cut -d. -f1 /proc/uptime
}

# refuse_sleep: an alarm of somebody else would be overwritten.
refuse_sleep()
{
	rtc_alarm="$(cat /sys/class/rtc/rtc0/wakealarm 2>/dev/null)" || return 0
	[ -z "$rtc_alarm" ] || die "--sleep: rtc0 has an alarm (/sys/class/rtc/rtc0/wakealarm): write 0 to it to remove it"
}

forget_alarm()
{
	[ ! -e "$work/alarm" ] || { echo 0 >/sys/class/rtc/rtc0/wakealarm && rm "$work/alarm"; }
}

sleep_once()
{
	begin="$(uptime_seconds)"
	touch "$work/alarm"
	echo "+$sleep_seconds" >/sys/class/rtc/rtc0/wakealarm || return 1
	echo freeze >/sys/power/state || return 1
	slept=$(($(uptime_seconds) - begin))
	forget_alarm
	echo "$slept s"
	[ "$slept" -ge $((sleep_seconds - 1)) ] && return
	echo "woken after $slept s by interrupt $(attribute /sys/power pm_wakeup_irq), before the RTC"
	return 1
}

# sleep_test NUMBER
sleep_test()
{
	no_sleep="$(why_no_sleep)"
	if [ -n "$no_sleep" ]; then
		skip "suspend-to-idle-$1" "$no_sleep"
		return
	fi
	[ -n "$ktap_counting" ] || echo "# suspending to idle, until rtc0 wakes the machine in $sleep_seconds s"
	check "suspend-to-idle-$1" $((sleep_seconds + 60)) sleep_once
	do_io "after-sleep-$1"
}

# ---- the trace, in a buffer of its own ----

start_trace()
{
	[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || return 0
	mkdir $tracing 2>/dev/null || return 0
	for event in smmuv3 ipmmu rpm/rpm_status iommu/io_page_fault; do
		[ ! -e $tracing/events/$event/enable ] || echo 1 >$tracing/events/$event/enable
	done
}

stop_trace()
{
	[ -d $tracing ] || return 0
	cat $tracing/trace >"$out/smmuv3-pmtest.trace" || true
	rmdir $tracing || true
}

# ---- what must not happen ----

# log_since_begin: the kernel's log since mark_log(), or all of it if that has been overwritten; with levels.
log_since_begin()
{
	dmesg -r >"$work/dmesg" || return 1
	if grep -q "smmuv3-pmtest $$ begins" "$work/dmesg"; then
		sed "1,/smmuv3-pmtest $$ begins/d" "$work/dmesg"
	else
		cat "$work/dmesg"
	fi
}

mark_log()
{
	echo "smmuv3-pmtest $$ begins" >/dev/kmsg
}

# none_logged COMMAND...: that prints no line of the log, its input.
none_logged()
{
	log_since_begin >"$work/log" || { echo "the log cannot be read"; return 1; }
	"$@" <"$work/log" >"$work/found" || true
	echo "$(wc -l <"$work/found")$(tail -n 1 "$work/found" | sed 's/^<[0-9]*>/, the last: /')"
	[ ! -s "$work/found" ]
}

no_fault_logged()
{
	none_logged grep -E "$fault_words"
}

# What either driver logs as an error, but faults and the walk that follows one; and what is known to be an error.
errors_in_log()
{
	grep -E -e "$driver_errors" -e "$error_words" | grep -vE "$fault_words|: walk: "
}

no_error_logged()
{
	none_logged errors_in_log
}

# counters IOMMU: those that count errors.
counters()
{
	{ debugfs_of "$1" stats; debugfs_of "$1" power; } | grep -E '^(rollbacks|gerrors|sync_timeouts|state failed)' || true
}

counters_file()
{
	echo "$work/counters-${1##*/}"
}

# count_errors IOMMU: IPMMUs and built-in drivers have no counters.
count_errors()
{
	if [ -n "$ktap_counting" ] || [ -s "$(counters_file "$1")" ]; then
		check "${1##*/}-no-error-counted" 60 no_errors_counted "$1"
	else
		skip "${1##*/}-no-error-counted" "the driver has no counters in debugfs"
	fi
}

no_errors_counted()
{
	counters "$1" >"$work/counters"
	cmp -s "$work/counters" "$(counters_file "$1")" && return
	diff "$(counters_file "$1")" "$work/counters" | tr '\n' ' '
	return 1
}
