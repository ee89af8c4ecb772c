# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034
# claim: a flood of faults does not drown the log or stop the machine
# vm: --events
# qemu: -device edu -device edu -device edu -device edu -device edu -device edu -device edu -device edu
# Eight devices fault at once, because one has a fault in 100 ms at best: fewer than the log's limit of ten in five
# seconds, if the host is slow.
devices=8 faults_each=20
faults=$((devices * faults_each))

insert_driver || return
edu_works DMA
all_ready()
{
	[ "$(find /sys/kernel/debug/edu_dma -name roundtrip | wc -l)" = "$devices" ]
}
check all-ready wait_for 20 all_ready

# flood DEVICE: without a process for each, which takes longer than the fault.
flood()
{
	for i in $(seq 1 "$faults_each"); do
		echo $((0x1000000 + i * 0x1000)) >"/sys/kernel/debug/edu_dma/$1/bad_read"
	done
}
for address in $(pci_find 1234 11e8); do flood "$address" & done
wait
check edu-after-flood edu_do roundtrip 4096
info faults-in-log "$(fault_count)"

# A window begins with the first line after the one before, and has ten lines in five seconds.  The limit counts in
# jiffies, which may be a tick late against the clock of the log: a second is allowed for that.
most_in_a_window()
{
	dmesg | grep -v -e RESULT -e INFO | grep 'event 0x' | sed 's/^\[ *\([0-9.]*\)\].*/\1/' |
		awk '!n || $1 >= begin + 4 { begin = $1; n = 0 } { n++; if (n > most) most = n } END { print most + 0 }'
}
log_not_drowned()
{
	echo "$(fault_count) lines for $faults faults, $(most_in_a_window) of them in one window"
	[ "$(fault_count)" -gt 0 ] && [ "$(fault_count)" -lt "$faults" ] && [ "$(most_in_a_window)" -le 10 ]
}
check log-not-drowned log_not_drowned
events_counted()
{
	grep '^events ' /sys/kernel/debug/smmuv3/*/stats
	[ "$(sed -n 's/^events //p' /sys/kernel/debug/smmuv3/*/stats)" -ge "$faults" ]
}
cmdline_has driver=intree || check all-counted events_counted
