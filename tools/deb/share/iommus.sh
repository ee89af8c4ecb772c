# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What smmuv3-report and smmuv3-pmtest share: which IOMMUs there are, and what is behind them.

iommu_drivers=/sys/bus/platform/drivers
export LC_ALL=C

# iommus: the devices bound to either driver, module or built in; one directory of sysfs a line.
iommus()
{
	for iommu_dir in "$iommu_drivers"/arm-smmu-v3/*.* "$iommu_drivers"/ipmmu-vmsa/*.*; do
		[ ! -e "$iommu_dir/power" ] || readlink -f "$iommu_dir"
	done
}

# clients DIRECTORY: the devices behind an IOMMU; one directory of sysfs a line.
clients()
{
	for client_link in "$1"/iommu/*/devices/*; do
		[ ! -e "$client_link" ] || readlink -f "$client_link"
	done
}

# leaves DIRECTORY: the IPMMUs that translate through a root; one directory of sysfs a line.
leaves()
{
	for leaf in $(iommus); do
		[ ! -e "$1/consumer:platform:${leaf##*/}" ] || echo "$leaf"
	done
}

# attribute DIRECTORY NAME: one line of sysfs, or a dash.
attribute()
{
	attribute_value=-
	! { read -r attribute_value <"$1/$2"; } 2>/dev/null || :
	echo "${attribute_value:--}"
}

driver_of()
{
	driver_link="$(readlink "$1/driver")" || driver_link=none
	echo "${driver_link##*/}"
}

# module_of DIRECTORY: what drives an IOMMU. From Linux 7.2 on, a built-in driver has a module in sysfs, too, which has
# no state.
module_of()
{
	if [ -e "$1/driver/module/initstate" ]; then
		module_link="$(readlink "$1/driver/module")"
		echo "${module_link##*/}"
	else
		echo built-in
	fi
}

# debugfs_of DIRECTORY NAME: the contents of a file that the driver has for each IOMMU.
debugfs_of()
{
	cat "/sys/kernel/debug/$(module_of "$1")/${1##*/}/$2" 2>/dev/null || true
}

# active_children DIRECTORY: the children that runtime PM has on, through those that have no runtime PM of their own.
active_children()
{
	for child in "$1"/*/; do
		child="${child%/}"
		if [ -L "$child" ] || [ ! -e "$child/power/runtime_status" ]; then continue; fi
		case "$(attribute "$child" power/runtime_status)" in
		active | resuming | suspending) echo "$child" ;;
		unsupported) active_children "$child" ;;
		esac
	done
}

# why_awake DIRECTORY: what keeps a device on, as "NAME: reason" lines; nothing if it is suspended.
why_awake()
{
	case "$(attribute "$1" power/runtime_status)" in
	suspended) ;;
	unsupported) echo "${1##*/}: $(why_unsupported "$1")" ;;
	error) echo "${1##*/}: a callback of its driver failed, runtime PM is stopped" ;;
	-) echo "${1##*/}: the kernel has no runtime PM" ;;
	*) why_active "$1" ;;
	esac
}

why_unsupported()
{
	if [ -e "$1/driver" ]; then
		echo "its driver ($(driver_of "$1")) has no runtime PM, or has disabled it"
	else
		echo "it has no driver and no runtime PM"
	fi
}

# Sysfs has the counters of users and children only with CONFIG_PM_ADVANCED_DEBUG.
why_active()
{
	if [ "$(attribute "$1" power/control)" = on ]; then
		echo "${1##*/}: power/control is 'on'"
		return
	fi
	active="$(active_children "$1")"
	if [ -n "$active" ]; then
		for child in $active; do why_awake "$child"; done
		return
	fi
	case "$(attribute "$1" power/runtime_usage)" in
	0 | -) why_not_yet "$1" ;;
	*) echo "${1##*/}: in use (runtime_usage $(attribute "$1" power/runtime_usage))" ;;
	esac
}

why_not_yet()
{
	delay="$(attribute "$1" power/autosuspend_delay_ms)"
	case "$delay" in
	-) echo "${1##*/}: active" ;;
	-*) echo "${1##*/}: power/autosuspend_delay_ms is negative" ;;
	*) echo "${1##*/}: active, suspends $delay ms after its last use" ;;
	esac
}

# why_iommu_awake DIRECTORY: the same for an IOMMU, whose clients keep it on.
why_iommu_awake()
{
	case "$(attribute "$1" power/runtime_status)" in
	suspended) return ;;
	unsupported) echo "${1##*/}: not suspended at run time (parameter runtime_pm, or no power domain)" ;;
	*) [ "$(attribute "$1" power/control)" = auto ] || echo "${1##*/}: power/control is 'on'" ;;
	esac
	for client in $(clients "$1"); do why_awake "$client"; done
	for leaf in $(leaves "$1"); do
		[ "$(attribute "$leaf" power/runtime_status)" = suspended ] || echo "${leaf##*/}: a leaf that is on"
	done
}

# What both drivers log about faults, decoded, and about errors of the IOMMU itself.
# shellcheck disable=SC2034 # of pmtest
fault_words='arm-smmu-v3 .*event: |ipmmu-vmsa .*fault: '
error_words='CMD_SYNC timeout|not acknowledged|disabled after error|TLB flush timed out|DMA is blocked|failed to resume'
error_words="$error_words|events were lost|global error|Service Failure"
# What the drivers log at level "error" and above, in the log with levels (dmesg -r).
# shellcheck disable=SC2034 # used by the scripts that source this file
driver_errors='^<[0-3]>(\[[^]]*\])* ?(smmuv3|ipmmu|arm-smmu-v3 [^ ]+|ipmmu-vmsa [^ ]+): '
