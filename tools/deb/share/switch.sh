# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Shared by smmuv3-enable, smmuv3-disable, smmuv3-booted and the hooks of GRUB and initramfs-tools.

# shellcheck disable=SC2034 # used by the scripts that source this file
switch_enabled=/var/lib/smmuv3/enabled
switch_parameter=initcall_blacklist=arm_smmu_driver_init
# In GRUB's environment block: 1 while a boot with smmuv3 has not reached user space.
# shellcheck disable=SC2034 # used by the scripts that source this file
switch_pending=smmuv3_pending
export LC_ALL=C

say()
{
	echo "${0##*/}: $*" >&2
}

die()
{
	say "$@"
	exit 1
}

# usage STATUS: what a command says of itself at its top.
usage()
{
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"
	exit "$1"
}

# grub_setting NAME: as update-grub reads it.
grub_setting()
(
	set +eu
	for settings in /etc/default/grub /etc/default/grub.d/*.cfg; do
		# shellcheck source=/dev/null
		[ ! -e "$settings" ] || . "$settings" >/dev/null 2>&1
	done
	eval "echo \"\${$1:-}\""
)

# kernel_on_top: the image that GRUB is told to put first; GRUB 2.06 takes no notice.
kernel_on_top()
{
	! grep -qs GRUB_TOP_LEVEL /etc/grub.d/10_linux || grub_setting GRUB_TOP_LEVEL
}

# The release in GRUB's first entry: the newest one. GRUB skips what dpkg leaves, and sorts .old last.
next_kernel()
{
	on_top="$(kernel_on_top)"
	case "$on_top" in
	/boot/vmlinuz-*) [ ! -e "$on_top" ] || { echo "${on_top#/boot/vmlinuz-}"; return; } ;;
	esac
	for image in /boot/vmlinuz-*; do
		case "$image" in *.old | *.dpkg-*) continue ;; esac
		[ ! -e "$image" ] || echo "${image#/boot/vmlinuz-}"
	done | sort -V | tail -n 1
}

# next_has_initramfs: or sets why_no_initramfs. If DKMS fails, the package of a kernel is not configured and has no
# initramfs, and update-grub would make it GRUB's first entry.
next_has_initramfs()
{
	next_release="$(next_kernel)"
	[ ! -e "/boot/initrd.img-$next_release" ] || return 0
	# shellcheck disable=SC2034 # used by the scripts that source this file
	why_no_initramfs="kernel $next_release has no initramfs (did DKMS fail?); run dpkg --configure -a before the next boot"
	return 1
}

# has_module RELEASE: whether modprobe would find the module.
has_module()
{
	modinfo -k "$1" smmuv3 >/dev/null 2>&1
}

# initramfs_has_module RELEASE
initramfs_has_module()
{
	[ -e "/boot/initrd.img-$1" ] && lsinitramfs "/boot/initrd.img-$1" 2>/dev/null | grep -q '/smmuv3\.ko'
}

# What update-grub prints around the entry of smmuv3.
switch_section='/^### BEGIN .*_smmuv3 ###$/,/^### END .*_smmuv3 ###$/'

# is_smmu DEVICE: by its device tree, or by the name that it has with ACPI. A PMCG has a driver of its own.
is_smmu()
{
	case "${1##*/}" in arm-smmu-v3.*) return 0 ;; esac
	grep -qsx 'OF_COMPATIBLE_[0-9]*=arm,smmu-v3' "$1/uevent"
}

# entry_exists: whether GRUB has the entry of smmuv3.
entry_exists()
{
	sed -n "${switch_section}p" /boot/grub/grub.cfg 2>/dev/null | grep -q '^menuentry'
}

# entry_kernel: the release that it starts.
entry_kernel()
{
	sed -n "${switch_section}s|^[ \t]*linux[ \t].*/vmlinuz-\([^ ]*\) .*|\1|p" /boot/grub/grub.cfg 2>/dev/null
}

# remove_entry: without update-grub, which would also add a kernel that has no initramfs yet, or may be missing.
remove_entry()
{
	! entry_exists || sed -i --follow-symlinks "${switch_section}d" /boot/grub/grub.cfg
}

# set_by_hand: whether entries of other kernels keep the built-in driver from starting, or will after update-grub.
set_by_hand()
{
	{
		sed "${switch_section}d" /boot/grub/grub.cfg 2>/dev/null
		grub_setting GRUB_CMDLINE_LINUX
		grub_setting GRUB_CMDLINE_LINUX_DEFAULT
	} | grep -q -e "$switch_parameter"
}

# shellcheck disable=SC2034 # used by the scripts that source this file
why_set_by_hand="$switch_parameter is also in entries of GRUB without smmuv3, whose kernels would start no driver: \
remove it from /etc/default/grub, and run update-grub"

# running_without_builtin: whether this boot keeps the built-in driver from starting.
running_without_builtin()
{
	grep -qw -e "$switch_parameter" /proc/cmdline
}

# environment_is_writable: whether GRUB can write its environment block, which it can on plain partitions only.
environment_is_writable()
{
	[ -z "$(grub-probe --target=abstraction /boot/grub 2>/dev/null)" ] || return 1
	case "$(grub-probe --target=fs /boot/grub 2>/dev/null)" in
	ext2 | fat | xfs) ;;
	*) return 1 ;;
	esac
}

# environment_has_pending: whether a boot with smmuv3 did not reach user space.
environment_has_pending()
{
	grub-editenv - list 2>/dev/null | grep -qx "$switch_pending=1"
}
