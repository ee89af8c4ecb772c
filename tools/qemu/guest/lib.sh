# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What guest scripts use (busybox sh). Results go through the kernel log, so that no kernel message
# can break a line: "RESULT name pass|fail detail", "INFO key value", "HOST monitor command", "END".

log()
{
	echo "$*" >/dev/kmsg
}

result()
{
	log "RESULT $*"
}

info()
{
	log "INFO $*"
}

# check NAME COMMAND...: runs it; the last line it prints is the result's detail.
check()
{
	check_name="$1"
	shift
	if "$@" >/tmp/check.out 2>&1; then
		result "$check_name" pass "$(tail -n 1 /tmp/check.out)"
	else
		result "$check_name" fail "$(tail -n 1 /tmp/check.out)"
	fi
}

# refuses NAME COMMAND...: the command must fail.
refuses()
{
	check_name="$1"
	shift
	if "$@" >/tmp/check.out 2>&1; then
		result "$check_name" fail "was accepted"
	else
		result "$check_name" pass "$(tail -n 1 /tmp/check.out)"
	fi
}

uptime_seconds()
{
	cut -d. -f1 /proc/uptime
}

# wait_for SECONDS COMMAND...: polls until the command succeeds.
wait_for()
{
	wait_until=$(($(uptime_seconds) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(uptime_seconds)" -lt "$wait_until" ] || return 1
		usleep 100000
	done
}

dmesg_has()
{
	dmesg | grep -v -e RESULT -e INFO | grep -q -e "$1"
}

# load MODULE [PARAMETER...]: inserts a staged module after the modules it depends on.
load()
{
	load_name="$1"
	shift
	[ -f "/modules/$load_name.order" ] || return 0
	while read -r load_file; do
		load_base="$(echo "${load_file%.ko}" | tr - _)"
		grep -q "^$load_base " /proc/modules && continue
		if [ "$load_file" = "$load_name.ko" ]; then
			insmod "/modules/$load_file" "$@" || return 1
		else
			insmod "/modules/$load_file" || return 1
		fi
	done <"/modules/$load_name.order"
}

# kernel_is SERIES: such as 6.12.
kernel_is()
{
	uname -r | grep -q "^$1\."
}

cmdline_has()
{
	grep -q -e "\(^\| \)$1\( \|\$\)" /proc/cmdline
}

# The SMMU driver under test: the module, or the in-tree one for comparison.
insert_driver()
{
	if ! cmdline_has driver=intree; then
		load smmuv3 "$@" || { result insert-module fail "$(dmesg | tail -n 1)"; return 1; }
	fi
	if wait_for 10 driver_bound; then
		result driver-bound pass "$(echo /sys/class/iommu/*)"
	else
		result driver-bound fail "no SMMU in /sys/class/iommu"
		return 1
	fi
}

driver_bound()
{
	ls /sys/class/iommu/smmu3.* >/dev/null
}

# pci_find VENDOR DEVICE: prints the addresses, such as 0000:00:02.0.
pci_find()
{
	for pci_dir in /sys/bus/pci/devices/*; do
		[ "$(cat "$pci_dir/vendor")" = "0x$1" ] || continue
		[ "$(cat "$pci_dir/device")" = "0x$2" ] || continue
		echo "${pci_dir##*/}"
	done
}

domain_type()
{
	cat "/sys/bus/pci/devices/$1/iommu_group/type"
}

# The device of the edu_ commands: the first one, or $edu_address.
edu_pci()
{
	echo "${edu_address:-$(pci_find 1234 11e8 | head -n 1)}"
}

edu_files()
{
	echo "/sys/kernel/debug/edu_dma/$(edu_pci)"
}

edu_ready()
{
	[ -e "$(edu_files)/roundtrip" ]
}

# edu_do FILE TEXT: runs one command of the edu module and prints its result.
edu_do()
{
	edu_dir="$(edu_files)"
	edu_rc=0
	echo "$2" 2>/dev/null >"$edu_dir/$1" || edu_rc=1
	cat "$edu_dir/result"
	return $edu_rc
}

# expect_domain ADDRESS TYPE
expect_domain()
{
	expect_type="$(domain_type "$1")"
	echo "$1 $expect_type"
	[ "$expect_type" = "$2" ]
}

# edu_works TYPE: the edu device does DMA through a domain of this type.
edu_works()
{
	load edu_dma || result edu-load fail "edu_dma.ko was not accepted"
	wait_for 20 edu_ready || { result edu-ready fail "edu_dma has no device"; return; }
	check edu-roundtrip edu_do roundtrip 8192
	check edu-domain expect_domain "$(edu_pci)" "$1"
}

edu_stress()
{
	check "edu-stress-$1" edu_do stress "$1 $2 $3"
}

# disk_works DEVICE: writes 4 MB, drops the cache, reads back and compares checksums.
disk_works()
{
	wait_for 20 test -b "$1" || { echo "no disk $1"; return 1; }
	dd if=/dev/urandom of=/tmp/disk.data bs=64k count=64 2>/dev/null
	dd if=/tmp/disk.data of="$1" bs=64k conv=fsync 2>/dev/null || return 1
	echo 3 >/proc/sys/vm/drop_caches
	disk_sum="$(dd if="$1" bs=64k count=64 2>/dev/null | sha256sum)"
	echo "4 MB, sha256 ${disk_sum%% *}"
	[ "$disk_sum" = "$(sha256sum </tmp/disk.data)" ]
}

nvme_works()
{
	load nvme
	check nvme disk_works /dev/nvme0n1
}

# net_works [INTERFACE]: fetches /payload from QEMU's tftp server and compares its checksum.
net_works()
{
	net_if="${1:-eth0}"
	wait_for 20 test -e "/sys/class/net/$net_if" || { echo "no interface $net_if"; return 1; }
	ifconfig "$net_if" 10.0.2.15 netmask 255.255.255.0 up || return 1
	wait_for 10 grep -q 1 "/sys/class/net/$net_if/carrier"
	(cd /tmp && tftp -g -r payload 10.0.2.2 && tftp -g -r payload.sha256 10.0.2.2) || return 1
	net_sum="$(sha256sum </tmp/payload)"
	echo "$(wc -c </tmp/payload) bytes by tftp, sha256 ${net_sum%% *}"
	[ "${net_sum%% *}" = "$(cat /tmp/payload.sha256)" ]
}

# Lines about faults in the log; both drivers' words.
fault_lines()
{
	dmesg | grep -v -e RESULT -e INFO | sed -n 's/^\[[^]]*\] \(arm-smmu-v3 .*event.*\)/\1/p'
}

fault_count()
{
	fault_lines | grep -c 'event 0x'
}

# fault_decoded TYPE IOVA: the last fault names its type, device and address.
fault_decoded()
{
	sleep 1
	cmdline_has driver=intree && { fault_lines | tail -n 1; [ "$(fault_count)" -gt 0 ]; return; }
	fault_lines | tail -n 1
	fault_lines | tail -n 1 | grep -q "event: $1 .*client: $(edu_pci) .*sid: 0x.*iova: 0x0*$2"
}

remove_devices()
{
	for remove_dir in /sys/bus/pci/devices/*; do
		[ ! -e "$remove_dir" ] || echo 1 >"$remove_dir/remove"
	done
}

# Takes away every PCI device.
# The same, so that nothing depends on the SMMU, and unloads the module.
unload_idle()
{
	remove_devices
	check module-unloads rmmod smmuv3
}

# smmu_register_has OFFSET MASK VALUE: of QEMU's SMMU, while no driver owns its registers.
smmu_register_has()
{
	register="$(devmem $((0x09050000 + $1)))" || return 1
	echo "register $1 is $register"
	[ $((register & $2)) = $(($3)) ]
}

# kexec_load -l|-p WORDS: loads this kernel again, with that command line, to be started by kexec or after a crash.
# Without the checksum of kernel and initramfs that kexec's purgatory makes in between: an emulated CPU without caches
# needs minutes for it on a busy host, in which the console is silent.
kexec_load()
{
	kexec "$1" --no-checks /boot/vmlinuz --initrd=/boot/initrd --append="$2"
}

end()
{
	log "END"
	sync
	poweroff -f
	sleep 60
}
