# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Fills a directory with what a guest needs: busybox, the guest library, kernel modules.
# shellcheck source-path=SCRIPTDIR source=common.sh
[ -n "${smmuv3_cache:-}" ] || . "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Debian's static busybox for arm64, fetched once. Prints its path.
guest_busybox()
{
	local dir="$smmuv3_cache/busybox-arm64"
	if [ ! -x "$dir/bin/busybox" ]; then
		enable_arm64
		rm -rf "$dir.new"
		download_or_die "$dir.new" busybox-static:arm64
		dpkg -x "$dir.new"/*.deb "$dir.new"
		rm -rf "$dir"
		mv "$dir.new" "$dir"
	fi
	echo "$dir/bin/busybox"
}

# Debian compresses some kernels' modules; busybox's insmod wants them plain.
copy_module()
{
	local to="$2/${1##*/}"
	case "$1" in
	*.xz) [ -e "${to%.xz}" ] || xz -dc "$1" >"${to%.xz}" ;;
	*.zst) [ -e "${to%.zst}" ] || zstd -qdc "$1" >"${to%.zst}" ;;
	*) cp "$1" "$to" ;;
	esac
}

# stage_kernel_module DIRECTORY FLAVOUR NAME: the module and all it depends on, in load order.
stage_kernel_module()
{
	local to="$1/modules" flavour="$2" name="$3" release root kind file shown
	release="$("$repo_root/tools/deps/kernel" --release "$flavour")"
	root="$smmuv3_cache/kernel/$flavour/$release"
	mkdir -p "$to"
	: >"$to/$name.order"
	shown="$(modprobe -d "$root" -S "$release" -C /dev/null --show-depends "$name" 2>&1)" ||
		die "kernel $release has no module '$name'"
	while read -r kind file _; do
		[ "$kind" = insmod ] || continue
		copy_module "$file" "$to"
		file="${file##*/}"
		echo "${file%%.ko*}.ko" >>"$to/$name.order"
	done <<<"$shown"
}

stage_own_module()
{
	local to="$1/modules" name
	name="$(basename "$2" .ko)"
	[ -f "$2" ] || die "module $2 is not there: build it first ('make')"
	mkdir -p "$to"
	cp "$2" "$to/$name.ko"
	aarch64-linux-gnu-strip --strip-debug "$to/$name.ko"
	echo "$name.ko" >"$to/$name.order"
}

stage_base()
{
	local busybox
	busybox="$(guest_busybox)" || exit 1
	mkdir -p "$1"/{bin,lib,dev,proc,sys,tmp,run,root,modules}
	cp "$busybox" "$1/bin/busybox"
	ln -sf busybox "$1/bin/sh"
	cp "$repo_root/tools/qemu/guest/lib.sh" "$1/lib/guest.sh"
}
