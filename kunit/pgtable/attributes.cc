// SPDX-License-Identifier: GPL-2.0-only
// Attributes for every combination of IOMMU_* flags, decoded by the walker; and that each bit has a
// meaning.
#include "kunit/pgtable/machine.hpp"

namespace {

using namespace pgtable;
using test::Case;
using walker::Meaning;
using walker::Memory;

template <class F>
walker::Registers registers()
{
	return {.stage2 = F::kStage == Stage::k2,
		.tsz = 16,
		.tg0 = 0,
		.ps = 5,
		.sl0 = 0,
		.sl2 = 0,
		.ds = F::kLpa2,
		.ttb = 0};
}

Memory expected_memory(u32 prot, bool forced)
{
	if (prot & kMmio)
		return Memory::kDevice;
	if (!(prot & kCache))
		return Memory::kNonCacheable;
	return forced ? Memory::kForcedWriteBack : Memory::kWriteBack;
}

// What the flags ask for.  A stage 1 page that may be written may be read.
template <class F>
Meaning expected(u32 prot, const Variant& variant)
{
	const bool stage1 = F::kStage == Stage::k1;
	return {
		.af = true,
		.read = stage1 || prot & kRead,
		.write = !!(prot & kWrite),
		.execute = !(prot & kNoExec),
		.privileged = stage1 && prot & kPriv,
		.not_global = stage1,
		.ns = stage1 && variant.ns,
		.memory = expected_memory(prot, !stage1 && variant.fwb),
		.sh = F::kLpa2        ? 0u
		      : prot & kCache ? 3u
				      : 2u,
		.dbm = variant.dirty && prot & kWrite,
		.contiguous = false,
		.nt = false,
	};
}

template <class F>
void each_variant(const auto& test)
{
	for (const Variant& v : {Variant{}, Variant{.dirty = true}})
		test(v);
	if (F::kStage == Stage::k1)
		for (const Variant& v : {Variant{.ns = true}, Variant{.ns = true, .dirty = true}})
			test(v);
	else
		for (const Variant& v : {Variant{.fwb = true}, Variant{.dirty = true, .fwb = true}})
			test(v);
}

void flags_mean_what_they_say(Case& t)
{
	test::each_format([&]<class F>() {
		each_variant<F>([&](const Variant& variant) {
			const Attributes all = all_attributes<F>(variant);
			for (u32 prot = 0; prot <= kProtMask; prot++) {
				const Meaning meant =
					walker::decode(registers<F>(), all[prot], variant.fwb);
				EXPECT(t, meant == expected<F>(prot, variant));
				EXPECT_EQ(t, all[prot] & (F::kAddress | kType | kContiguous | kNt),
					  0u);
			}
		});
	});
}

// Mutants: a bit more or less in the attributes and the page means something else.
void each_bit_matters(Case& t)
{
	test::each_format([&]<class F>() {
		constexpr bool kStage1 = F::kStage == Stage::k1;
		const u64 used = kAf | kDbm | kContiguous | bits(7, 6) | (F::kLpa2 ? 0 : kSh) |
				 (kStage1 ? kAttrIndx | kNs | kNg : kMemAttr);
		each_variant<F>([&](const Variant& variant) {
			for (u32 prot = kRead; prot <= kProtMask; prot++) {
				const u64 value = attributes<F>(prot, variant);
				const Meaning meant =
					walker::decode(registers<F>(), value, variant.fwb);
				for (unsigned at = 0; at < 64; at++)
					if (used & bit(at))
						EXPECT(t, walker::decode(registers<F>(),
									 value ^ bit(at),
									 variant.fwb) != meant);
				// Of what forbids execution, each bit of stage 1 forbids one level.
				if (!(prot & kNoExec))
					continue;
				const u64 forbids = kStage1 ? kPxn | kUxn : kS2Xn;
				for (unsigned at : {53u, 54u})
					EXPECT(t, walker::decode(registers<F>(), value ^ bit(at),
								 variant.fwb)
							  .execute);
				EXPECT_EQ(t, value & bits(54, 53), forbids);
			}
		});
	});
}

void mair_is_what_the_walker_reads(Case& t)
{
	EXPECT_EQ(t, kMair, walker::kMair);
}

void dirty_state_is_the_permission_with_dbm(Case& t)
{
	test::each_format([&]<class F>() {
		const u64 page = attributes<F>(kRead | kWrite, {.dirty = true});
		EXPECT(t, is_dirty<F>(page));
		EXPECT(t, !is_dirty<F>(cleaned<F>(page)));
		EXPECT(t, !walker::decode(registers<F>(), cleaned<F>(page), false).write);
		EXPECT(t, cleaned<F>(page) & kDbm);
		EXPECT(t, !is_dirty<F>(attributes<F>(kRead, {.dirty = true})));
		EXPECT(t, !is_dirty<F>(attributes<F>(kRead | kWrite, {})));
	});
}

}  // namespace

TEST_SUITE(pgtable_attributes, TEST_CASE(flags_mean_what_they_say), TEST_CASE(each_bit_matters),
	   TEST_CASE(mair_is_what_the_walker_reads),
	   TEST_CASE(dirty_state_is_the_permission_with_dbm));
