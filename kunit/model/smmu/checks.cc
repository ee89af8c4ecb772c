// SPDX-License-Identifier: GPL-2.0-only
//
// Rules software must keep. Real hardware would be CONSTRAINED UNPREDICTABLE; the model reports.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

void Smmuv3::violation(const char* what, u64 a, u64 b)
{
	stats_.violations++;
	if (host_->violation)
		host_->violation(host_->ctx, what, a, b);
}

// A register that must not change while the thing it configures is in use.
void Smmuv3::guard(bool closed, const char* what, u32 offset)
{
	if (closed)
		violation(what, offset, r_.cr0);
}

// PROD moves forward only, never past full, and carries no bits but index and wrap.
void Smmuv3::check_prod(u32 value)
{
	const Queue& q = r_.cmdq;

	// Before CMDQEN the size may not be known yet; apply_cr0() looks again.
	if (value & ~(on(cr0::CMDQEN) ? q.mask() : ones(20)))
		violation("CMDQ_PROD has bits above the wrap bit", value, q.mask());
	if (!on(cr0::CMDQEN))
		return;
	check_prod(q, value, (r_.gerror ^ r_.gerrorn) & gerror::CMDQ_ERR, "CMDQ_PROD beyond full",
		   "CMDQ_PROD moved back");
}

// Only while an error is active may commands be taken back (section 7.1).
void Smmuv3::check_prod(const Queue& q, u32 value, bool error, const char* beyond, const char* back)
{
	const u32 size = ones(q.log2()) + 1;
	const u32 used = (value - q.cons) & q.mask();

	if (used > size)
		violation(beyond, value, q.cons);
	else if (used < q.used() && !error)
		violation(back, value, q.prod);
}

void Smmuv3::check_cons(const Queue& q, u32 value, u32 offset)
{
	const u32 left = (q.prod - value) & q.mask();

	if (value & ~(q.mask() | 1u << 31))
		violation("CONS has bits above the wrap bit", offset, value);
	else if (left > q.used())
		violation("CONS outside what was written", offset, value);
}

void Smmuv3::check_queue(const Queue& q, unsigned max_log2, unsigned entry_log2, const char* what)
{
	const unsigned bytes = q.log2() + entry_log2;

	if (q.log2() > max_log2)
		violation(what, q.base, max_log2);
	if (q.address() & ones(bytes < 5 ? 5 : bytes))
		violation("queue base not aligned to the queue's size", q.base, bytes);
	if (q.address() >> ids_.oas_bits())
		violation("queue base above OAS", q.base, ids_.oas_bits());
	if (((q.prod | q.cons) & ones(20) & ~q.mask()) || q.used() > ones(q.log2()) + 1)
		violation("queue enabled with pointers that make no sense", q.prod, q.cons);
}

void Smmuv3::check_stream_table()
{
	const u32 cfg = r_.strtab_base_cfg;
	const unsigned log2 = field(cfg, 5, 0), split = field(cfg, 10, 6), fmt = field(cfg, 17, 16);
	const u64 base = r_.strtab_base & ones(52) & ~ones(6);
	unsigned bytes = log2 + 6;

	if (fmt > 1 || (fmt == 1 && !ids_.two_level_strtab()))
		violation("STRTAB_BASE_CFG.FMT not supported", cfg);
	if (fmt == 1 && split != 6 && split != 8 && split != 10)
		violation("STRTAB_BASE_CFG.SPLIT reserved", cfg);
	if (log2 > ids_.sid_bits())
		violation("STRTAB_BASE_CFG.LOG2SIZE above SIDSIZE", cfg, ids_.sid_bits());
	if (fmt == 1)
		bytes = log2 > split + 3 ? log2 - split + 3 : 6;
	if (base & ones(bytes))
		violation("STRTAB_BASE not aligned to the table's size", base, bytes);
	if (base >> ids_.oas_bits())
		violation("STRTAB_BASE above OAS", base, ids_.oas_bits());
	// Reset leaves the caches' content UNKNOWN (section 3.11).
	if (invalidated_synced_ != 3)
		violation("SMMUEN before CFGI_ALL, TLBI_NSNH_ALL and CMD_SYNC",
			  invalidated_synced_);
}

namespace {

struct Layout {
	Op op;
	u64 w0, w1;  // bits that mean something
};

constexpr u64 kSid = ones(32) << 32, kSsid = ones(20) << 12, kSsv = 1u << 11;
constexpr u64 kVmid = ones(16) << 32, kAsid = ones(16) << 48, kVa = ~ones(12);
constexpr u64 kRange = ones(5) << 12 | ones(5) << 20, kHints = 0xf01;

constexpr Layout kLayouts[] = {
	{Op::PREFETCH_CONFIG, kSid | kSsid | kSsv, 0},
	{Op::PREFETCH_ADDR, kSid | kSsid | kSsv, kVa | 0x3ff},
	{Op::CFGI_STE, kSid, 1},
	{Op::CFGI_STE_RANGE, kSid, 0x1f},
	{Op::CFGI_CD, kSid | kSsid, 1},
	{Op::CFGI_CD_ALL, kSid, 0},
	{Op::TLBI_NH_ALL, kVmid, 0},
	{Op::TLBI_NH_ASID, kVmid | kAsid, 0},
	{Op::TLBI_NH_VA, kVmid | kAsid | kRange, kVa | kHints},
	{Op::TLBI_NH_VAA, kVmid | kRange, kVa | kHints},
	{Op::TLBI_EL2_ALL, 0, 0},
	{Op::TLBI_EL2_ASID, kAsid, 0},
	{Op::TLBI_EL2_VA, kAsid | kRange, kVa | kHints},
	{Op::TLBI_EL2_VAA, kRange, kVa | kHints},
	{Op::TLBI_S12_VMALL, kVmid, 0},
	{Op::TLBI_S2_IPA, kVmid | kRange, (kVa & ones(52)) | kHints},
	{Op::TLBI_NSNH_ALL, 0, 0},
	{Op::ATC_INV, kSid | kSsid | kSsv | 1u << 9, kVa | 0x3f},
	{Op::PRI_RESP, kSid | kSsid | kSsv, 0x31ff},
	{Op::RESUME, kSid | 3u << 12, 0xffff},
	{Op::STALL_TERM, kSid, 0},
	{Op::SYNC, kSid | 3u << 12 | 3u << 22 | 15u << 24, ones(52) & ~ones(2)},
};

}  // namespace

void Smmuv3::check_reserved(const Command& c)
{
	for (const Layout& l : kLayouts) {
		if (static_cast<u8>(l.op) != c.op())
			continue;
		if (c.w[0] & ~(l.w0 | 0xff))
			violation("command word 0 has reserved bits set", c.w[0], c.w[1]);
		if (c.w[1] & ~l.w1)
			violation("command word 1 has reserved bits set", c.w[0], c.w[1]);
		// NUM, SCALE and the hints mean something under RIL only, and with a granule.
		const bool by_address = c.op() >= 0x12 && c.op() <= 0x2a && (l.w1 & kHints);
		const bool hinted = (c.w[0] & kRange) | (c.w[1] & 0xf00);
		if (by_address && hinted && (!ids_.ril() || !field(c.w[1], 11, 10)))
			violation("TLBI range fields without RIL or TG", c.w[0], c.w[1]);
		return;
	}
}

}  // namespace model
