# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The meaning of an SMMUv3's ID registers (IHI 0070 6.3.1 to 6.3.7).

# bits VALUE HIGH LOW
bits()
{
	echo $((($1 >> $3) & ((1 << ($2 - $3 + 1)) - 1)))
}

# flag VALUE BIT NAME: the name if the bit is set.
flag()
{
	[ "$(bits "$1" "$2" "$2")" = 0 ] || printf ' %s' "$3"
}

# pick INDEX WORD...: the word with that number from 0, or the number.
pick()
{
	pick_index="$1"
	shift
	if [ "$pick_index" -lt $# ]; then
		shift "$pick_index"
		printf ' %s' "$1"
	else
		printf ' reserved(%s)' "$pick_index"
	fi
}

decode_idr0()
{
	printf '  IDR0:'
	flag "$1" 1 stage1
	flag "$1" 0 stage2
	printf ', tables'
	pick "$(bits "$1" 3 2)" reserved AArch32 AArch64 AArch32+AArch64
	printf ','
	flag "$1" 4 COHACC
	flag "$1" 5 BTM
	pick "$(bits "$1" 7 6)" no-HTTU access-flag dirty-state dirty-state+table
	flag "$1" 9 Hyp
	flag "$1" 10 ATS
	flag "$1" 12 ASID16
	flag "$1" 13 MSI
	flag "$1" 14 SEV
	flag "$1" 16 PRI
	flag "$1" 17 VMW
	flag "$1" 18 VMID16
	flag "$1" 19 CD2L
	printf ', endian'
	pick "$(bits "$1" 22 21)" both reserved little big
	printf ', stalls'
	pick "$(bits "$1" 25 24)" optional none forced
	printf ', stream table'
	pick "$(bits "$1" 28 27)" linear two-level
	echo
}

decode_idr1()
{
	printf '  IDR1: StreamID %s bits, SubstreamID %s bits, log2 of entries: CMDQ %s EVENTQ %s PRIQ %s,' \
		"$(bits "$1" 5 0)" "$(bits "$1" 10 6)" "$(bits "$1" 25 21)" "$(bits "$1" 20 16)" "$(bits "$1" 15 11)"
	flag "$1" 26 ATTR_PERMS_OVR
	flag "$1" 27 ATTR_TYPES_OVR
	flag "$1" 28 REL
	flag "$1" 29 QUEUES_PRESET
	flag "$1" 30 TABLES_PRESET
	flag "$1" 31 ECMDQ
	echo
}

decode_idr3()
{
	printf '  IDR3:'
	flag "$1" 2 HAD
	flag "$1" 3 PBHA
	flag "$1" 4 XNX
	flag "$1" 5 PPS
	flag "$1" 7 MPAM
	flag "$1" 8 FWB
	flag "$1" 9 STT
	flag "$1" 10 RIL
	printf ', BBML'
	pick "$(bits "$1" 12 11)" 0 1 2
	echo
}

decode_idr5()
{
	printf '  IDR5: output address'
	pick "$(bits "$1" 2 0)" 32 36 40 42 44 48 52 56
	printf ' bits, granules'
	flag "$1" 4 4K
	flag "$1" 5 16K
	flag "$1" 6 64K
	printf ', input address'
	pick "$(bits "$1" 11 10)" 48 52
	printf ' bits, STALL_MAX %s\n' "$(bits "$1" 31 16)"
}

# Arm's product numbers.
product_name()
{
	case "$(printf '%x %x' "$(bits "$1" 11 0)" "$(bits "$1" 31 20)")" in
	"43b 483") echo " MMU-600" ;;
	"43b 487") echo " MMU-700" ;;
	esac
}

decode_iidr()
{
	printf '  IIDR: implementer 0x%x product 0x%x%s r%sp%s\n' "$(bits "$1" 11 0)" "$(bits "$1" 31 20)" \
		"$(product_name "$1")" "$(bits "$1" 19 16)" "$(bits "$1" 15 12)"
}

# decode_id: the lines "REGISTER VALUE" of an SMMU's file "id", decoded.
decode_id()
{
	while read -r register value; do
		case "$register" in
		IDR0) decode_idr0 "$value" ;;
		IDR1) decode_idr1 "$value" ;;
		IDR3) decode_idr3 "$value" ;;
		IDR5) decode_idr5 "$value" ;;
		IIDR) decode_iidr "$value" ;;
		esac
	done
}
