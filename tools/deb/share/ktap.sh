# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Test results as KTAP. A check is a command; the last line that it prints is the result's detail.

# Set by the script: a directory for what checks leave.
: "${work:=}"

ktap_count=0 ktap_failed=0 ktap_skipped=0 ktap_counting="" within_pid=""

# ktap_plan COMMAND...: prints the plan for the checks that the command makes, without running them.
ktap_plan()
{
	ktap_counting=1
	"$@"
	ktap_counting=""
	echo "1..$ktap_count"
	ktap_count=0
}

# ktap_result WORD NAME DETAIL
ktap_result()
{
	ktap_count=$((ktap_count + 1))
	echo "$1 $ktap_count $2${3:+ # $3}"
}

# skip NAME REASON
skip()
{
	if [ -n "$ktap_counting" ]; then
		ktap_count=$((ktap_count + 1))
		return
	fi
	ktap_skipped=$((ktap_skipped + 1))
	ktap_result ok "$1" "SKIP $2"
}

# within SECONDS COMMAND...: runs it in a subshell, its output in $work/out; fails with 124 if it does not end.
within()
{
	within_left=$(($1 * 10))
	shift
	rm -f "$work/status"
	{
		within_status=0
		"$@" || within_status=$?
		echo "$within_status" >"$work/status.new"
		mv "$work/status.new" "$work/status"
	} >"$work/out" 2>&1 </dev/null &
	within_pid=$!
	while [ ! -e "$work/status" ]; do
		[ "$within_left" -gt 0 ] || return 124
		within_left=$((within_left - 1))
		sleep 0.1
	done
	wait "$within_pid" || true
	within_pid=""
	return "$(cat "$work/status")"
}

# stop_within: ends what within() has left running, unless it hangs in the kernel.
stop_within()
{
	[ -n "$within_pid" ] || return 0
	kill "$within_pid" 2>/dev/null || return 0
	within_left=10
	while [ "$within_left" -gt 0 ] && kill -0 "$within_pid" 2>/dev/null; do
		within_left=$((within_left - 1))
		sleep 0.1
	done
	within_pid=""
}

# check NAME SECONDS COMMAND...: a command that does not end in time ends the test: what it waits for will not come.
check()
{
	check_name="$1" check_limit="$2"
	shift 2
	if [ -n "$ktap_counting" ]; then
		ktap_count=$((ktap_count + 1))
		return
	fi
	check_status=0
	within "$check_limit" "$@" || check_status=$?
	check_detail="$(tail -n 1 "$work/out")"
	case "$check_status" in
	0) ktap_result ok "$check_name" "$check_detail" ;;
	124) ktap_hang ;;
	*)
		ktap_failed=$((ktap_failed + 1))
		ktap_result "not ok" "$check_name" "$check_detail"
		;;
	esac
}

ktap_hang()
{
	ktap_failed=$((ktap_failed + 1))
	ktap_result "not ok" "$check_name" "did not end in $check_limit s"
	echo "Bail out! $check_name hangs"
	bail_out
}
