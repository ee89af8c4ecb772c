// SPDX-License-Identifier: GPL-2.0-only
// Commands that invalidate translations (IHI 0070 4.4).
#pragma once

#include "arm-smmu-v3/batch.hpp"
#include "arm-smmu-v3/range.hpp"

namespace smmu3 {

// The tag of a domain's TLB entries.
struct TlbTag {
	enum class World { kEl1, kEl2, kStage2 };

	World world;
	Asid asid;  // stage 1
	Vmid vmid;  // stage 2; 0 for stage 1
};

// The leaf entries of a range: how many bytes each translates, and their level if the TLB holds no others (TTL,
// 4.4.1.1); 0: not known.
class Leaves {
public:
	constexpr explicit Leaves(u64 size, u32 ttl = 0)
		: word_(size | ttl)
	{
	}
	constexpr u64 size() const { return word_ & ~kTtl; }
	constexpr u32 ttl() const { return static_cast<u32>(word_ & kTtl); }
	// For smmu_gather::pgsize.
	constexpr u64 word() const { return word_; }
	static constexpr Leaves from_word(u64 word) { return Leaves(word, 0); }

private:
	static constexpr u64 kTtl = 3;

	u64 word_;
};

struct TlbRange {
	u64 iova;
	u64 size;  // bytes, a multiple of the page size, not 0
	Leaves leaves;
	u32 page_shift;  // of the page table
	Levels levels;
};

// Invalidates all entries with this tag.
constexpr Command tlbi_all(const TlbTag& tag)
{
	switch (tag.world) {
	case TlbTag::World::kEl1:
		return tlbi_nh_asid(tag.vmid, tag.asid);
	case TlbTag::World::kEl2:
		return tlbi_el2_asid(tag.asid);
	case TlbTag::World::kStage2:
		break;
	}
	return tlbi_s12_vmall(tag.vmid);
}

// The fields that the commands for every range with this tag have in common.
constexpr Command tlbi_by_address(const TlbTag& tag)
{
	const auto op = tag.world == TlbTag::World::kEl1   ? Opcode::kTlbiNhVa
			: tag.world == TlbTag::World::kEl2 ? Opcode::kTlbiEl2Va
							   : Opcode::kTlbiS2Ipa;
	return Command::of(op).with<Command::ASID>(tag.asid).with<Command::VMID>(tag.vmid);
}

// Invalidates the leaf entry that has `address`, whatever its size.
constexpr Command tlbi_leaf(const TlbTag& tag, u64 address)
{
	return tlbi_by_address(tag)
		.with<Command::Leaf>(Levels::kLeaf)
		.with<Command::InputAddress>(address);
}

// One command for each leaf entry, for an SMMU without range invalidation.  `by_address` is
// tlbi_by_address().
template <class Batch>
core::Result<> add_entries(Batch& batch, const Command& by_address, const TlbRange& range)
{
	const Command common = Command{}.with<Command::Leaf>(range.levels);
	for (u64 offset = 0; offset < range.size; offset += range.leaves.size())
		TRY(batch.add(by_address |
			      common.with<Command::InputAddress>(range.iova + offset)));
	return {};
}

// The commands that cover a range, for an SMMU with IDR3.RIL: as few as possible.
//
// TTL = 0 forbids SCALE = NUM = 0: a single page of a level that is not known is invalidated without a range.
class RangeCommands {
public:
	constexpr RangeCommands(const Command& by_address, const TlbRange& range)
		: common_(by_address | Command{}
					       .with<Command::Leaf>(range.levels)
					       .with<Command::TTL>(range.leaves.ttl())),
		  shift_(range.page_shift),
		  has_level_(range.leaves.ttl()),
		  address_(range.iova),
		  pages_(range.size >> range.page_shift)
	{
		// Some SMMUs have errata of invalidating table entries without a range: one more page
		// makes the first piece a range.
		if (range.levels == Levels::kAll && pages_ % 32 == 1)
			pages_++;
	}

	constexpr bool at_end() const { return !pages_; }
	constexpr Command next()
	{
		const RangePiece piece = next_piece(pages_);
		const bool is_range = has_level_ || piece.pages() > 1;
		const Command command =
			common_ |
			Command{}
				.with<Command::TG>(is_range ? translation_granule(shift_) : 0)
				.with<Command::SCALE>(piece.scale)
				.with<Command::NUM>(piece.num)
				.with<Command::InputAddress>(address_);
		address_ += piece.pages() << shift_;
		pages_ -= piece.pages();
		return command;
	}

private:
	const Command common_;
	const u32 shift_;
	const bool has_level_;
	u64 address_, pages_;
};

template <class Batch>
core::Result<> add_ranges(Batch& batch, RangeCommands commands)
{
	while (!commands.at_end())
		TRY(batch.add(commands.next()));
	return {};
}

// Without range invalidation, as many commands as a last-level table has entries cost more than the
// invalidation of the whole domain.
constexpr bool too_big_for_entries(const TlbRange& range)
{
	return range.size >= range.leaves.size() << (range.page_shift - 3);
}

}  // namespace smmu3
