// SPDX-License-Identifier: GPL-2.0-only
// Typed access to a device's registers.
#pragma once

#if defined(__aarch64__)
#include "core/alternative_arm64.hpp"
#endif
#include "core/barrier.hpp"
#include "core/bits.hpp"
#include "os/os.h"

namespace core {

// Plain loads and stores of the width of the register, without ordering.
namespace io {

#if defined(__aarch64__)

#ifndef ARM64_CPUCAP_DEVICE_LOAD_ACQUIRE
#error "the build passes the kernel's number for ARM64_WORKAROUND_DEVICE_LOAD_ACQUIRE"
#endif

// Base-register addressing only, so that a hypervisor can emulate the access.
//
// Load-acquires on CPUs with erratum 832075 (Cortex-A57 up to r1p2), which may deadlock when plain
// loads from device memory are mixed with exclusive accesses; as readl() in the kernel.
inline u32 load(const u32* address)
{
	u32 value;
	asm volatile(CORE_ALTERNATIVE("ldr	%w0, [%1]", "ldar	%w0, [%1]",
				      ARM64_CPUCAP_DEVICE_LOAD_ACQUIRE)
		     : "=r"(value)
		     : "r"(address)
		     : "memory");
	return value;
}
inline u64 load(const u64* address)
{
	u64 value;
	asm volatile(CORE_ALTERNATIVE("ldr	%x0, [%1]", "ldar	%x0, [%1]",
				      ARM64_CPUCAP_DEVICE_LOAD_ACQUIRE)
		     : "=r"(value)
		     : "r"(address)
		     : "memory");
	return value;
}
inline void store(u32* address, u32 value)
{
	asm volatile("str %w0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}
inline void store(u64* address, u64 value)
{
	asm volatile("str %x0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}

#else

inline u32 load(const u32* address)
{
	return os_mmio_read32(address);
}
inline u64 load(const u64* address)
{
	return os_mmio_read64(address);
}
inline void store(u32* address, u32 value)
{
	os_mmio_write32(address, value);
}
inline void store(u64* address, u64 value)
{
	os_mmio_write64(address, value);
}

#endif

}  // namespace io

// Registers in pages of 64 KiB that are mapped separately: the page is the upper half of the
// offset.
//
// Relaxed accesses to one device are in program order among themselves and not ordered with other
// accesses (readl_relaxed(), writel_relaxed()).
template <size_t Pages>
class Mmio {
public:
	explicit Mmio(const std::array<void*, Pages>& pages)
		: pages_(pages)
	{
	}

	template <class R>
	R read_relaxed() const
	{
		return R::from_raw(io::load(address<R>()));
	}

	// Accesses after it are ordered after the read (readl()).
	template <class R>
	R read() const
	{
		R value = read_relaxed<R>();
		dma_rmb();
		return value;
	}

	template <class R>
	void write_relaxed(const R& value)
	{
		static_assert(R::kWritable, "the register is read-only");
		io::store(address<R>(), value.raw());
	}

private:
	template <class R>
	typename R::Raw* address() const
	{
		constexpr size_t kPage = R::kOffset >> 16;
		static_assert(kPage < Pages, "outside the device");
		// SAFETY: the shim mapped each page up to the last register used here.
		return reinterpret_cast<typename R::Raw*>(static_cast<char*>(pages_[kPage]) +
							  (R::kOffset & 0xffff));
	}

	std::array<void*, Pages> pages_;
};

// Registers in banks whose place is known at run time only.  A bank kind is a type with an
// `offset`, so that a register of one kind is not looked for in a bank of another.  Orderings are
// those of Mmio.
class BankedMmio {
public:
	// SAFETY: `base` is mapped as far as the last register of every bank that will be named.
	explicit BankedMmio(void* base)
		: base_(static_cast<char*>(base))
	{
	}

	template <class R>
	R read_relaxed(typename R::Bank bank) const
	{
		return R::from_raw(io::load(address<R>(bank)));
	}

	template <class R>
	R read(typename R::Bank bank) const
	{
		R value = read_relaxed<R>(bank);
		dma_rmb();
		return value;
	}

	template <class R>
	void write_relaxed(typename R::Bank bank, const R& value)
	{
		static_assert(R::kWritable, "the register is read-only");
		io::store(address<R>(bank), value.raw());
	}

private:
	template <class R>
	typename R::Raw* address(typename R::Bank bank) const
	{
		return reinterpret_cast<typename R::Raw*>(base_ + bank.offset + R::kOffset);
	}

	char* base_;
};

}  // namespace core
