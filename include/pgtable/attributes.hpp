// SPDX-License-Identifier: GPL-2.0-only
// Attributes of blocks and pages from IOMMU_READ and the other flags, and the MAIR that they index.
#pragma once

#include <array>

#include "pgtable/format.hpp"

namespace pgtable {

// IOMMU_READ and the others, with Linux's values.
enum Prot : u32 {
	kRead = 1 << 0,
	kWrite = 1 << 1,
	kCache = 1 << 2,
	kNoExec = 1 << 3,
	kMmio = 1 << 4,
	kPriv = 1 << 5,
	kProtMask = (1 << 6) - 1,
};

// Properties of a table that its attributes depend on.
struct Variant {
	// Stage 1: NS and NSTable are set, for hardware that makes Secure accesses without them.
	bool ns = false;
	bool dirty = false;  // hardware records writes (DBM)
	bool fwb = false;    // stage 2: STE.S2FWB

	constexpr bool operator==(const Variant&) const = default;
};

// ---- memory types ----

// MAIR_ELx: attribute 0 is Normal Non-cacheable, 1 Write-Back, 2 Device-nGnRE, 3 Inner
// Non-cacheable Outer Write-Back.
constexpr u64 kMair = 0x44 | 0xff << 8 | 0x04 << 16 | u64{0xf4} << 24;

enum MairIndex : u64 { kMairNonCacheable = 0, kMairWriteBack = 1, kMairDevice = 2 };

// Stage 2 MemAttr[3:0] (Table D8-96), and with FWB (Tables D8-100 and D8-101): 0b0110 forces
// Write-Back.
enum MemAttr : u64 {
	kMemDevice = 0b0001,
	kMemNonCacheable = 0b0101,
	kMemWriteBack = 0b1111,
	kMemForcedWriteBack = 0b0110
};

enum Shareability : u64 { kOuterShareable = 2, kInnerShareable = 3 };

constexpr u64 memory_type(Stage stage, u32 prot, bool fwb)
{
	if (stage == Stage::k1)
		return (prot & kMmio    ? kMairDevice
			: prot & kCache ? kMairWriteBack
					: kMairNonCacheable)
		       << 2;
	if (prot & kMmio)
		return kMemDevice << 2;
	if (!(prot & kCache))
		return kMemNonCacheable << 2;
	return (fwb ? kMemForcedWriteBack : kMemWriteBack) << 2;
}

// ---- permissions ----

constexpr u64 stage1_permissions(u32 prot, const Variant& variant)
{
	u64 value = kNg;
	if (!(prot & kWrite))
		value |= kApReadOnly;
	else if (variant.dirty)
		value |= kDbm;
	if (!(prot & kPriv))
		value |= kApUnprivileged;
	if (prot & kNoExec)
		value |= kPxn | kUxn;
	return value | (variant.ns ? kNs : 0);
}

constexpr u64 stage2_permissions(u32 prot, const Variant& variant)
{
	u64 value = 0;
	if (prot & kRead)
		value |= kS2apRead;
	if (prot & kWrite)
		value |= kS2apWrite | (variant.dirty ? kDbm : 0);
	if (prot & kNoExec)
		value |= kS2Xn;
	return value;
}

// All fields but type and address.  A writable page starts as dirty; read_and_clear_dirty() cleans
// it.
template <Format F>
constexpr u64 attributes(u32 prot, const Variant& variant)
{
	const u64 sh = (prot & kCache ? kInnerShareable : kOuterShareable) << 8;
	return kAf | memory_type(F::kStage, prot, variant.fwb) | (F::kLpa2 ? 0 : sh) |
	       (F::kStage == Stage::k1 ? stage1_permissions(prot, variant)
				       : stage2_permissions(prot, variant));
}

// The same, indexed by `prot`.
using Attributes = std::array<u64, kProtMask + 1>;

template <Format F>
constexpr Attributes all_attributes(const Variant& variant)
{
	Attributes all{};
	for (u32 prot = 0; prot <= kProtMask; prot++)
		all[prot] = attributes<F>(prot, variant);
	return all;
}

// ---- the reverse, for dumps ----

constexpr u32 memory_of(Stage stage, u64 descriptor)
{
	if (stage == Stage::k1) {
		const u64 index = (descriptor & kAttrIndx) >> 2;
		return index == kMairDevice ? kMmio : index == kMairWriteBack ? kCache : 0;
	}
	const u64 type = (descriptor & kMemAttr) >> 2;
	return type == kMemDevice ? kMmio : type == kMemNonCacheable ? 0 : kCache;
}

// The flags of a page or block.  One that dirty tracking has cleaned may be written.
template <Format F>
constexpr u32 prot_of(u64 descriptor)
{
	constexpr bool kStage1 = F::kStage == Stage::k1;
	const bool read = kStage1 || descriptor & kS2apRead;
	const bool write = kStage1 ? !(descriptor & kApReadOnly) : !!(descriptor & kS2apWrite);
	const bool privileged = kStage1 && !(descriptor & kApUnprivileged);
	return memory_of(F::kStage, descriptor) | (read ? kRead : 0) |
	       (write || descriptor & kDbm ? kWrite : 0) |
	       (descriptor & (kStage1 ? kUxn : kS2Xn) ? kNoExec : 0) | (privileged ? kPriv : 0);
}

// ---- dirty state (D8.5.2): DBM, and a permission that hardware changes ----

template <Format F>
constexpr bool is_dirty(u64 descriptor)
{
	const bool writable =
		F::kStage == Stage::k1 ? !(descriptor & kApReadOnly) : !!(descriptor & kS2apWrite);
	return writable && descriptor & kDbm;
}

// The same page, clean.
template <Format F>
constexpr u64 cleaned(u64 descriptor)
{
	return F::kStage == Stage::k1 ? descriptor | kApReadOnly : descriptor & ~kS2apWrite;
}

}  // namespace pgtable
