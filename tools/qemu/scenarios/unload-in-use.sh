# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: the module cannot be unloaded or unbound while devices or a domain depend on it
# needs: module
# qemu: -device edu
insert_driver || return
edu_works DMA
refuses rmmod-refused rmmod smmuv3
driver_dir=/sys/bus/platform/drivers/arm-smmu-v3
check no-unbind-file test ! -e "$driver_dir/unbind"
check edu-after edu_do roundtrip 4096

# The domain's work and its end are functions of the module.
check keeps-a-domain edu_do keep_domain 8
remove_devices
refuses rmmod-refused-for-it rmmod smmuv3
rmmod edu_dma
unload_idle
