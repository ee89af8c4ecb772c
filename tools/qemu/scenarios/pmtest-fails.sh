# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: smmuv3-pmtest fails, and says why: on a device that stays on, a fault, and what never ends
# long: yes
# needs: module
# vm: --events --append iommu.strict=1 --append cryptomgr.notests --scratch disk --timeout 300
# qemu: -device edu -device ich9-ahci,id=sata -device ide-hd,drive=disk,bus=sata.0
# modules: ahci sd_mod
. /lib/pm.sh
insert_driver runtime_pm=on || return
sata_disk || return
echo 0 >/sys/block/sda/events_poll_msecs 2>/dev/null

# A device in use is named.
load edu_dma
wait_for 20 edu_ready
check stays-on pmtest 1 --run --client "$(pci_find 8086 2922)" --cycles 1 --limit 3
says names-it "^not ok .*9050000.smmuv3-suspends-1 # on after 3 s, because of .*$(edu_pci): "

# A fault while it runs: it waits for the SMMU, which is on for the device that faults.
fault()
{
	wait_for 100 grep -q '^ok 1 ' /tmp/pmtest
	edu_do bad_read 0xbad000
	rmmod edu_dma
}
fault >/dev/null 2>&1 &
check sees-a-fault pmtest 1 --run --all --disk /dev/sda --cycles 1 --limit 100
wait
says suspends-then '^ok .*9050000.smmuv3-suspends-1 # after'
says shows-the-fault '^not ok .* no-fault # 1, the last: .*F_TRANSLATION'

# What never ends.
cat >/tmp/hangs <<'END'
set -eu
work=/tmp/hangs.d
mkdir -p $work
. /lib/smmuv3/ktap.sh
bail_out() { exit 1; }
ktap_plan true
check works 5 echo right
check waits 1 sleep 1000
check not-reached 1 true
END
hangs()
{
	! sh /tmp/hangs >/tmp/pmtest 2>&1
}
check hang-fails hangs
says shows-the-hang '^not ok 2 waits # did not end in 1 s'
says stops-there '^Bail out! waits hangs'
refuses goes-no-further grep not-reached /tmp/pmtest
