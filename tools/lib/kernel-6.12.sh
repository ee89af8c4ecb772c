# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's Linux 6.12: in the machine's own package sources, as one image package.

# kernel_newest VARIANT: prints the kernel release, such as 6.12.117+deb12-arm64.
kernel_newest()
{
	local release
	release="$(newest_listed "$1")"
	if [ -z "$release" ] && [ "$(id -u)" = 0 ]; then
		update_lists
		release="$(newest_listed "$1")"
	fi
	[ -n "$release" ] || die "no Debian 6.12 kernel '$1' is found: enable bookworm-security in" \
		"/etc/apt/sources.list and run 'apt-get update' as root"
	echo "$release"
}

newest_listed()
{
	apt-cache pkgnames linux-image-6.12. |
		sed -nE "s/^linux-image-(6\.12\.[0-9]+\+[a-z0-9]+-$1)-unsigned(:arm64)?$/\1/p" |
		sort -V | tail -1
}

# kernel_unpack DIRECTORY RELEASE COMMON KBUILD: downloads the image, its modules and headers, and unpacks them.
kernel_unpack()
{
	local deb
	enable_arm64
	download_or_die "$1/debs" "linux-image-$2-unsigned:arm64" "linux-headers-$2:arm64" "$3" "$4"
	for deb in "$1"/debs/*.deb; do
		dpkg -x "$deb" "$1" || die "cannot unpack ${deb##*/}: is the disk full?"
	done
	rm -rf "$1/debs"
}

# kernel_adapt DIRECTORY RELEASE: nothing; Debian 12 has what its headers need.
kernel_adapt()
{
	:
}
