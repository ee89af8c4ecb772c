# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Fills a directory with what a guest needs: busybox, the guest library, kernel modules.
# shellcheck source-path=SCRIPTDIR source=common.sh
[ -n "${smmuv3_cache:-}" ] || . "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# guest_packages NAME PACKAGE...: unpacks arm64 packages in the cache once; prints the directory.
guest_packages()
{
	local dir="$smmuv3_cache/$1-arm64" deb
	shift
	mkdir -p "$smmuv3_cache"
	(
		flock 9
		[ ! -e "$dir" ] || exit 0
		enable_arm64
		rm -rf "$dir.new"
		download_or_die "$dir.new" "${@/%/:arm64}"
		for deb in "$dir.new"/*.deb; do dpkg -x "$deb" "$dir.new" || exit 1; done
		mv "$dir.new" "$dir"
	) 9>"$dir.lock" || exit 1
	echo "$dir"
}

# stage_kexec DIRECTORY: Debian's kexec and the libraries it loads.
stage_kexec()
{
	local from libs=lib/aarch64-linux-gnu
	from="$(guest_packages kexec kexec-tools libc6 zlib1g libxenmisc4.17 libxencall1 \
		libxenforeignmemory1 libxentoollog1 libxentoolcore1 libxenevtchn1 libxengnttab1 \
		libxendevicemodel1)" || exit 1
	mkdir -p "$1/$libs"
	cp "$from/sbin/kexec" "$1/bin/"
	cp -L "$from/$libs"/{libc.so.6,libz.so.1,ld-linux-aarch64.so.1} "$from/usr/$libs"/libxen*.so.* \
		"$1/$libs/"
	ln -sf aarch64-linux-gnu/ld-linux-aarch64.so.1 "$1/lib/ld-linux-aarch64.so.1"
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
	[[ "$flavour" != built-* ]] || return 0	# has everything built in
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
	busybox="$(guest_packages busybox busybox-static)/bin/busybox" || exit 1
	mkdir -p "$1"/{bin,lib,dev,proc,sys,tmp,run,root,modules}
	cp "$busybox" "$1/bin/busybox"
	ln -sf busybox "$1/bin/sh"
	cp "$repo_root/tools/qemu/guest/lib.sh" "$1/lib/guest.sh"
	cp "$repo_root/tools/qemu/guest/pm.sh" "$1/lib/"
	cp "$repo_root/tools/deb/sbin/smmuv3-report" "$repo_root/tools/deb/sbin/smmuv3-pmtest" "$1/bin/"
	cp -r "$repo_root/tools/deb/share" "$1/lib/smmuv3"
}
