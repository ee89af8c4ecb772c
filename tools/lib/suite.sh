# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packages of newer Debian suites, unpacked in the cache and made to run on this machine.
# shellcheck source-path=SCRIPTDIR source=common.sh
[ -n "${smmuv3_cache:-}" ] || . "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suites=(trixie trixie-backports sid)
suite_base="$smmuv3_cache/suites"

# suite_apt TOOL ARGUMENT...: apt with sources and lists of its own; the machine's are only read.
suite_apt()
{
	local tool="$1"
	shift
	"$tool" -qq -o Dir::Etc::sourcelist="$suite_base/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::Etc::preferencesparts=- -o Dir::State::lists="$suite_base/lists" \
		-o APT::Architectures::=arm64 -o APT::Sandbox::User=root "$@"
}

# suite_lists: provides the package lists; suite_update: fetches them again.
suite_lists()
{
	[ -e "$suite_base/ready" ] || suite_update
}

suite_update()
{
	local suite
	mkdir -p "$suite_base/lists/partial"
	for suite in "${suites[@]}"; do
		debian_entry "$suite" ||
			die "the sources of apt have no entry for this machine's own Debian release"
	done >"$suite_base/sources.list"
	say "Fetching the package lists of ${suites[*]} (60 MB, kept in $suite_base)"
	suite_apt apt-get -o APT::Update::Error-Mode=any update >&2 ||
		die "the package lists of ${suites[*]} cannot be fetched: check the network"
	touch "$suite_base/ready"
}

# suite_unpack SUITE DIRECTORY PACKAGE...: downloads the packages and unpacks them there.
suite_unpack()
{
	local suite="$1" dir="$2" deb
	shift 2
	mkdir -p "$dir/debs"
	(cd "$dir/debs" && suite_apt apt-get -t "$suite" download "$@" >"$dir/err" 2>&1) ||
		die "cannot download $*: $(tail -1 "$dir/err")"
	for deb in "$dir"/debs/*.deb; do
		dpkg -x "$deb" "$dir" || die "cannot unpack ${deb##*/}: is the disk full?"
	done
	rm -rf "$dir/debs" "$dir/err"
}

is_elf()
{
	[ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}

# suite_run_here LIBRARIES DIRECTORY: has the programs in DIRECTORY use the libc and the libraries of a newer suite.
# DT_RPATH, because DT_RUNPATH does not apply to the libraries of libraries.
suite_run_here()
{
	local loader file
	need_tool patchelf suites
	loader="$(echo "$1"/ld-linux-*.so.*)"
	find "$2" -type f -perm -u+x ! -name '*.so*' | while read -r file; do
		is_elf "$file" || continue
		patchelf --print-interpreter "$file" >/dev/null 2>&1 || continue
		patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$1" "$file"
	done
}
