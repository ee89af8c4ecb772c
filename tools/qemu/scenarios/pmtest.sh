# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: smmuv3-pmtest lists, cycles and sleeps, and leaves everything as it was
# long: yes
# needs: module
# vm: --events --append iommu.strict=1 --append cryptomgr.notests --append no_console_suspend --scratch disk
# qemu: -device edu -device ich9-ahci,id=sata -device ide-hd,drive=disk,bus=sata.0 -netdev user,id=n0 -device e1000e,netdev=n0,romfile=
# modules: ahci sd_mod e1000e
. /lib/pm.sh

plan_is_kept()
{
	kept_plan="$(sed -n 's/^1\.\.//p' /tmp/pmtest)"
	echo "$kept_plan planned, $(grep -c '^\(not \)\?ok ' /tmp/pmtest) run"
	[ "$kept_plan" = "$(grep -c '^\(not \)\?ok ' /tmp/pmtest)" ]
}

controls()
{
	find /sys/devices -path '*/power/control' -o -path '*/power/autosuspend_delay_ms' | sort | xargs grep -H . 2>/dev/null
}

insert_driver runtime_pm=on || return
sata_disk || return
dd if=/dev/urandom of=/dev/sda bs=64k count=64 conv=fsync 2>/dev/null
echo 0 >/sys/block/sda/events_poll_msecs 2>/dev/null
sata="$(pci_find 8086 2922)"

# It lists, and changes nothing.
controls >/tmp/before
check controls-found is_counted "$(grep -c . /tmp/before)"
check lists pmtest 0
says says-why "kept on by $sata: power/control is 'on'"
check refuses-a-name pmtest 2 --run --client nothing
check refuses-a-disk pmtest 2 --run --all --disk /dev/nothing
check needs-a-device pmtest 2 --run
says tells-that 'no IOMMU is under test'

# The SATA disk suspends with its controller.
check cycles pmtest 0 --run --all --disk /dev/sda --cycles 2
check plan-is-kept plan_is_kept
says suspended '^ok .*9050000.smmuv3-suspends-2 # after'
says read '^ok .*sda-reads-2 # 4096 KB, sha256'
says woke '^ok .*9050000.smmuv3-woke-2 # on for'
says table '^# 9050000.smmuv3  *[1-9]'
check traced grep 'smmu_power: 9050000.smmuv3: suspended -> resuming' /tmp/smmuv3-pmtest.trace
controls >/tmp/after
check restored cmp /tmp/before /tmp/after

# A network interface keeps its device on; the machine still sleeps.
load e1000e
wait_for 20 test -e /sys/class/net/eth0
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
wait_for 10 grep -q 1 /sys/class/net/eth0/carrier
check sleeps pmtest 0 --run --all --disk /dev/sda --net eth0:10.0.2.2 --cycles 0 --sleep 1
says answered '^ok .*eth0-answers-after-sleep-1 # 3 packets transmitted, 3 packets received'
ifconfig eth0 down
rmmod e1000e
