# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's Linux 7.x: in newer suites, with the image and its modules in two packages.
# shellcheck source-path=SCRIPTDIR source=suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/suite.sh"

# shellcheck disable=SC2154 # tools/deps/kernel sets update and series
# kernel_newest VARIANT: prints the kernel release, such as 7.2.12+deb13-arm64: one of Debian 13, if there is one.
kernel_newest()
{
	local releases release
	if [ -n "$update" ]; then suite_update; else suite_lists; fi
	releases="$(suite_apt apt-cache pkgnames "linux-binary-$series." |
		sed -nE "s/^linux-binary-([0-9.]+\+[a-z0-9]+-$1)(:arm64)?$/\1/p" | sort -V)"
	release="$(grep -F +deb13 <<<"$releases" || echo "$releases")"
	release="${release##*$'\n'}"
	[ -n "$release" ] || die "no Debian $series kernel '$1' is found in ${suites[*]}"
	echo "$release"
}

# kernel_unpack DIRECTORY RELEASE COMMON KBUILD: downloads the image, its modules and headers, and unpacks them.
kernel_unpack()
{
	suite_unpack sid "$1" "linux-binary-$2:arm64" "linux-modules-$2:arm64" "linux-base-$2:arm64" \
		"linux-headers-$2:arm64" "$3" "$4"
}

# kernel_adapt DIRECTORY RELEASE: has the headers and the build programs work on this machine.
# Without vmlinux in the headers, modules get no BTF, which Debian 12's pahole could not make.
kernel_adapt()
{
	local headers="$1/usr/src/linux-headers-$2" programs libraries
	programs="$("$repo_root/tools/deps/compiler")" || exit 1
	libraries="$("$repo_root/tools/deps/compiler" --libraries)" || exit 1
	rm -f "$headers/vmlinux"
	suite_run_here "$libraries" "$1/usr/lib/linux-kbuild-${2%%-*}"
	sed -i "1i export PATH := $programs:\$(PATH)" "$headers/Makefile"
	mkdir -p "$1/boot"
	ln -sf "../usr/lib/modules/$2/vmlinuz" "$1/boot/vmlinuz-$2"
	ln -sfn usr/lib "$1/lib"
}
