# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What is done in each boot.  /kernels has the releases of the first and of the second kernel.
{ read -r old; read -r new; } </kernels
ko="/lib/modules/$old/updates/dkms"

has_module()
{
	modinfo -k "$1" -F filename smmuv3 && modinfo -k "$1" -F signer smmuv3
}

has_no_module()
{
	! has_module "$1"
}

# What systemd starts at the end of a boot.
reached_user_space()
{
	"$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/smmuv3-booted.service)"
}

# smmuv3-booted runs after each boot, and after each resume that GRUB starts.
unit_enabled()
{
	local target
	for target in multi-user hibernate hybrid-sleep suspend-then-hibernate; do
		readlink -e "/etc/systemd/system/$target.target.wants/smmuv3-booted.service" ||
			{ echo "$target.target does not start smmuv3-booted"; return 1; }
	done
}

pending_is()
{
	grub-editenv - list
	[ "$(grub-editenv - list | grep -c smmuv3_pending=1)" = "$1" ]
}

next_boot()
{
	# shellcheck disable=SC2154 # the init sets it
	echo $((stage + 1)) >/stage
}

nothing_left()
{
	left=0
	for file in /etc/grub.d/99_smmuv3 /etc/initramfs/post-update.d/smmuv3 /var/lib/smmuv3 /usr/share/smmuv3 \
		/var/lib/dkms/smmuv3 /etc/systemd/system/*/smmuv3-booted.service; do
		if [ -e "$file" ] || [ -L "$file" ]; then
			echo "$file is left"
			left=1
		fi
	done
	[ "$left" = 0 ]
}

# the packages are installed, and smmuv3-enable adds its entry
stage_1()
{
	check kernel kernel_is "$old"
	built_in_drives
	check install-tools apt-get -y --no-install-recommends install /debs/smmuv3-tools.deb
	check unit-enabled unit_enabled
	mv "$ko" "$ko.away"
	refuses enable-without-module "has no module smmuv3" smmuv3-enable
	mv "$ko.away" "$ko"
	check module has_module "$old"
	check enable smmuv3-enable
	check entry has_entry
	echo 3 >/stage	# the next boot ends in the initramfs
}

# the kernel does not trust the module's key: the initramfs reboots
stage_2()
{
	:
}

# GRUB has started the built-in driver, and smmuv3-enable tries again
stage_3()
{
	check kernel kernel_is "$old"
	built_in_drives
	check entry has_entry
	check pending pending_is 1
	check reported reached_user_space
	check enable smmuv3-enable
	check not-pending pending_is 0
	next_boot
}

# the key is enrolled and the module drives; a kernel update comes without headers
stage_4()
{
	check kernel kernel_is "$old"
	module_drives
	check reached-user-space reached_user_space
	check not-pending pending_is 0
	check install-kernel apt-get -y --no-install-recommends install /debs/image/*.deb
	check module-not-built has_no_module "$new"
	check no-entry has_no_entry
	next_boot
}

# the new kernel has its built-in driver; the headers come, and the entry with them
stage_5()
{
	check kernel kernel_is "$new"
	built_in_drives
	mv "/prebuilt/$new" /var/lib/dkms/smmuv3/[0-9]*/
	check install-headers apt-get -y --no-install-recommends install /debs/headers/*.deb
	check module-installed has_module "$new"
	check entry has_entry
	next_boot
}

# the module drives in the new kernel; the packages are removed
stage_6()
{
	check kernel kernel_is "$new"
	module_drives
	check reached-user-space reached_user_space
	check remove-dkms apt-get -y purge smmuv3-dkms
	check module-gone has_no_module "$new"
	check no-entry has_no_entry
	check remove-tools apt-get -y purge smmuv3-tools
	next_boot
}

# the built-in driver is back, and nothing is left
stage_7()
{
	check kernel kernel_is "$new"
	built_in_drives
	check no-entry has_no_entry
	check nothing-left nothing_left
}
