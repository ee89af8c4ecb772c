# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Reads a guest's console log and decides whether it passed.

# What a healthy kernel never prints.
judge_splats='WARNING: |BUG: |BUG\(|Oops|Internal error:|Kernel panic|Unable to handle kernel'
judge_splats+='|possible circular locking|inconsistent lock state|possible recursive locking'
judge_splats+='|detected stalls|blocked for more than|soft lockup|KASAN:|KCSAN:|UBSAN:|Call trace:'
judge_splats+='|refcount_t:|CMD_SYNC timeout|CMDQ timeout|Unknown symbol|disagrees about version'
judge_events='arm-smmu-v3 [^ ]*: *event|arm-smmu-v3 [^ ]*: unexpected global error'

# judge_cut_crash LOG: forgets what is between "INFO crash" and the start of the next kernel.
judge_cut_crash()
{
	sed -i '/INFO crash/,/Booting Linux on physical CPU/{/INFO crash/!{/Booting Linux/!d}}' "$1"
}

# judge_log LOG EVENTS_ALLOWED: prints what is wrong, one line each; nothing when all is well.
judge_log()
{
	local log="$1" forbidden="$judge_splats"
	[ -n "$2" ] || forbidden+="|$judge_events"
	grep -aE "$forbidden" "$log" | grep -avE 'RESULT |INFO ' | head -5
	grep -aoE 'RESULT [^ ]+ fail.*' "$log" || true
	grep -aqE '(^|\] )END' "$log" || echo "the guest did not reach its end"
	grep -aqE 'RESULT [^ ]+ pass' "$log" || echo "no result was reported"
}
