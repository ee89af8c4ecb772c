// SPDX-License-Identifier: GPL-2.0-only
// Memory accesses of a CPU: loads, stores through a store buffer, atomic operations, barriers.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "tools/bench/scale/lines.hpp"

namespace scale {

class Caches {
public:
	Caches()
		: buffers_(kMaxCpus),
		  last_read_(kMaxCpus)
	{
	}

	Lines lines;

	template <typename T>
	T load(const T* from)
	{
		read(from);
		return *from;
	}

	// The CPU continues at once; the store takes effect when the line arrives, a release not before the
	// CPU's earlier stores.
	template <typename T>
	void store(T* to, T value, bool release = false)
	{
		write({to, value, sizeof(T)}, release);
	}
	// A store whose data is in memory already: only its time counts.
	void touch(const void* address) { write({const_cast<void*>(address), 0, 0}, false); }

	// An atomic read-modify-write operation.
	template <typename Operation>
	void modify(const void* address, Operation operation)
	{
		Atomic<Operation> atomic(operation);
		if (acquire(lines.of(address), atomic))
			operation();
	}

	// Wait until every store of this CPU is visible.
	void barrier();
	// The CPU polls something that is no cache line.
	void look_elsewhere() { last_read_[machine().cpu()] = nullptr; }
	// Between two looks.  If the last load was of a line that CPUs only poll, and its copy is still valid,
	// the CPU sleeps until the copy is invalidated: further looks would see the same value.
	void relax();
	// WFE, armed by a load of the line.
	void wait_for_change(const void* address) { wait_for_change(lines.of(address)); }

	// A write by the SMMU.  They arrive in order (IHI 0070 3.18.1).
	void device_write(u32* to, u32 value);

private:
	struct Value {
		void* to;
		u64 value;
		size_t size;
		void write() const;
	};
	struct Store : Request {
		Value value;
		Caches* caches;
		bool issued;
	};
	struct DeviceWrite : Request {
		u32* to;
		u32 value;
		Caches* caches;
	};
	struct StoreBuffer {
		std::vector<std::unique_ptr<Store>> stores;
		bool awaited = false;
	};
	template <typename Operation>
	struct Atomic : Request {
		explicit Atomic(Operation& the_operation)
			: operation(the_operation)
		{
			apply = [](Request& request) {
				static_cast<Atomic&>(request).operation();
				machine().wake(request.agent, request.answer);
			};
		}
		Operation& operation;
	};

	void read(const void* address);
	void write(const Value& value, bool release);
	bool acquire(Line& line, Request& atomic);
	void begin_access(const Line& line);
	void far_request(Line& line, Request& atomic);
	void wait_for_change(Line& line);

	void issue(Store& store);
	static void store_arrived(Request& request);
	void finish(Store& store);
	void send_device_write();
	static void device_write_arrived(Request& request);

	std::vector<StoreBuffer> buffers_;
	std::vector<Line*> last_read_;
	std::deque<DeviceWrite> device_writes_;
};

}  // namespace scale
