# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: ipmmu.ko on Debian's kernel, over registers that do nothing: probe, groups, attach, power, rebinding
# long: yes
# needs: module
# vm: --iommu none --append iommu.strict=1 --append no_console_suspend --append initcall_blacklist=ipmmu_driver_init
# dts: ipmmu.dts
# qemu: -device edu -device edu
# modules: virtio_mmio vfio_pci vfio_iommu_type1
. /lib/pm.sh
driver=/sys/bus/platform/drivers/ipmmu-vmsa
devices=/sys/bus/platform/devices
leaf=4010000.iommu root=4000000.iommu

group_of()
{
	readlink "$devices/$1.virtio_mmio/iommu_group"
}
bound()
{
	[ -e "$driver/$1" ]
}
status_is()
{
	[ "$(cat "$devices/$1/power/runtime_status")" = "$2" ]
}

refuses stage-unknown insmod /modules/ipmmu.ko stage=3
check stage-said dmesg_has 'stage=3: must be one of: auto 1 2'
# The command line keeps a built-in ipmmu-vmsa from starting, and must not keep this one.
check insert load ipmmu runtime_pm=on
for unit in $root $leaf 7ff00000.iommu; do check "bound-$unit" wait_for 10 bound "$unit"; done
# Linux 7.2 attaches each device when its IOMMU is registered, and refuses the IOMMU if one fails.
if kernel_is 6.12; then
	check bound-7ff01000.iommu wait_for 10 bound 7ff01000.iommu
else
	check 7ff01000-refused-said wait_for 10 dmesg_has '7ff01000.iommu: .*failed to register iommu'
	refuses bound-7ff01000.iommu bound 7ff01000.iommu
fi
check root-said dmesg_has "$root: root with 7 contexts, stage 1"
check leaf-said dmesg_has "$leaf: leaf of $root with 48 micro-TLBs"
refuses stray-leaf bound 7ff02000.iommu
check stray-said dmesg_has 'renesas,ipmmu-main refers to no node'

# Nothing is behind the virtio transports, so their driver leaves them; the IOMMU core keeps them.
load virtio_mmio
check group-a wait_for 10 group_of a000000
check group-b wait_for 10 group_of a000200
check group-c wait_for 10 group_of a000400
check shared-utlb test "$(group_of a000200)" = "$(group_of a000400)"
check own-utlb test "$(group_of a000000)" != "$(group_of a000200)"
check context-said dmesg_has 'a000000.virtio_mmio: Using IPMMU context 1$'
check shared-context-said dmesg_has 'Reusing IPMMU context'
check translated grep -q '^DMA$' "$devices/a000000.virtio_mmio/iommu_group/type"
refuses bad-utlb group_of a000800
check bad-utlb-said dmesg_has 'refers to micro-TLB 48'
refuses endless-flush group_of a000600
check endless-flush-said dmesg_has 'a TLB flush timed out'

# Each function has a micro-TLB of its own.
load edu_dma
pci_group()
{
	readlink "/sys/bus/pci/devices/$1/iommu_group"
}
check pci-translated wait_for 10 pci_group 0000:00:01.0
check pci-type grep -q '^DMA$' /sys/bus/pci/devices/0000:00:01.0/iommu_group/type
check pci-own-group test "$(pci_group 0000:00:01.0)" != "$(pci_group 0000:00:02.0)"
check pci-unload rmmod edu_dma

# VFIO takes the function, and no other device gets its group then: QEMU's host bridge is coherent.
vfio_device()
{
	[ -n "$(find /sys/bus/pci/devices/0000:00:01.0/vfio-dev -mindepth 1)" ] &&
		[ -c "/dev/vfio/$(basename "$(pci_group 0000:00:01.0)")" ]
}
load vfio_iommu_type1
load vfio_pci
echo vfio-pci >/sys/bus/pci/devices/0000:00:01.0/driver_override
echo 0000:00:01.0 >/sys/bus/pci/drivers_probe
check vfio-takes-it wait_for 10 vfio_device
echo 0000:00:01.0 >/sys/bus/pci/drivers/vfio-pci/unbind

type="$devices/a000000.virtio_mmio/iommu_group/type"
change()
{
	echo "$1" >"$type" && grep -q "^$1\$" "$type"
}
check to-identity change identity
check to-dma change DMA

# Without clients both go down; the root last and up first.
tracing=/sys/kernel/tracing
mount -t tracefs tracefs $tracing 2>/dev/null
for event in ipmmu rpm/rpm_status; do echo 1 >"$tracing/events/$event/enable"; done
traced()
{
	grep -q "ipmmu_power: $1: $2 in [0-9]* ns" $tracing/trace
}
check stays-on status_is $leaf active
let_pci_suspend
for unit in $leaf $root; do
	check "suspends-$unit" wait_for 10 status_is "$unit" suspended
	check "suspend-traced-$unit" traced "$unit" 'active -> suspended'
done
check pmtest pmtest 0 --run --all --cycles 2
for unit in $leaf $root; do says "pmtest-woke-$unit" "^ok .*$unit-woke-2 # on for"; done
SMMUV3_SHARE=/lib/smmuv3 smmuv3-report >/tmp/report
check report-root grep '^contexts 7$' /tmp/report
check report-leaf grep "^root $root\$" /tmp/report
check report-client grep '^client 0000:00:01.0 .* DMA runtime_status' /tmp/report
echo on >"$devices/$leaf/power/control"
for unit in $root $leaf; do
	check "resumes-$unit" status_is "$unit" active
	check "resume-traced-$unit" traced "$unit" 'suspended -> active'
done
sed -n 's/^ .*\] [^ ]* */TRACE /p' $tracing/trace >/dev/console

sleeps()
{
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	echo platform >/sys/power/pm_test
	echo freeze >/sys/power/state
}
for round in 1 2 3; do check "system-sleep-$round" sleeps; done
check awake status_is $leaf active
echo auto >"$devices/$leaf/power/control"
check suspends-again wait_for 10 status_is $root suspended
check sleeps-while-suspended sleeps

echo $leaf >$driver/unbind
refuses leaf-unbound bound $leaf
check group-gone test ! -e "$devices/a000000.virtio_mmio/iommu_group"
echo $leaf >$driver/bind
check leaf-bound bound $leaf
echo $root >$driver/unbind
refuses root-takes-its-leaf bound $leaf
echo $leaf >$driver/bind 2>/dev/null
refuses leaf-waits bound $leaf
echo $root >$driver/bind
check root-bound bound $root
echo $leaf >$driver/bind
check leaf-bound-again bound $leaf
refuses nothing-failed dmesg_has 'all DMA is blocked'
# A device behind a leaf keeps the module.
echo $leaf >$driver/unbind
check unload rmmod ipmmu
