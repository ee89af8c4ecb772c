// SPDX-License-Identifier: GPL-2.0-only
//
// Table walks: long descriptors of 32-bit inputs, and stage 2 tables of 40-bit inputs (VMSAv8-64), both
// with 4 KiB pages and from level 1.
#include "kunit/model/ipmmu/ipmmu.hpp"

namespace model {
namespace {

constexpr u32 kTranslationFault = 1, kPermissionFault = 2, kAbort = 4;
constexpr u32 kS2pte = 1u << 3, kVa64 = 1u << 29, kPmb = 1u << 30, kEae = 1u << 31;

constexpr u64 kOutput = 0xff'ffff'f000;  // 40 bits

}  // namespace

Ipmmu::Walk Ipmmu::walk(u32 n, u64 iova)
{
	const Context& c = contexts_[n];
	const bool stage2 = !gen2() && imsauxctlr_ & kS2pte;

	trace_->walks++;
	if (!(c.imttbcr & kEae)) {
		violation("short descriptors are asked for", n, c.imttbcr);
		return {false, kAbort, {}};
	}
	if (stage2 != !!(c.imctr & kVa64) || stage2 != !!(c.imttbcr & kPmb)) {
		violation("the table formats of S2PTE, VA64 and PMB differ", c.imctr, c.imttbcr);
		return {false, kAbort, {}};
	}
	Walk result = stage2 ? walk_stage2(c, iova) : walk_stage1(c, iova);
	result.entry.context = static_cast<u8>(n);
	return result;
}

Ipmmu::Walk Ipmmu::walk_stage1(const Context& c, u64 iova)
{
	const u32 wanted = gen2() ? kEae | 3u << 12 | 1u << 10 | 1u << 8 | 1u << 4 : kEae | 2u << 6;
	if (c.imttbcr != wanted)
		violation("IMTTBCR of a stage 1 table", c.imttbcr, wanted);
	if (gen2() && c.imbuscr & 7)
		violation("IMBUSCR.DVM or BUSSEL is set", c.imbuscr);
	if (iova >> 32)
		return {false, kTranslationFault, {}};
	return descend((u64{c.imttubr0} & 0xff) << 32 | (c.imttlbr0 & ~0x1fu), 1, 2, iova, false,
		       c.immair0);
}

Ipmmu::Walk Ipmmu::walk_stage2(const Context& c, u64 iova)
{
	constexpr u32 kSl0Level1 = 1u << 6, kTsz40 = 24;
	const u32 wanted = kEae | kPmb | kSl0Level1 | kTsz40;
	if (c.imttbcr != wanted)
		violation("IMTTBCR of a stage 2 table", c.imttbcr, wanted);
	if (iova >> 40)
		return {false, kTranslationFault, {}};
	return descend((u64{c.imttubr0} & 0xff) << 32 | (c.imttlbr0 & ~0x1fffu), 1, 10, iova, true,
		       0);
}

Ipmmu::Walk Ipmmu::descend(u64 table, u32 level, u32 top_bits, u64 iova, bool stage2, u32 mair)
{
	for (u32 bits = top_bits;; level++, bits = 9) {
		const u32 shift = 12 + (3 - level) * 9;
		const u64 index = iova >> shift & ((u64{1} << bits) - 1);
		const void* at = host_->phys(host_->ctx, table + index * 8, 8);
		if (!at)
			return {false, kAbort, {}};
		const u64 descriptor =
			__atomic_load_n(static_cast<const u64*>(at), __ATOMIC_ACQUIRE);
		if (!(descriptor & 1) || (level == 3 && !(descriptor & 2)))
			return {false, kTranslationFault, {}};
		if (level == 3 || !(descriptor & 2))
			return leaf(descriptor, iova, u64{1} << shift, stage2, mair);
		if (check_ns_ && !stage2 && !(descriptor >> 63))
			return {false, kPermissionFault, {}};
		table = descriptor & kOutput;
	}
}

Ipmmu::Walk Ipmmu::leaf(u64 descriptor, u64 iova, u64 size, bool stage2, u32 mair)
{
	constexpr u64 kNs = 1u << 5, kAf = 1u << 10;
	if (!(descriptor & kAf))
		return {false, kPermissionFault, {}};
	if (check_ns_ && !stage2 && !(descriptor & kNs))
		return {false, kPermissionFault, {}};

	if (!stage2) {
		const u32 attribute = mair >> 8 * (descriptor >> 2 & 3) & 0xff;
		if (attribute != 0x44 && attribute != 0xff && attribute != 0x04)
			violation("IMMAIR0 has no such attributes", mair, descriptor >> 2 & 7);
	}
	const bool readable = !stage2 || descriptor >> 6 & 1;
	const bool writable = stage2 ? descriptor >> 7 & 1 : !(descriptor >> 7 & 1);
	const u64 pa = descriptor & kOutput & ~(size - 1);
	return {true, 0, {true, 0, 0, iova & ~(size - 1), size, pa, readable, writable}};
}

}  // namespace model
