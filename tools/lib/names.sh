# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The names check of tools/lint, which has tracked().

# Paths that documentation and comments name.  Linux has some of these folders, too.
named_paths()
{
	{
		git grep --untracked -h '' -- '*.rst' '*.md'
		git grep --untracked -hE '^[[:space:]]*(//|/?\*|#[^a-z])'
	} | grep -oP '(?<![\w./-])(kunit|arm-smmu-v3|ipmmu|include|tools)/[\w./*-]*[\w/*]' | sort -u |
		grep -vE '^(tools/(memory-model|testing)|include/(generated|linux))\b|\.ko$'
}

# Cases that the documentation names: suite.case.
named_cases()
{
	local suites
	suites="$(sed -nE 's/^[A-Z_]*SUITE\((.*)\)$/\1/p' kunit/suites.def | paste -sd'|')"
	git grep -hoP "(?<![\w./-])($suites)\.(?!(cc?|h|hpp|py)\b)[a-z0-9_]+" -- '*.rst' '*.md' | sort -u
}

all_cases()
{
	# shellcheck disable=SC2016 # Perl's variables
	tracked 'kunit/*.cc' 'kunit/*.c' | xargs perl -0777 -ne '
		while (/TEST_SUITE\((\w+),(.*?)\);/sg) {
			my ($suite, $cases) = ($1, $2);
			print "$suite.$_\n" for $cases =~ /TEST_CASE\((\w+)\)/g;
		}' | sort -u
}

# Suites that do not have their file's name, behind that of the hardware where two kinds have such a file.
misnamed_suites()
{
	local file suite name
	git grep --untracked -oE 'TEST_SUITE\(\w+' -- 'kunit/*.cc' 'kunit/*.c' | while IFS=: read -r file suite; do
		name="$(basename "${file%.*}")"
		case "$file" in
		kunit/model/*) name="model_$name" ;;
		kunit/ipmmu/* | kunit/linux/ipmmu/*) name="ipmmu_$name" ;;
		kunit/pgtable/* | kunit/linux/pgtable/*) name="pgtable_$name" ;;
		esac
		[ "$suite" = "TEST_SUITE($name" ] || echo "$file: suite ${suite#*(}, not $name"
	done
}

# has_source NAME PATTERN...: whether a file exists whose path is a pattern with NAME for %.
has_source()
{
	local pattern
	for pattern in "${@:2}"; do
		! compgen -G "${pattern/\%/$1}" >/dev/null || return 0
	done
	return 1
}

# unit_tests_without_source ROOM PATTERN...: files that have no source's name, with a subject behind it or without.
unit_tests_without_source()
{
	local file name
	for file in "$1"/*.cc; do
		name="$(basename "$file" .cc)"
		while ! has_source "$name" "${@:2}"; do
			[[ "$name" == *_* ]] || { echo "$file: no source has its name"; break; }
			name="${name%_*}"
		done
	done
}

# What is wrong with names, a line each; nothing and 0 if all are right.
wrong_names()
{
	local path wrong
	wrong="$(named_paths | while read -r path; do
		[ -n "$(tracked "$path")" ] || echo "there is no $path"
	done
	comm -23 <(named_cases) <(all_cases) | sed 's/^/there is no case /'
	misnamed_suites
	unit_tests_without_source kunit/base 'include/core/%.hpp' 'kunit/base/%.h*'
	unit_tests_without_source kunit/smmu/unit 'arm-smmu-v3/%.*'
	unit_tests_without_source kunit/ipmmu/unit 'ipmmu/%.*')"
	[ -z "$wrong" ] || { echo "$wrong"; return 1; }
}
