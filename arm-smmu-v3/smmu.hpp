// SPDX-License-Identifier: GPL-2.0-only
// One SMMU: its registers, queues, tables and power state.
#pragma once

#include "arm-smmu-v3/ats.hpp"
#include "arm-smmu-v3/commands.hpp"
#include "arm-smmu-v3/control.hpp"
#include "arm-smmu-v3/ecmdq.hpp"
#include "arm-smmu-v3/features.hpp"
#include "arm-smmu-v3/gerror.hpp"
#include "arm-smmu-v3/page_requests.hpp"
#include "arm-smmu-v3/power_log.hpp"
#include "arm-smmu-v3/records.hpp"
#include "arm-smmu-v3/stalls.hpp"
#include "arm-smmu-v3/streams.hpp"
#include "arm-smmu-v3/unanswered.hpp"
#include "core/owner.hpp"

namespace smmu3 {

class Smmu {
public:
	// Reads the ID registers and allocates queues and tables.  Writes no register.  Sleeps.
	static core::Result<core::Box<Smmu>> create(device* dev, const smmu_platform& platform);

	struct Parts;
	Smmu(device* dev, const smmu_platform& platform, const IdRegisters& id, Parts&& parts);
	~Smmu();
	Smmu(const Smmu&) = delete;
	Smmu& operator=(const Smmu&) = delete;

	// SAFETY: the pointer comes from to_core(), and the shim uses it until it destroys the
	// object.
	static Smmu& from(smmu_core* core) { return *reinterpret_cast<Smmu*>(core); }
	smmu_core* to_core() { return reinterpret_cast<smmu_core*>(this); }

	device* dev() const { return dev_; }
	const Features& features() const { return features_; }
	const smmu_platform& platform() const { return platform_; }
	const smmu_info& info() const { return info_; }
	Commands& commands() { return commands_; }
	Streams& streams() { return streams_; }
	Records& records() { return records_; }
	Stalls& stalls() { return stalls_; }
	PageRequests& page_requests() { return page_requests_; }
	ErrorHandler& errors() { return errors_; }
	Unanswered& unanswered() { return unanswered_; }
	AtsDevices& ats() { return ats_; }
	smmu_stats stats() const;
	void set_msi(smmu_vector vector, u64 address, u32 data);

	// ---- power.cc ----

	// Bring the SMMU from any state of its registers to translating, at probe and after a
	// power-on.  Sleep.  After an error all DMA behind the SMMU aborts: until stop(), which
	// must follow start(), or until reboot.
	core::Result<> start();
	core::Result<> resume();
	// Prepares for a loss of power.  Sleeps.  After an error the SMMU translates as before, or
	// has failed.
	core::Result<> suspend();
	bool failed() const { return power_.is(SMMU_POWER_FAILED); }
	// Turns the SMMU off and leaves GBPA as `policy` says.  The SMMU must have power.  Sleeps.
	void stop(smmu_exit_policy policy);

	// A domain with dirty tracking is about to be attached.  Any context.
	void note_dirty_tracking() { core::store_relaxed(tracks_dirty_, true); }

	const core::Ids& asids() const { return asids_; }
	const core::Ids& vmids() const { return vmids_; }

	// Domains that have been attached behind it keep its memory and its device, which messages
	// name, also when it is stopped and its devices are gone.  release() sleeps.
	void hold();
	void release();
	// ORDER: what holders have done comes before the memory is freed; pairs with the release in
	// change_holders().
	bool held() const { return holders_.load_acquire(); }

private:
	core::Result<> bring_up();
	core::Result<> quiesce();
	core::Result<> end_page_requests();
	core::Result<> complete_updates();
	void roll_back();
	core::Result<> reopen();
	core::Result<> go_on(CR0 in_force);
	core::Result<> translate(CR0 value);
	void become_active();
	core::Result<> turn_off();
	void give_up();
	void force_off();
	void fail();
	core::Result<> open_queue();
	core::Result<> run();
	core::Result<> default_while_off();
	void write_configuration();
	void change_holders(u32 by);

	device* const dev_;
	const smmu_platform platform_;
	Mmio mmio_;
	const Features features_;
	smmu_info info_{};
	Control control_;
	Ecmdqs ecmdqs_;
	PowerLog power_;
	Commands commands_;
	Unanswered unanswered_;
	AbortedRequests aborted_requests_;
	ErrorHandler errors_;
	Streams streams_;
	AtsDevices ats_;
	Stalls stalls_;
	PageRequests page_requests_;
	Records records_;
	core::Ids asids_, vmids_;
	core::Atomic<u32> holders_;
	bool tracks_dirty_ = false;  // from the first such domain on
};

}  // namespace smmu3
