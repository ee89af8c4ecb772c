# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Detects a kernel that makes no progress. Time is its CPU time, so that the load of this machine does not count.

# cpu_time PID: in hundredths of a second; fails when the process has ended.
cpu_time()
{
	local fields
	fields="$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)" && [ "${fields%% *}" != Z ] || return 1
	awk -v ticks="$(getconf CLK_TCK)" '{ print int(($12 + $13) * 100 / ticks) }' <<<"$fields"
}

# no_progress PID LOG PATTERN SECONDS: waits until LOG has had no new line of PATTERN for SECONDS of the process' CPU
# time, or for SECONDS in which it has used less than a twentieth of them, and prints which. Fails when the process ends.
no_progress()
{
	local pid="$1" log="$2" pattern="$3" most="$4" seen=-1 now used begun=0 awake=0 rested=0
	while used="$(cpu_time "$pid")"; do
		now="$(grep -caE "$pattern" "$log" || true)"
		[ "$now" = "$seen" ] || { seen="$now" begun="$used" awake="$used" rested="$SECONDS"; }
		[ $((used - awake)) -lt $((most * 5)) ] || { awake="$used" rested="$SECONDS"; }
		if [ $((used - begun)) -ge $((most * 100)) ]; then
			echo "$most s of CPU time"
			return 0
		elif [ $((SECONDS - rested)) -ge "$most" ]; then
			echo "asleep for $most s"
			return 0
		fi
		sleep 1
	done
	return 1
}
