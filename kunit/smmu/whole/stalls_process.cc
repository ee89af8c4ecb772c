// SPDX-License-Identifier: GPL-2.0-only
// Stalled transactions in the page table of a process, which changes without an invalidation where that only permits
// more: another try must not meet what the TLB had.
#include "kunit/smmu/fixture/process.hpp"
#include "kunit/smmu/fixture/stalling.hpp"

using namespace test::stalling;
using model::Access;
using test::answer;
using test::Case;
using test::Process;
using test::Setup;

namespace {

constexpr int kReadOnly = test::Space::kRead | 1 << 3;  // IOMMU_NOEXEC

// The process may read the page, and the SMMU knows that.
struct ReadOnly {
	explicit ReadOnly(Case& t, const Setup& setup = {})
		: scene(t, setup),
		  process(scene.board)
	{
		smmu_core_domain_resolve_faults(process.shared, true);
		EXPECT_EQ(t, process.attach(scene.device, kPasid), 0);
		smmu_core_master_report_stalls(scene.device.master);
		map(kReadOnly);
		EXPECT_EQ(t, scene.board.dma_by(kSid, kPasid, kIova).pa, kPa);
	}
	~ReadOnly() { scene.device.destroy(); }

	void map(int prot)
	{
		EXPECT_EQ(scene.t, process.memory.try_map(kIova, kPa, kPage, prot), 0);
	}
	// As a CPU sets the dirty state, or the kernel fixes a spurious fault of a CPU.
	void permit_writes()
	{
		process.unmap_without_flush(kIova, kPage);
		map(test::Space::kReadWrite);
	}
	Dma write() { return access(kIova, {.write = true}); }
	Dma access(u64 iova, Access access) { return scene.board.dma(kSid, iova, access, kPasid); }

	Scene scene;
	Process process;
};

void write_that_is_permitted_meanwhile_succeeds(Case& t)
{
	for (const Setup& setup : {Setup{}, test::register_setup()}) {
		ReadOnly page(t, setup);
		page.permit_writes();
		const Dma dma = page.write();
		EXPECT_EQ(t, dma.outcome, Outcome::kStalled);
		answer(page.scene.board, 0, SMMU_STALL_RETRY);
		EXPECT_EQ(t, page.scene.state(dma), StallState::kRetry);
		EXPECT_EQ(t, page.write().pa, kPa);
	}
}

// One command, before CMD_RESUME: it would take effect with the CMD_SYNC of both.
void entry_is_invalidated_before_the_next_try(Case& t)
{
	ReadOnly page(t, test::register_setup());
	page.permit_writes();
	const Dma dma = page.write();
	static Scene* scene;
	static u16 stag;
	static u32 seen;
	scene = &page.scene;
	stag = dma.stag;
	seen = 0;
	const u64 before = page.scene.board.ops(Op::TLBI_NH_VA);
	page.scene.board.boundary_context = &page;
	page.scene.board.boundary = [](void* context) {
		auto& self = *static_cast<ReadOnly*>(context);
		seen++;
		if (scene->board.smmu.stall(stag) == StallState::kRetry)
			EXPECT_EQ(scene->t, self.scene.board.ops(Op::TLBI_NH_VA), 1);
		else
			EXPECT_EQ(scene->t, scene->resumes(), 0);
	};
	EXPECT_EQ(t, before, 0);
	answer(page.scene.board, 0, SMMU_STALL_RETRY);
	page.scene.board.boundary = nullptr;
	EXPECT(t, seen >= 2);
	EXPECT_EQ(t, page.scene.state(dma), StallState::kRetry);
}

void other_faults_and_answers_invalidate_nothing(Case& t)
{
	ReadOnly page(t);
	const Dma absent = page.access(kIova + kPage, {.write = true});
	const Dma fetch = page.access(kIova, {.instr = true});
	const Dma refused = page.write();
	answer(page.scene.board, 0, SMMU_STALL_RETRY);
	answer(page.scene.board, 1, SMMU_STALL_RETRY);
	answer(page.scene.board, 2, SMMU_STALL_ABORT);
	EXPECT_EQ(t, page.scene.state(absent), StallState::kRetry);
	EXPECT_EQ(t, page.scene.state(fetch), StallState::kRetry);
	EXPECT_EQ(t, page.scene.state(refused), StallState::kAbort);
	EXPECT_EQ(t, page.scene.board.reports.faults[1].id, page.scene.board.reports.faults[2].id);
	EXPECT_EQ(t, page.scene.board.ops(Op::TLBI_NH_VA), 0);
}

}  // namespace

TEST_SUITE(stalls_process, TEST_CASE(write_that_is_permitted_meanwhile_succeeds),
	   TEST_CASE(entry_is_invalidated_before_the_next_try),
	   TEST_CASE(other_faults_and_answers_invalidate_nothing));
