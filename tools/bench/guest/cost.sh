# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# Guest script of tools/bench/run: what the driver under test costs. With bench=power: power_cost. With
# bench=grace: grace_cost. One processor: dma_cost, and
# dma_map_benchmark with one thread; with strict invalidation, table_cost. Two: dma_map_benchmark with two.
# Everything measured becomes a line "INFO bench KEY VALUE...".

# The driver's machine code: a run of neighbours in kallsyms for the built-in one.
driver_text()
{
	if cmdline_has driver=intree; then
		awk '$2 !~ /[tT]/ { next }
			$3 ~ /arm_smmu|^queue_/ { if (!run++) first = $1; found = found || $3 == "arm_smmu_cmdq_issue_cmdlist"; next }
			found { print first, $1; exit }
			{ run = 0 }' /proc/kallsyms
	else
		cat /sys/module/smmuv3/sections/.text
	fi
}

say_cost()
{
	check dma-cost load dma_cost
	dmesg | sed -n 's/^.*dma_cost: \(bytes=.*\|first_dma_ns=.*\)/\1/p' | while read -r line; do
		info bench cost "$line"
	done
	check edu-domain expect_domain "$(edu_pci)" "$domain"
	info bench driver-text "$(driver_text)"
	rmmod dma_cost
}

say_tables()
{
	check table-cost load table_cost
	info bench tables "$(dmesg | sed -n 's/^.*table_cost: \(mapped=.*\)/\1/p')"
	rmmod table_cost
}

say_power()
{
	. /lib/pm.sh
	let_pci_suspend
	check power-cost load power_cost
	dmesg | sed -n 's/^.*power_cost: \(op=.*\)/\1/p' | while read -r line; do
		info bench power "$line"
	done
	check elided is_counted "$(smmu_stat elided)"
	check edu-domain expect_domain "$(edu_pci)" "$domain"
	rmmod power_cost
}

say_grace()
{
	check grace-cost load grace_cost
	dmesg | sed -n 's/^.*grace_cost: \(way=.*\)/\1/p' | while read -r line; do
		info bench grace "$line"
	done
	rmmod grace_cost
}

# say_map_benchmark THREADS PAGES
say_map_benchmark()
{
	check "map-benchmark-$1-$2" /bin/ask "$1" 1 "$2"
	info bench map-benchmark "$(tail -n 1 /tmp/check.out)"
}

# For tools/bench/profile: the names of functions, on the console.
say_symbols()
{
	echo SYMBOLS
	awk '$2 ~ /[tTwW]/ { print $1, $3, $4 }' /proc/kallsyms
	echo SYMBOLS-END
}

if cmdline_has bench=power; then
	insert_driver runtime_pm=on || return
else
	insert_driver || return
fi
if cmdline_has iommu.strict=1; then domain=DMA; else domain=DMA-FQ; fi
processors="$(grep -c ^processor /proc/cpuinfo)"
! cmdline_has bench=symbols || say_symbols
if cmdline_has bench=power; then
	say_power
	return
fi
if cmdline_has bench=grace; then
	say_grace
	return
fi
[ "$processors" != 1 ] || say_cost
[ "$processors$domain" != 1DMA ] || cmdline_has bench=symbols || say_tables
if [ -f /modules/map_benchmark.ko ]; then
	check map-benchmark load map_benchmark
	echo dma_map_benchmark >"/sys/bus/pci/devices/$(edu_pci)/driver_override"
	edu_pci >/sys/bus/pci/drivers/dma_map_benchmark/bind
	say_map_benchmark "$processors" 1
	say_map_benchmark "$processors" 64
fi
