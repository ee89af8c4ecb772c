// SPDX-License-Identifier: GPL-2.0-only
// The programs of program.hpp, chosen by bytes: the input of a fuzzer, or one that is recorded.
//
// The first bytes are a format and a Config, the rest are the choices of a Program.
#pragma once

#include "kunit/pgtable/program.hpp"

namespace test {

// Choices take as many bytes as they need; 0 after the last one.
class Bytes {
public:
	Bytes(const u8* data, size_t size)
		: data_(data),
		  left_(size)
	{
	}
	u64 next() { return take(8); }
	u64 below(u64 limit)
	{
		unsigned bytes = 1;
		while (bytes < 8 && (limit - 1) >> 8 * bytes)
			bytes++;
		return take(bytes) % limit;
	}
	bool at_end() const { return !left_; }

private:
	u64 take(unsigned bytes)
	{
		u64 value = 0;
		for (; bytes && left_; bytes--, left_--)
			value = value << 8 | *data_++;
		return value;
	}

	const u8* data_;
	size_t left_;
};

template <class F>
pgtable::Config choose_config(Bytes& bytes)
{
	// The programs map around the middle of all addresses, which is to be the end of an entry of level 1.
	const unsigned least = std::max(F::kMinBits, F::shift(1) + 1);
	using namespace pgtable;
	Config config{
		.input_bits = least + static_cast<unsigned>(bytes.below(F::kMaxBits - least + 1)),
		.output_bits = F::kMaxBits - 4 * static_cast<unsigned>(bytes.below(3)),
		.coherent = !bytes.below(2),
		.bbml = static_cast<Bbml>(bytes.below(3)),
	};
	config.variant.dirty = bytes.below(2);
	config.contiguous = config.bbml != Bbml::k0 && !config.variant.dirty && bytes.below(2);
	(F::kStage == Stage::k1 ? config.variant.ns : config.variant.fwb) = bytes.below(2);
	return config;
}

template <class F>
void run_input(Case& t, Bytes bytes)
{
	constexpr u64 kMost = 4096;
	const pgtable::Config config = choose_config<F>(bytes);
	Program<F, Bytes> program(t, bytes, config);
	program.run(kMost);
}

inline void run_input(Case& t, const u8* data, size_t size)
{
	Bytes bytes(data, size);
	u64 chosen = bytes.below(10);
	each_format([&]<class F>() {
		if (!chosen--)
			run_input<F>(t, bytes);
	});
}

}  // namespace test
