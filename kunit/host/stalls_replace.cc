// SPDX-License-Identifier: GPL-2.0-only
// Another CPU reads the event queue while one attaches a device, or a PASID, to another domain: the handler of the domain
// before gets no fault from then on, and no transaction aborts where the new domain resolves faults.
#include <thread>

#include "kunit/smmu/fixture/stalling.hpp"

using namespace test::stalling;
using test::Case;
using test::Device;
using test::ResolvedSpace;

namespace {

using Pid = std::optional<u32>;

int attach(Scene& scene, test::Space& space, Pid pasid)
{
	Device& device = scene.device;  // faults are held
	return pasid ? device.attach_pasid(*pasid, space) : device.attach(space);
}

// Each wait for a CMD_SYNC reads CMDQ_CONS once.  At one of them the device faults, and its record is read.
struct FaultAt {
	Scene& scene;
	Pid pasid;
	u32 reads;  // before it
	Dma dma{};
	bool reached = false;

	void arm()
	{
		scene.board.boundary_context = this;
		scene.board.before_read = [](test::Board& board, u32 offset) {
			auto& self = *static_cast<FaultAt*>(board.boundary_context);
			if (offset == model::reg::CMDQ_CONS && !self.reached && !self.reads--)
				self.fault(board);
		};
	}
	void fault(test::Board& board)
	{
		reached = true;
		dma = board.smmu.translate(kSid, pasid, kIova, {});
		std::thread other_cpu([&] { smmu_core_drain_evtq(board.core); });
		other_cpu.join();
	}
	void disarm() { scene.board.before_read = nullptr; }
	bool stalled() const { return reached && dma.outcome == Outcome::kStalled; }
};

enum class Before { kResolved, kUnresolved };

// `pasid`: of what is attached.  True: the attach has had more than `reads`.
bool replace(Case& t, Before before, Pid pasid, u32 reads)
{
	Scene scene(t, test::register_setup());
	ResolvedSpace next(scene.board);
	const bool resolved = before == Before::kResolved;
	EXPECT_EQ(t, attach(scene, resolved ? scene.space : scene.plain, pasid), 0);
	smmu_core_master_report_stalls(scene.device.master);
	const Dma offered = resolved ? scene.stall(kIova + kPage, kSid, pasid) : Dma{};
	FaultAt fault{scene, pasid, reads};
	fault.arm();
	EXPECT_EQ(t, attach(scene, next, pasid), 0);
	fault.disarm();
	EXPECT_EQ(t, scene.board.reports.nr_faults, resolved);
	if (resolved && !(fault.stalled() && fault.dma.stag == offered.stag))
		EXPECT_EQ(t, scene.state(offered), StallState::kAbort);
	if (fault.stalled())
		EXPECT_EQ(t, scene.state(fault.dma), StallState::kWaiting);
	smmu_core_master_report_stalls(scene.device.master);
	if (fault.stalled())
		EXPECT_EQ(t, scene.state(fault.dma), StallState::kRetry);
	EXPECT_EQ(t, scene.board.reports.nr_faults, resolved);
	scene.device.destroy();
	return fault.reached;
}

void replace_at_every_read(Case& t, Before before)
{
	for (Pid pasid : {Pid(), Pid(kPasid)}) {
		u32 reads = 0;
		while (replace(t, before, pasid, reads))
			reads++;
		EXPECT(t, reads > 0);
	}
}

void fault_during_a_replace_is_held(Case& t)
{
	replace_at_every_read(t, Before::kResolved);
}

void fault_during_the_attach_of_the_first_handler_is_held(Case& t)
{
	replace_at_every_read(t, Before::kUnresolved);
}

}  // namespace

TEST_SUITE(stalls_replace, TEST_CASE(fault_during_a_replace_is_held),
	   TEST_CASE(fault_during_the_attach_of_the_first_handler_is_held));
