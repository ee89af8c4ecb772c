// SPDX-License-Identifier: GPL-2.0-only
// Every field of the ID registers the driver reads, set in the raw register, and what it changes.
#include "arm-smmu-v3/features.hpp"

#include <string_view>

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

// Raw ID registers of an SMMU that can be driven and offers as little as possible: stage 1, AArch64,
// little-endian, terminate only, 128 commands, 4 KiB granule, 32-bit output.
struct Raw {
	u32 idr0 = 1u << 24 | 2u << 21 | 2u << 2 | 1u << 1;
	u32 idr1 = 7u << 21 | 7u << 16;
	u32 idr3 = 0;
	u32 idr5 = 1u << 4;
	u32 iidr = 0;
};

smmu_platform plain()
{
	smmu_platform platform{};
	platform.va_bits = 48;
	platform.page_shift = 12;
	platform.max_dma_shift = 22;
	return platform;
}

std::expected<Features, Refusal> ask(const Raw& raw, const smmu_platform& platform = plain())
{
	return identify({IDR0::from_raw(raw.idr0), IDR1::from_raw(raw.idr1),
			 IDR3::from_raw(raw.idr3), IDR5::from_raw(raw.idr5),
			 IIDR::from_raw(raw.iidr)},
			platform);
}

// The features of an SMMU that is not refused.
Features offered(test::Case& t, const Raw& raw, const smmu_platform& platform = plain())
{
	const auto features = ask(raw, platform);
	if (!EXPECT(t, features.has_value()))
		return {};
	return *features;
}

Features with_idr0(test::Case& t, u32 bits)
{
	Raw raw;
	raw.idr0 |= bits;
	return offered(t, raw);
}

Features with_idr1(test::Case& t, u32 bits)
{
	Raw raw;
	raw.idr1 |= bits;
	return offered(t, raw);
}

void expect_refused(test::Case& t, const Raw& raw, std::string_view reason)
{
	const auto features = ask(raw);
	if (!EXPECT(t, !features.has_value()))
		return;
	EXPECT(t, features.error().error == core::Errno::kNoDeviceAddress);
	EXPECT(t, std::string_view(features.error().why) == reason);
}

void the_least_smmu_offers_nothing_more(test::Case& t)
{
	const Features f = offered(t, Raw{});
	EXPECT(t, f.stage1 && !f.stage2);
	EXPECT(t, !f.two_level_stream_table && !f.two_level_cd_table && !f.coherent);
	EXPECT(t, !f.ats && !f.pri && !f.sev && !f.msi && !f.el2 && !f.e2h);
	EXPECT(t, !f.range_invalidation && !f.va52);
	EXPECT(t, f.shareability == ShareabilityOverride::kNone);
	EXPECT(t, !f.sync_before_full_batch);
	EXPECT(t, !f.coherence_overridden && !f.oas_unknown);
	EXPECT(t, f.stalls == StallModel::kNone);
	EXPECT_EQ(t, f.sid_bits, 0);
	EXPECT_EQ(t, f.ssid_bits, 0);
	EXPECT_EQ(t, f.asid_bits, 8);
	EXPECT_EQ(t, f.vmid_bits, 8);
	EXPECT_EQ(t, f.oas_bits, 32);
	EXPECT_EQ(t, f.ias_bits, 32);
	EXPECT_EQ(t, f.pgsize_bitmap, 0x40201000);
}

void idr0_flags_are_features(test::Case& t)
{
	EXPECT(t, with_idr0(t, 1u << 10).ats);
	EXPECT(t, with_idr0(t, 1u << 13).msi);
	EXPECT(t, with_idr0(t, 1u << 14).sev);
	EXPECT(t, with_idr0(t, 1u << 16).pri);
	EXPECT(t, with_idr0(t, 1u << 9).el2);
	EXPECT(t, with_idr0(t, 1u << 19).two_level_cd_table);
	EXPECT_EQ(t, with_idr0(t, 1u << 12).asid_bits, 16);
	EXPECT_EQ(t, with_idr0(t, 1u << 18).vmid_bits, 16);
}

void stages_follow_s1p_and_s2p(test::Case& t)
{
	Raw raw;
	raw.idr0 |= 1u << 0;
	Features f = offered(t, raw);
	EXPECT(t, f.stage1 && f.stage2);
	raw.idr0 &= ~(1u << 1);
	f = offered(t, raw);
	EXPECT(t, !f.stage1 && f.stage2);
}

void the_kernels_streams_are_in_el2_only_where_both_are(test::Case& t)
{
	smmu_platform vhe = plain();
	vhe.vhe = true;
	Raw raw;
	EXPECT(t, !offered(t, raw, vhe).e2h);
	raw.idr0 |= 1u << 9;
	EXPECT(t, offered(t, raw, vhe).e2h);
	EXPECT(t, !offered(t, raw).e2h);
}

void stall_models_are_three(test::Case& t)
{
	Raw raw;
	EXPECT(t, offered(t, raw).stalls == StallModel::kNone);
	raw.idr0 &= ~(3u << 24);
	EXPECT(t, offered(t, raw).stalls == StallModel::kOptional);
	raw.idr0 |= 2u << 24;
	EXPECT(t, offered(t, raw).stalls == StallModel::kForced);
	raw.idr0 |= 3u << 24;  // reserved
	EXPECT(t, offered(t, raw).stalls == StallModel::kNone);
}

void firmwares_word_on_coherency_goes(test::Case& t)
{
	smmu_platform coherent = plain();
	coherent.coherent = true;
	Raw snoops;
	snoops.idr0 |= 1u << 4;

	EXPECT(t, offered(t, Raw{}, coherent).coherent);
	EXPECT(t, offered(t, Raw{}, coherent).coherence_overridden);
	EXPECT(t, !offered(t, snoops).coherent);
	EXPECT(t, offered(t, snoops).coherence_overridden);
	EXPECT(t, offered(t, snoops, coherent).coherent);
	EXPECT(t, !offered(t, snoops, coherent).coherence_overridden);
	EXPECT(t, !offered(t, Raw{}).coherence_overridden);
}

void a_first_level_needs_more_streams_than_a_second_level_has(test::Case& t)
{
	Raw raw;
	raw.idr0 |= 1u << 27;
	for (u32 bits : {0u, 7u, 8u}) {
		raw.idr1 = 7u << 21 | bits;
		EXPECT(t, !offered(t, raw).two_level_stream_table);
	}
	raw.idr1 = 7u << 21 | 9;
	EXPECT(t, offered(t, raw).two_level_stream_table);
	raw.idr0 &= ~(3u << 27);
	EXPECT(t, !offered(t, raw).two_level_stream_table);
	raw.idr0 |= 2u << 27;  // reserved
	EXPECT(t, !offered(t, raw).two_level_stream_table);
}

void idr1_gives_widths(test::Case& t)
{
	EXPECT_EQ(t, with_idr1(t, 16).sid_bits, 16);
	EXPECT_EQ(t, with_idr1(t, 32).sid_bits, 32);
	EXPECT_EQ(t, with_idr1(t, 63).sid_bits, 32);  // impossible
	EXPECT_EQ(t, with_idr1(t, 20u << 6).ssid_bits, 20);
	EXPECT_EQ(t, with_idr1(t, 1u << 6).ssid_bits, 1);
	EXPECT_EQ(t, with_idr1(t, 31u << 6).ssid_bits, 20);  // impossible
	EXPECT(t, with_idr1(t, 1u << 27).shareability == ShareabilityOverride::kIncoming);
	// ATTR_PERMS_OVR is another
	EXPECT(t, with_idr1(t, 1u << 26).shareability == ShareabilityOverride::kNone);
}

Features with_queues(test::Case& t, u32 commands, u32 events, u32 requests, u8 max_dma_shift)
{
	Raw raw;
	raw.idr1 = commands << 21 | events << 16 | requests << 11;
	smmu_platform platform = plain();
	platform.max_dma_shift = max_dma_shift;
	return offered(t, raw, platform);
}

void queues_are_as_long_as_offered(test::Case& t)
{
	const Features f = with_queues(t, 8, 9, 10, 22);
	EXPECT_EQ(t, f.cmdq_log2, 8);
	EXPECT_EQ(t, f.eventq_log2, 9);
	EXPECT_EQ(t, f.priq_log2, 10);
}

// 3.15: updates of descriptors are atomic where the SMMU snoops.
void dirty_state_needs_httu_and_coherence(test::Case& t)
{
	for (u32 httu = 0; httu < 4; httu++)
		for (bool coherent : {false, true}) {
			Raw raw;
			raw.idr0 |= httu << 6;
			smmu_platform platform = plain();
			platform.coherent = coherent;
			const Features f = offered(t, raw, platform);
			EXPECT_EQ(t, f.access_flag, httu >= 1 && coherent);
			EXPECT_EQ(t, f.dirty, httu >= 2 && coherent);
			EXPECT_EQ(t, f.access_flag_of_tables, httu == 3 && coherent);
			EXPECT(t, !f.httu_overridden);
		}
}

// IORT's flags; they offer nothing that the SMMU does not.
void firmware_limits_httu(test::Case& t)
{
	for (u32 httu = 0; httu < 4; httu++)
		for (u8 limit = 0; limit < 4; limit++) {
			Raw raw;
			raw.idr0 |= httu << 6;
			smmu_platform platform = plain();
			platform.coherent = platform.has_httu = true;
			platform.httu = limit;
			const Features f = offered(t, raw, platform);
			EXPECT_EQ(t, f.access_flag, httu >= 1 && limit >= 1);
			EXPECT_EQ(t, f.dirty, httu >= 2 && limit >= 2);
			EXPECT_EQ(t, f.access_flag_of_tables, httu == 3 && limit == 3);
			EXPECT_EQ(t, f.httu_overridden, httu >= 2 && limit < 2);
		}
}

// Commands and page requests have 16 bytes, events 32.
void queues_are_as_long_as_one_allocation_holds(test::Case& t)
{
	const Features f = with_queues(t, 19, 19, 19, 20);
	EXPECT_EQ(t, f.cmdq_log2, 16);
	EXPECT_EQ(t, f.eventq_log2, 15);
	EXPECT_EQ(t, f.priq_log2, 16);
}

// 6.3.2: the greatest value is 19.
void queues_are_never_longer_than_the_manual_allows(test::Case& t)
{
	const Features f = with_queues(t, 31, 31, 31, 29);
	EXPECT_EQ(t, f.cmdq_log2, 19);
	EXPECT_EQ(t, f.eventq_log2, 19);
	EXPECT_EQ(t, f.priq_log2, 19);
}

void idr3_offers_range_invalidation(test::Case& t)
{
	Raw raw;
	raw.idr3 = 1u << 10;
	EXPECT(t, offered(t, raw).range_invalidation);
	raw.idr3 = ~(1u << 10);
	EXPECT(t, !offered(t, raw).range_invalidation);
}

void granules_bring_their_block_sizes(test::Case& t)
{
	const struct {
		u32 idr5;
		u64 sizes;
	} table[] =
		{
			{1u << 4, 0x40201000},
			{1u << 5, 0x2004000},
			{1u << 6, 0x20010000},
			{7u << 4, 0x62215000},
			{1u << 6 | 6, 0x40020010000},  // 52 bits: 4 TiB blocks of 64 KiB pages
			{1u << 4 | 6, 0x40201000},
			{9u << 4 | 6, 0x8040201000},  // DS: 512 GiB, 64 GiB
			{10u << 4 | 5, 0x1002004000},
			{12u << 4 | 5, 0x20010000},
		};
	for (const auto& entry : table) {
		Raw raw;
		raw.idr5 = entry.idr5;
		EXPECT_EQ(t, offered(t, raw).pgsize_bitmap, entry.sizes);
	}
}

void output_sizes_are_the_manuals(test::Case& t)
{
	const u8 bits[] = {32, 36, 40, 42, 44, 48, 52};
	for (u32 code = 0; code < 7; code++) {
		Raw raw;
		raw.idr5 = 1u << 6 | code;
		const Features f = offered(t, raw);
		EXPECT_EQ(t, f.oas_bits, bits[code]);
		EXPECT_EQ(t, f.ias_bits, bits[code]);
		EXPECT(t, !f.oas_unknown);
	}
}

void forty_eight_bits_when_oas_is_unknown(test::Case& t)
{
	Raw raw;
	raw.idr5 |= 7;
	const Features f = offered(t, raw);
	EXPECT_EQ(t, f.oas_bits, 48);
	EXPECT(t, f.oas_unknown);
}

void intermediate_addresses_have_forty_bits_beside_aarch32(test::Case& t)
{
	Raw raw;
	raw.idr0 |= 3u << 2;
	EXPECT_EQ(t, offered(t, raw).ias_bits, 40);
	raw.idr5 |= 2;
	EXPECT_EQ(t, offered(t, raw).ias_bits, 40);
	raw.idr5 = 1u << 4 | 5;
	EXPECT_EQ(t, offered(t, raw).ias_bits, 48);
}

void idr5_offers_long_addresses(test::Case& t)
{
	Raw raw;
	raw.idr5 |= 1u << 10;
	EXPECT(t, offered(t, raw).va52);
	raw.idr5 ^= 3u << 10;  // VAX 0b10: 56 bits, of which VMSAv8-64 has 52
	EXPECT(t, offered(t, raw).va52);
	raw.idr5 |= 3u << 10;  // reserved
	EXPECT(t, !offered(t, raw).va52);
	EXPECT(t, !offered(t, raw).ds);
	raw.idr5 = 1u << 4 | 1u << 7;
	EXPECT(t, offered(t, raw).ds);
}

void big_endian_tables_are_refused(test::Case& t)
{
	const std::string_view why =
		"translation tables must be big-endian (IDR0.TTENDIAN), this kernel's are not";
	Raw raw;
	raw.idr0 |= 3u << 21;
	expect_refused(t, raw, why);
	raw.idr0 ^= 2u << 21;  // 0b01, reserved
	expect_refused(t, raw, why);
	raw.idr0 &= ~(3u << 21);  // either
	EXPECT(t, ask(raw).has_value());
}

void an_smmu_without_stages_is_refused(test::Case& t)
{
	Raw raw;
	raw.idr0 &= ~3u;
	expect_refused(t, raw, "neither stage of translation is implemented (IDR0.S1P, S2P)");
}

void an_smmu_without_aarch64_tables_is_refused(test::Case& t)
{
	Raw raw;
	raw.idr0 &= ~(3u << 2);
	expect_refused(t, raw, "the AArch64 table format is not implemented (IDR0.TTF)");
	raw.idr0 |= 1u << 2;  // AArch32 only
	expect_refused(t, raw, "the AArch64 table format is not implemented (IDR0.TTF)");
}

void tables_and_queues_at_fixed_addresses_are_refused(test::Case& t)
{
	for (u32 bit : {28, 29, 30}) {
		Raw raw;
		raw.idr1 |= 1u << bit;
		expect_refused(t, raw,
			       "tables or queues at fixed addresses are not supported "
			       "(IDR1.*_PRESET, REL)");
	}
}

void a_command_queue_of_64_entries_is_refused(test::Case& t)
{
	for (u32 log2 = 0; log2 <= 6; log2++) {
		Raw raw;
		raw.idr1 = log2 << 21;
		expect_refused(t, raw,
			       "the command queue is too small: more than 64 entries are needed "
			       "(IDR1.CMDQS)");
	}
	Raw raw;
	raw.idr1 = 7u << 21;
	EXPECT(t, ask(raw).has_value());
}

void an_smmu_without_granules_is_refused(test::Case& t)
{
	Raw raw;
	raw.idr5 = 5;
	expect_refused(t, raw, "no translation granule is implemented (IDR5.GRAN*)");
}

void errata_are_applied(test::Case& t)
{
	Raw raw;
	raw.idr0 |= 1u << 14;
	EXPECT(t, offered(t, raw).sev);
	raw.iidr = 0x4830043b;  // MMU-600 r0p0
	EXPECT(t, !offered(t, raw).sev);
}

}  // namespace

TEST_SUITE(features, TEST_CASE(the_least_smmu_offers_nothing_more),
	   TEST_CASE(idr0_flags_are_features), TEST_CASE(stages_follow_s1p_and_s2p),
	   TEST_CASE(the_kernels_streams_are_in_el2_only_where_both_are),
	   TEST_CASE(stall_models_are_three), TEST_CASE(firmwares_word_on_coherency_goes),
	   TEST_CASE(a_first_level_needs_more_streams_than_a_second_level_has),
	   TEST_CASE(idr1_gives_widths), TEST_CASE(dirty_state_needs_httu_and_coherence),
	   TEST_CASE(firmware_limits_httu), TEST_CASE(queues_are_as_long_as_offered),
	   TEST_CASE(queues_are_as_long_as_one_allocation_holds),
	   TEST_CASE(queues_are_never_longer_than_the_manual_allows),
	   TEST_CASE(idr3_offers_range_invalidation), TEST_CASE(granules_bring_their_block_sizes),
	   TEST_CASE(output_sizes_are_the_manuals), TEST_CASE(forty_eight_bits_when_oas_is_unknown),
	   TEST_CASE(intermediate_addresses_have_forty_bits_beside_aarch32),
	   TEST_CASE(idr5_offers_long_addresses), TEST_CASE(big_endian_tables_are_refused),
	   TEST_CASE(an_smmu_without_stages_is_refused),
	   TEST_CASE(an_smmu_without_aarch64_tables_is_refused),
	   TEST_CASE(tables_and_queues_at_fixed_addresses_are_refused),
	   TEST_CASE(a_command_queue_of_64_entries_is_refused),
	   TEST_CASE(an_smmu_without_granules_is_refused), TEST_CASE(errata_are_applied));
