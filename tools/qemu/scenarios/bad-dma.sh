# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: a bad DMA is stopped and reported with its type, device and address; good DMA goes on
# vm: --events
# qemu: -device edu
insert_driver || return
# The descriptors of the walk follow the event.
walked()
{
	cmdline_has driver=intree || dmesg_has "walk: iova: 0x$1 L"
}
# The device and its domain are in debugfs.
stream_shown()
{
	cmdline_has driver=intree && return
	cat /sys/kernel/debug/smmuv3/*/streams/* >/tmp/streams
	sed -n "/^device $(edu_pci)/,/^domain/p" /tmp/streams | tee /tmp/stream
	grep -q '^config stage [12], ' /tmp/stream && grep -q '^domain paging, ' /tmp/stream
}
edu_works DMA
check bad-read edu_do bad_read 0xbad000
check bad-read-decoded fault_decoded F_TRANSLATION bad000
check bad-write edu_do bad_write 0xdead000
check bad-write-decoded fault_decoded F_TRANSLATION dead000
check bad-write-walked walked dead000
check stream-shown stream_shown
check write-protected edu_do readonly 64
check write-protected-kept grep -q written=0 "$(edu_files)/result"
check write-protected-decoded fault_decoded F_PERMISSION ""
check edu-after-faults edu_do roundtrip 8192
