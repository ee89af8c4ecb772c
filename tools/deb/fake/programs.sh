# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Sourced under the names of the programs that the packages call: they act on files of the root in which
# tools/deb/check runs. An initramfs is the list of its modules, a module the name of its signer.

module()
{
	echo "/lib/modules/$1/updates/dkms/smmuv3.ko"
}

# depmod RELEASE
fake_depmod()
{
	ls "$(module "$1")" 2>/dev/null >"/lib/modules/$1/modules.dep" || true
}

# A module with a blacklist, unless that is applied to names.
fake_modprobe()
{
	case "${MODPROBE_OPTIONS:-}" in *b*) ;; *) echo "$*" >>/loaded ;; esac
}

# dmesg [-r]
fake_dmesg()
{
	[ ! -e /log ] || cat /log
}

fake_reboot()
{
	echo "$*" >/rebooted
}

# modinfo -k RELEASE [-F FIELD] smmuv3: it finds what depmod has found, if it is still there.
fake_modinfo()
{
	[ "$1" != dmatest ] || { [ -e /has-dmatest ]; return; }
	[ -s "/lib/modules/$2/modules.dep" ] && [ -e "$(module "$2")" ] || return 1
	case "$3 $4" in
	"-F sig_id") [ ! -s "$(module "$2")" ] || echo PKCS#7 ;;
	"-F signer") cat "$(module "$2")" ;;
	esac
}

fake_lsinitramfs()
{
	cat "$1"
}

make_initramfs()
{
	version="$1" sh /usr/share/initramfs-tools/hooks/smmuv3 >"/boot/initrd.img-$1" || return 1
	for hook in /etc/initramfs/post-update.d/*; do "$hook" "$1" || return 1; done
}

# update-initramfs -u -k RELEASE|all
fake_update_initramfs()
{
	[ ! -e /fail-initramfs ] || return 1
	[ ! -e /stop-initramfs ] || { kill -s "$(cat /stop-initramfs)" $PPID; rm /stop-initramfs; }
	if [ "$3" != all ]; then
		make_initramfs "$3"
		return
	fi
	for image in /boot/vmlinuz-*; do make_initramfs "${image#/boot/vmlinuz-}" || return 1; done
}

fake_update_grub()
{
	[ ! -e /fail-grub ] || return 1
	set -a
	# shellcheck source=/dev/null
	for script in /etc/default/grub /etc/default/grub.d/*.cfg; do [ ! -e "$script" ] || . "$script"; done
	for script in /etc/grub.d/*; do
		[ -x "$script" ] || continue
		echo "### BEGIN $script ###"
		"$script" || return 1
		echo "### END $script ###"
	done >/boot/grub/grub.cfg
}

# grub-probe --target=abstraction|fs DIRECTORY
fake_grub_probe()
{
	case "$1" in
	--target=fs) echo ext2 ;;
	--target=abstraction) [ ! -e /boot-on-lvm ] || echo lvm ;;
	esac
}

# grub-editenv - list|unset NAME
fake_grub_editenv()
{
	[ -e /boot/grub/grubenv ] || : >/boot/grub/grubenv
	case "$2" in
	list) cat /boot/grub/grubenv ;;
	unset) sed -i "/^$3=/d" /boot/grub/grubenv ;;
	esac
}

"fake_$(echo "${0##*/}" | tr - _)" "$@"
