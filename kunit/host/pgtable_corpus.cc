// SPDX-License-Identifier: GPL-2.0-only
// Inputs of the fuzzer (tools/fuzz) that every run of the tests repeats.  An input that has failed is added to
// kRecorded, as xxd -p prints it.
#include <array>
#include <string_view>

#include "kunit/pgtable/input.hpp"

namespace {

using test::Case;

// Each is short and fails without the code that handles what its comment says.
constexpr std::string_view kRecorded[] = {
	// A part of a contiguous run is unmapped.
	"009671e276366990f7081793e080483954f1b2e1b0d74d407ca4799c5a125adb56e7262d331b4890b58e"
	"dd04f301d90f562c8b58c7a974910bbf0443fe3b66d559712acabb2c1165e44ae895ad5d6fa951c13238"
	"96cff30b95d4e5bff07c9e49a6b923ce6f5517df06b97138f9ec1e471b08dd",
	// Pages are unmapped in a block that was split, BBML 2.
	"ffeebc3e7757f1f1ddf3ff264dbbb7200d74eab4f6050a27af8bbc9ddee1d260720a63d6877fc5c0981b"
	"561feed556e5820421621c78b4ea0e246114d716cd7e16d3949af0158f87ff1ca877cb",
	// A table is unmapped as a block.
	"f99bb593b1bf0f441a7414e1351c8020153341ba892be8dd8408ed8176295eaa044d2ead126f13251654"
	"29bf0aaa",
	// A block is split, BBML 0 or 1.
	"db1472cdfa26e40e611b4e97ac0d02c2f170de653348ec9e12270a23de5cc2418cb29e600fdd3a69ee05"
	"0d5178a91f3c27de3c",
	// Contiguous runs are a part of the range.
	"0158c9362308f319a6e06079e8aba15367fd0e3c57500c7a067aae51379bd674ce9cacf919d26eef52c9"
	"a3637c89d8846e115094ac52926fbb10b01a342042ab3cf801532ca0b8ce27c932a26e02a9bc2ee7bc86"
	"f8048020bac6",
};

constexpr u8 digit(char c)
{
	return static_cast<u8>(c <= '9' ? c - '0' : c - 'a' + 10);
}

void recorded_inputs_pass(Case& t)
{
	std::array<u8, 1024> bytes;
	for (u32 i = 0; i < std::size(kRecorded) && !t.failures; i++) {
		const std::string_view hex = kRecorded[i];
		ASSERT(t, hex.size() / 2 <= bytes.size());
		for (size_t at = 0; at < hex.size() / 2; at++)
			bytes[at] =
				static_cast<u8>(digit(hex[2 * at]) << 4 | digit(hex[2 * at + 1]));
		test::run_input(t, bytes.data(), hex.size() / 2);
		if (t.failures)
			EXPECT_EQ(t, i, ~0u);  // reports which one
	}
}

// Each format with every BBML, coherent and not.
void generated_inputs_pass(Case& t)
{
	std::array<u8, 1000> bytes;
	for (u32 i = 0; i < 60 && !t.failures; i++) {
		test::Random random(i + 1);
		for (u8& byte : bytes)
			byte = static_cast<u8>(random.next() >> 32);
		bytes[0] = static_cast<u8>(i % 10);      // format
		bytes[3] = static_cast<u8>(i / 10 % 2);  // coherent
		bytes[4] = static_cast<u8>(i / 20);      // BBML
		test::run_input(t, bytes.data(), bytes.size());
		if (t.failures)
			EXPECT_EQ(t, i, ~0u);
	}
}

}  // namespace

TEST_SUITE(pgtable_corpus, TEST_CASE(recorded_inputs_pass), TEST_CASE(generated_inputs_pass));
