# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The I/O of smmuv3-pmtest: disks and files that are read and compared, DMA channels, network interfaces.

# Set by the script.
: "${disks:=}" "${channels:=}" "${networks:=}" "${work:=}"

dmatest=/sys/module/dmatest/parameters
io_kilobytes=4096

# ---- where a thing is: a path in sysfs ----

# device_number FILE: of what has the file, as MAJOR:MINOR.
device_number()
{
	file_device="$(stat -c %d "$1")"
	echo "$((file_device >> 8 & 0xfff)):$((file_device & 0xff | (file_device >> 12 & 0xfff00)))"
}

# disk_of FILE: the name of a block device, or of the one that has the file. Btrfs has a number of its own.
disk_of()
{
	file_disk="/sys/dev/block/$(device_number "$1")"
	if [ -b "$1" ]; then
		basename "$(readlink -f "$1")"
	elif [ -e "$file_disk" ]; then
		basename "$(readlink -f "$file_disk")"
	else
		basename "$(df -P "$1" | sed -n '2s/ .*//p')"
	fi
}

io_paths()
{
	for io in $disks; do readlink -f "/sys/class/block/$(disk_of "$io")" || true; done
	for io in $channels; do readlink -f "/sys/class/dma/$io/device" || true; done
	for io in $networks; do readlink -f "/sys/class/net/${io%%:*}/device" || true; done
}

# has_io CLIENT: whether some of the chosen I/O is done by this device or one below it.
has_io()
{
	io_paths | grep -q "^$1\(/\|\$\)"
}

# ---- disks ----

# block_is_used NAME: whether it or a partition of it is mounted, swapped to, or a part of another device. Its first
# blocks may change meanwhile.
block_is_used()
{
	for block in "/sys/class/block/$1" "/sys/class/block/$1/$1"*; do
		[ ! -e "$block/dev" ] || ! one_block_is_used "$block" "$(cat "$block/dev")" || return 0
	done
	return 1
}

# one_block_is_used DIRECTORY MAJOR:MINOR
one_block_is_used()
{
	for user in "$1"/holders/* /sys/fs/btrfs/*/devices/"${1##*/}"; do
		[ ! -e "$user" ] || return 0
	done
	grep -q "^[^ ]* [^ ]* $2 " /proc/self/mountinfo || grep -qs "^/dev/${1##*/} " /proc/swaps
}

# Drops what is cached of the disk, and nothing else where that is possible.
forget_disk()
{
	if [ -b "$1" ] && command -v blockdev >/dev/null; then
		blockdev --flushbufs "$1"
	else
		echo 1 >/proc/sys/vm/drop_caches
	fi
}

# disk_bytes FILE: how many are read.
disk_bytes()
{
	if [ -b "$1" ]; then
		disk_size=$(($(cat "/sys/class/block/$(disk_of "$1")/size") * 512))
	else
		disk_size="$(stat -c %s "$1")"
	fi
	[ "$disk_size" -lt $((io_kilobytes * 1024)) ] || disk_size=$((io_kilobytes * 1024))
	echo "$disk_size"
}

# read_disk FILE: into $work/data; or says why not.
read_disk()
{
	forget_disk "$1"
	dd if="$1" of="$work/data" bs=64k count=$((io_kilobytes / 64)) 2>"$work/dd" || { tail -n 1 "$work/dd"; return 1; }
	disk_wanted="$(disk_bytes "$1")" disk_got="$(stat -c %s "$work/data")"
	[ "$disk_got" = "$disk_wanted" ] && return
	echo "$disk_got of $disk_wanted bytes were read"
	return 1
}

# The name of the file that keeps the first sum of a disk.
sum_file()
{
	echo "$work/sum$(echo "$1" | tr / -)"
}

disk_reads()
{
	read_disk "$1" || return 1
	disk_now="$(sha256sum <"$work/data" | cut -d' ' -f1)"
	if [ -b "$1" ] && block_is_used "$(disk_of "$1")"; then
		echo "$((disk_got / 1024)) KB read, not compared: the disk is in use"
	else
		[ -e "$(sum_file "$1")" ] || echo "$disk_now" >"$(sum_file "$1")"
		echo "$((disk_got / 1024)) KB, sha256 $disk_now"
		[ "$disk_now" = "$(cat "$(sum_file "$1")")" ]
	fi
}

# ---- DMA channels ----

# prepare_io: loads dmatest, which forget_io() removes.
prepare_io()
{
	[ -z "$channels" ] || [ -e $dmatest ] || { modprobe dmatest && touch "$work/dmatest"; }
}

forget_io()
{
	[ ! -e "$work/dmatest" ] || { modprobe -r dmatest && rm "$work/dmatest"; }
}

# set_dmatest: for the time of the test. Its list of channels stays as the last run leaves it.
set_dmatest()
{
	set_attribute $dmatest/timeout 2000
	set_attribute $dmatest/iterations 5
	set_attribute $dmatest/noverify N
}

# dmatest copies between pages of its own, and counts what differs.
channel_copies()
{
	set_dmatest
	echo "$1" >$dmatest/channel && echo 1 >$dmatest/run && cat $dmatest/wait >/dev/null || return 1
	channel_said="$(dmesg | grep "dmatest: $1.*: summary" | tail -n 1 | sed 's/.*summary //')"
	echo "${channel_said:-no result of dmatest}"
	case "$channel_said" in *" 0 failures"*) return 0 ;; esac
	return 1
}

# ---- network ----

host_answers()
{
	ping -c 3 -i 0.2 -W 5 -I "${1%%:*}" "${1#*:}" >"$work/ping" 2>&1
	network_status=$?
	grep 'packets' "$work/ping" || tail -n 1 "$work/ping"
	return $network_status
}

# ---- all ----

# do_io WHEN: one check for each.
do_io()
{
	for io in $disks; do check "$io-reads-$1" 60 disk_reads "$io"; done
	for io in $channels; do check "$io-copies-$1" 60 channel_copies "$io"; done
	for io in $networks; do check "${io%%:*}-answers-$1" 60 host_answers "$io"; done
}

# refuse_io: says what of the chosen I/O can't be done.
refuse_io()
{
	for io in $disks; do
		[ -b "$io" ] || [ -f "$io" ] || die "--disk $io: no block device and no file"
	done
	for io in $channels; do
		[ -e "/sys/class/dma/$io" ] || die "--dma $io: no such channel in /sys/class/dma"
		[ -e $dmatest ] || modinfo dmatest >/dev/null 2>&1 || die "--dma: this kernel has no module dmatest"
	done
	for io in $networks; do
		[ -e "/sys/class/net/${io%%:*}" ] || die "--net $io: no such interface"
		[ "${io#*:}" != "$io" ] || die "--net $io: INTERFACE:HOST is needed"
	done
}

plan_io()
{
	for io in $disks; do echo "# will read $io_kilobytes KB at the start of $io in each cycle, past the page cache"; done
	for io in $channels; do echo "# will copy memory by $io with dmatest in each cycle"; done
	for io in $networks; do echo "# will ping ${io#*:} through ${io%%:*} in each cycle"; done
}
