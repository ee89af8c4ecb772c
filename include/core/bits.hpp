// SPDX-License-Identifier: GPL-2.0-only
// Registers, descriptors, commands and events as words with typed fields.
//
// A field belongs to a layout: setting a field of CR1 in CR0 does not compile.  Bits are numbered
// as in the manual, across a whole descriptor: STE.S1DSS is Field<65, 64>.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include "os/types.h"

namespace core {

template <class F, class Layout>
concept FieldOf = std::same_as<typename F::Layout, Layout>;

// INVARIANT: the object is N words of type Unit in memory and nothing else.
template <class D, std::unsigned_integral Unit, size_t N>
struct Bits {
	static constexpr unsigned kUnitBits = std::numeric_limits<Unit>::digits;

	std::array<Unit, N> words{};

	// Bits hi..lo, shifted down to 0, read and written as T: an integer, an enumeration or a
	// Number.
	template <unsigned Hi, unsigned Lo, typename T = Unit>
	struct Field {
		static_assert(Hi >= Lo && Hi < N * kUnitBits, "outside the layout");
		static_assert(Hi / kUnitBits == Lo / kUnitBits, "a field lies in one word");
		using Layout = D;
		using Value = T;
		static constexpr size_t kWord = Lo / kUnitBits;
		static constexpr unsigned kShift = Lo % kUnitBits;
		static constexpr Unit kMax =
			static_cast<Unit>(~Unit{0}) >> (kUnitBits - (Hi - Lo + 1));
		static constexpr Unit kMask = static_cast<Unit>(kMax << kShift);

		static constexpr Unit encode(T value)
		{
			return static_cast<Unit>((number(value) & kMax) << kShift);
		}
		static constexpr T decode(Unit word)
		{
			return static_cast<T>((word & kMask) >> kShift);
		}

	private:
		static constexpr Unit number(T value)
		{
			if constexpr (requires { value.value(); })
				return static_cast<Unit>(value.value());
			else
				return static_cast<Unit>(value);
		}
	};

	template <unsigned At>
	using Bit = Field<At, At, bool>;

	// An address kept in place: bits below lo (and above hi) are not stored.
	template <unsigned Hi, unsigned Lo>
	struct Address {
		static_assert(Hi / kUnitBits == Lo / kUnitBits, "a field lies in one word");
		using Layout = D;
		using Value = Unit;
		static constexpr size_t kWord = Lo / kUnitBits;
		static constexpr Unit kMask = Field<Hi, Lo>::kMask;

		static constexpr Unit encode(Unit value) { return value & kMask; }
		static constexpr Unit decode(Unit word) { return word & kMask; }
	};

	template <FieldOf<D> F>
	constexpr typename F::Value get() const
	{
		return F::decode(words[F::kWord]);
	}

	// Sets one field and keeps the others.  Bits of the value that do not fit are dropped.
	template <FieldOf<D> F>
	constexpr D& set(typename F::Value value)
	{
		words[F::kWord] = (words[F::kWord] & ~F::kMask) | F::encode(value);
		return static_cast<D&>(*this);
	}

	// As set(), on a copy: builds a value in one expression.
	template <FieldOf<D> F>
	constexpr D with(typename F::Value value) const
	{
		D copy = static_cast<const D&>(*this);
		copy.template set<F>(value);
		return copy;
	}

	constexpr bool operator==(const Bits&) const = default;
};

// A register of one word at a byte offset.
enum class Access { kReadOnly, kReadWrite };

template <class D, std::unsigned_integral Unit, u32 ByteOffset, Access A = Access::kReadWrite>
struct Register : Bits<D, Unit, 1> {
	static_assert(ByteOffset % sizeof(Unit) == 0);
	using Raw = Unit;
	static constexpr u32 kOffset = ByteOffset;
	static constexpr bool kWritable = A == Access::kReadWrite;

	constexpr Unit raw() const { return this->words[0]; }
	static constexpr D from_raw(Unit raw)
	{
		D value;
		value.words[0] = raw;
		return value;
	}
};

// A register that a device has in several banks, at the same offset in each.
template <class D, std::unsigned_integral Unit, class BankKind, u32 OffsetInBank,
	  Access A = Access::kReadWrite>
struct BankedRegister : Register<D, Unit, OffsetInBank, A> {
	using Bank = BankKind;
};

}  // namespace core
