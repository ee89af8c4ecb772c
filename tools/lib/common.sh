# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Helpers every script of tools/ sources: messages, the cache directory, compilers, apt access.

# shellcheck disable=SC2034 # used by the scripts that source this file
smmuv3_cache="${XDG_CACHE_HOME:-$HOME/.cache}/smmuv3"
# shellcheck disable=SC2034 # used by the scripts that source this file
repo_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

# Compilers go through ccache, so that a clean clone compiles only what no clone compiled before.
if [ -d /usr/lib/ccache ]; then
	PATH="/usr/lib/ccache:$PATH"
	export CCACHE_DIR="${CCACHE_DIR:-$smmuv3_cache/ccache}" CCACHE_MAXSIZE=2G
	export CCACHE_BASEDIR="$repo_root" CCACHE_NOHASHDIR=1
	export CCACHE_NODIRECT=1	# the direct mode does not see a new header that hides another
fi

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "${0##*/}: $*"
	exit 1
}

# What a script says of itself at its top, for -h or --help among its own arguments.
help_if_asked()
{
	local argument
	for argument in "$@"; do
		case "$argument" in
		--) return 0 ;;
		-h | --help)
			awk 'NR > 2 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
			exit 0
			;;
		esac
	done
}

need_tool()
{
	command -v "$1" >/dev/null || die "'$1' is missing: run tools/deps/install $2 as root"
}

arm64_enabled()
{
	dpkg --print-foreign-architectures | grep -qx arm64 || [ "$(dpkg --print-architecture)" = arm64 ]
}

enable_arm64()
{
	arm64_enabled && return 0
	[ "$(id -u)" = 0 ] ||
		die "the arm64 architecture is not enabled: run 'dpkg --add-architecture arm64' as root"
	dpkg --add-architecture arm64 ||
		die "dpkg refuses the arm64 architecture: see 'dpkg --print-foreign-architectures'"
	update_lists
}

update_lists()
{
	[ "$(id -u)" = 0 ] || die "the package lists are out of date: run 'apt-get update' as root"
	say "Fetching the package lists"
	apt-get -qq update || die "'apt-get update' failed: check the network and /etc/apt/sources.list"
}

# download DIRECTORY PACKAGE...: fetches the .deb files; needs no root.
download()
{
	local dir="$1" err
	shift
	mkdir -p "$dir"
	local -a as_root=()
	[ "$(id -u)" = 0 ] && as_root=(-o APT::Sandbox::User=root)
	err="$(cd "$dir" && apt-get -qq "${as_root[@]}" download "$@" 2>&1)" && return 0
	case "$err" in
	*"Unable to locate"* | *"no installation candidate"*)
		return 2
		;;
	esac
	say "$err"
	return 1
}

# download_or_die DIRECTORY PACKAGE...: fetches, with one retry after new package lists.
download_or_die()
{
	local rc=0
	download "$@" || rc=$?
	[ "$rc" = 0 ] && return 0
	if [ "$(id -u)" = 0 ]; then
		update_lists
		download "$@" && return 0
	fi
	shift
	[ "$rc" = 2 ] && die "a package is not found: $*; Debian 12 with bookworm-security is needed"
	die "cannot download $*: check the network, then run 'apt-get update' as root and try again"
}

archive_of_debian()
{
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $1" 'Component: main' |
		sed -n 1p
}

# debian_entry SUITE: the machine's own entry for Debian in apt's sources, with the suite's name changed.
debian_entry()
{
	local codename uri options="" key=/usr/share/keyrings/debian-archive-keyring.gpg
	# shellcheck source=/dev/null
	codename="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")"
	uri="$(archive_of_debian "$codename")"
	if [ -z "$uri" ] && [ "$(id -u)" = 0 ]; then
		update_lists	# apt tells of lists that it has, only
		uri="$(archive_of_debian "$codename")"
	fi
	[ -n "$uri" ] || return 1
	[ ! -f "$key" ] || options="[signed-by=$key] "
	echo "deb $options$uri $1 main"
}

help_if_asked "$@"
