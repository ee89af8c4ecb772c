# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: a flood of faults does not drown the log or stop the machine
# vm: --events
# qemu: -device edu
insert_driver || return
edu_works DMA
for i in $(seq 1 60); do
	edu_do bad_read $((0x1000000 + i * 0x1000)) >/dev/null
done
check edu-after-flood edu_do roundtrip 4096
info faults-in-log "$(fault_count)"
few_lines()
{
	echo "$(fault_count) lines for 60 faults"
	[ "$(fault_count)" -gt 0 ] && [ "$(fault_count)" -le 45 ]
}
check log-not-drowned few_lines
events_counted()
{
	grep '^events ' /sys/kernel/debug/smmuv3/*/stats
	[ "$(sed -n 's/^events //p' /sys/kernel/debug/smmuv3/*/stats)" -ge 60 ]
}
cmdline_has driver=intree || check all-counted events_counted
