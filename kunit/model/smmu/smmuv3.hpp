// SPDX-License-Identifier: GPL-2.0-only
//
// A model of an SMMUv3, for tests: the whole Non-secure programming interface of IHI 0070 as seen
// by a driver and by devices doing DMA. The test owns the object (about 200 KiB, all zero before
// configure(): it may live in .bss) and supplies the world around it as a Host.
#pragma once

#include <optional>

#include "kunit/model/smmu/atc.hpp"
#include "kunit/model/smmu/config_cache.hpp"
#include "kunit/model/smmu/dma.hpp"
#include "kunit/model/log.hpp"
#include "kunit/model/smmu/memory.hpp"
#include "kunit/model/smmu/pri_function.hpp"
#include "kunit/model/smmu/regs.hpp"
#include "kunit/model/smmu/tlb.hpp"

namespace model {

class Smmuv3 {
public:
	// Powers on and resets. @host must outlive the model.
	void configure(const Host& host, const Ids& ids, const Options& options = {});
	void reset();

	// Registers, by byte offset: page 0 at 0, page 1 at 0x10000, Command queue control pages
	// from 0x20000.
	u32 read32(u32 offset);
	void write32(u32 offset, u32 value);
	u64 read64(u32 offset);
	void write64(u32 offset, u64 value);

	// Consumes up to @n commands; returns how many it did.
	unsigned step(unsigned n = ~0u);
	void set_deferred(bool on);

	// One transaction that does not cross a page. The event is written as hardware would.
	Dma translate(u32 sid, std::optional<u32> ssid, u64 iova, Access access, u64 size = 1);
	// The same over a buffer, page by page; false at the first part not translated.
	bool dma_read(u32 sid, u64 iova, void* to, std::size_t size);
	bool dma_write(u32 sid, u64 iova, const void* from, std::size_t size);
	// A translated (ATS) transaction; refused unless EATS allows it.
	Dma translated_access(u32 sid, u64 pa, Access access);
	// Functions with an ATC, until the next configure(): CMD_ATC_INV reaches them by StreamID.
	void connect(Atc& atc);
	void disconnect(Atc& atc);
	// A Translation Request.  With @access.write both permissions are asked for.
	AtsCompletion translation_request(u32 sid, std::optional<u32> pasid, u64 iova,
					  Access access);
	// One transaction of a function with ATS: by its ATC, or by a Translation Request first.
	// Aborted where ATS is off at the function or the request is refused.
	Dma ats_access(Atc& atc, std::optional<u32> pasid, u64 iova, Access access);

	// An event as hardware would write it; false if it was lost.
	bool inject_event(const EventRecord& record);
	// A page request message; false if it was not recorded.
	bool page_request(u32 sid, std::optional<u32> ssid, u64 addr, u32 prg, bool last,
			  Access access);
	// The same of a function with PRI; false also if it must not send one.
	bool page_request(Pri& pri, std::optional<u32> pasid, u64 addr, u32 group, bool last,
			  Access access = {});
	// Neither reads nor writes: a Stop Marker if it has a PASID.
	bool stop_marker(u32 sid, std::optional<u32> pasid);
	// Functions that get responses, until the next configure().
	void connect(Pri& pri);
	void disconnect(Pri& pri);
	StallState stall(u16 stag) const { return stalls_[stag % kStalls].state; }
	// How many wait, of one stream or of all.
	unsigned stalled(std::optional<u32> sid = std::nullopt) const;

	// Power. Without @retain everything is lost; accesses while off are violations.
	void power_off(bool retain = false);
	void power_on();
	bool powered() const { return powered_; }

	// Faults hardware may show.
	void fail_command(Cerror error, u64 after = 0);  // the command after @after others
	void fail_atc_inv(bool on) { atc_fails_ = on; }  // ATC_INVs time out: the next SYNC fails
	bool abort_memory(u64 first, u64 last) { return mem_.abort_range(first, last); }
	void clear_aborts() { mem_.clear_aborts(); }
	void enter_sfm();
	void raise_gerror(u32 bits);
	// Acknowledgements come @reads polls late; kForever until finish_acks().
	void delay_ack(Ack which, u32 reads) { acks_[static_cast<u8>(which)].delay = reads; }
	void finish_acks();
	// ENACK of the Enhanced Command queues in @mask does not follow EN.
	void stick_ecmdqs(u32 mask);
	// CMD_SYNC is fetched but does not complete until released.
	void hold_sync(bool on);
	// The SMMU consumes nothing of ECMDQ @n.
	void hold_ecmdq(u32 n, bool on);

	// Inspection. Not locked: for use while no other thread runs.
	const Stats& stats() const { return stats_; }
	void clear_stats() { stats_ = {}; }
	const Ring<RegWrite, 1024>& register_writes() const { return reg_log_; }
	const Ring<Command, 1024>& commands() const { return cmd_log_; }
	const Ring<Msi, 64>& msis() const { return msi_log_; }
	const Regs& regs() const { return r_; }
	const Ids& ids() const { return ids_; }
	unsigned tlb_entries() const { return tlb_.size(); }
	unsigned config_entries() const { return config_.size(); }
	void clear_logs();

private:
	static constexpr unsigned kStalls = 64;

	// Holds the host's lock; on leaving delivers the wires and events raised meanwhile.
	class Entry {
	public:
		explicit Entry(Smmuv3& s);
		~Entry();
		Entry(const Entry&) = delete;
		Entry& operator=(const Entry&) = delete;

	private:
		Smmuv3& s_;
	};

	// registers.cc
	bool accessible(u32 offset, u32 width);
	u32 normalise(u32 offset) const;
	u32 load32(u32 offset);
	std::optional<u32> load_id(u32 offset) const;
	std::optional<u32> load_queue(u32 offset) const;
	u64* wide(u32 offset);
	void store32(u32 offset, u32 value);
	bool store_queue(u32 offset, u32 value);
	bool store_irq(u32 offset, u32 value);
	void store_wide(u32 offset, u64* reg, u64 value);
	// control.cc
	void write_cr0(u32 value);
	void apply_cr0();
	void write_irq_ctrl(u32 value);
	void write_gbpa(u32 value);
	void begin(Ack which);
	void poll(Ack which);
	void apply(Ack which);
	u32 irq_enabled() const { return r_.irq_ctrlack; }
	bool on(u32 cr0_bits) const { return (r_.cr0ack & cr0_bits) == cr0_bits; }
	// checks.cc
	void violation(const char* what, u64 a = 0, u64 b = 0);
	void guard(bool closed, const char* what, u32 offset);
	void check_prod(u32 value);
	void check_prod(const Queue& q, u32 value, bool error, const char* beyond,
			const char* back);
	void check_cons(const Queue& q, u32 value, u32 offset);
	void check_queue(const Queue& q, unsigned max_log2, unsigned entry_log2, const char* what);
	void check_stream_table();
	void check_reserved(const Command& c);
	// cmdq.cc
	unsigned consume(unsigned n);
	void kick();
	bool consume_one(unsigned source);
	bool runs(unsigned source) const;
	Queue& queue(unsigned source);
	bool command_error(Cerror error);
	Cerror execute(const Command& c);
	Cerror sync(const Command& c);
	void signal_sync(const Command& c);
	void note_invalidation(const Command& c);
	// commands.cc
	Cerror cfgi(const Command& c);
	Cerror tlbi(const Command& c);
	bool tlbi_regime(const Command& c, TlbScope& s) const;
	Cerror tlbi_address(const Command& c, TlbScope& s);
	Cerror resume(const Command& c);
	Cerror prefetch(const Command& c);
	// ecmdq.cc
	unsigned ecmdqs() const;
	bool is_ecmdq(u32 offset) const { return offset >= reg::END && ids_.ecmdq(); }
	u32 end_of_registers() const;
	Ecmdq* find_ecmdq(u32 offset, u32& within);
	std::optional<u32> load_control_page(u32 offset) const;
	u64 load_ecmdq(u32 offset);
	void store_ecmdq(u32 offset, u32 width, u64 value);
	void write_ecmdq_base(Ecmdq& e, u64 value);
	void write_ecmdq_prod(Ecmdq& e, u32 value);
	void write_ecmdq_cons(Ecmdq& e, u32 value);
	void acknowledge_errors(Ecmdq& e, bool errack);
	void apply_ecmdqs();
	bool any_ecmdq_on() const;
	void check_ecmdqs_empty();
	// fetch.cc
	bool find_ste(u32 sid, Ste& ste, Fault& f);
	bool locate_ste(u32 sid, u64& pa, Fault& f);
	bool locate_in_level2(u32 sid, u64& pa, Fault& f);
	bool find_cd(const Txn& t, Stream& st, Fault& f);
	bool locate_cd(const Txn& t, const Stream& st, u64& addr, Fault& f);
	bool read_cd_words(const Txn& t, const Stream& st, u64 addr, u64* out, unsigned n,
			   Fault& f);
	unsigned cd_split(const Ste& ste) const;
	void note_stale(const Cached& c);
	void keep(const Cached& c, bool valid);
	// walk.cc
	bool walk(const Regime& r, const Txn& t, const Stream& st, Class cls, u64 ia, Leaf& leaf,
		  Fault& f);
	bool fetch_descriptor(const Regime& r, const Txn& t, const Stream& st, u64 addr, Leaf& leaf,
			      Fault& f);
	void keep_table(const Regime& r, Kind kind, u64 ia, const Leaf& at);
	bool settle(const Regime& r, bool write, Leaf& leaf, bool& clean, Fault& f);
	Regime stage1_regime(const Stream& st, u64 va) const;
	Regime stage2_regime(const Stream& st) const;
	// ats.cc
	bool ats_allowed(const Ste& ste) const;
	AtsCompletion ats_translate(Txn t, Fault& f);
	AtsCompletion refuse_ats(const Txn& t, Event event);
	AtsCompletion answer_ats(const Txn& t);
	Dma pass_translated(const Txn& t);
	Cerror atc_inv(const Command& c);
	// pri.cc
	bool write_request(const u64 (&w)[2]);
	void refuse_request(const u64 (&w)[2], bool overflow);
	void answer_overflow(u32 sid, u32 group, std::optional<u32> pasid);
	void answer_pri(u32 sid, u32 group, std::optional<u32> pasid, PrgCode code, bool automatic);
	Cerror pri_resp(const Command& c);
	// translate.cc
	Dma run(const Txn& t);
	bool attempt(Txn& t, Stream& st, Dma& d, Fault& f);
	bool resolve(Txn& t, Stream& st, Dma& d, Fault& f);
	bool substream(const Txn& t, Stream& st, Fault& f);
	bool input_in_range(const Stream& st, u64& va, Fault& f) const;
	// stages.cc
	bool stage1(const Txn& t, const Stream& st, Dma& d, Fault& f);
	bool stage2(const Txn& t, const Stream& st, Class cls, u64 ipa, TlbEntry& out, Fault& f);
	bool fill1(const Txn& t, const Stream& st, TlbEntry& e, Fault& f);
	// events.cc, dma.cc
	Dma finish(const Txn& t, const Stream& st, const Fault& f);
	bool move(u32 sid, u64 iova, void* buffer, std::size_t size, bool write);
	bool record(const Txn& t, const Fault& f, bool stall, u16 stag);
	bool write_event(const EventRecord& record);
	std::optional<u16> take_stall(const Txn& t);
	bool may_report_stall() const;
	void check_stall_term(u32 sid);
	void retry_stalls();
	void end_stalls(std::optional<u32> sid, StallState how);
	// irq.cc
	u32 errors() const;
	void gerror(u32 bits);
	void write_gerrorn(u32 value);
	void interrupt(Irq which);
	bool send_msi(u64 addr, u32 data);
	// power.cc
	void scramble();
	void reset_state();
	void reset_registers();

	const Host* host_ = nullptr;
	Ids ids_{};
	Options options_{};
	Memory mem_;
	Regs r_{};
	ConfigCache config_;
	Tlb tlb_;
	std::array<StallSlot, kStalls> stalls_{};
	StallSlot* retried_ = nullptr;  // of a transaction that is tried again
	std::array<PendingAck, 4> acks_{};
	u32 stuck_ecmdqs_ = 0;
	std::array<Atc*, 8> atcs_{};
	std::array<Pri*, 8> pris_{};
	bool powered_ = false, retained_ = false;
	bool held_ = false, sfm_ = false, atc_fails_ = false;
	Cerror inject_ = Cerror::NONE;
	u64 inject_after_ = 0;
	u64 random_ = 0;
	// CFGI_ALL and TLBI_NSNH_ALL seen since reset: consumed, and completed by a CMD_SYNC.
	u8 invalidated_synced_ = 0;
	// By queue, because a CMD_SYNC covers the commands of its own only: CMDQ, then the ECMDQs.
	std::array<u8, 1 + kMaxEcmdqs> invalidated_{};
	std::array<bool, 1 + kMaxEcmdqs> atc_failed_{};
	u8 source_ = 0;        // the queue whose command is executed
	u8 irqs_pending_ = 0;  // wires to raise once the lock is free, by Irq
	u32 sevs_pending_ = 0;
	Stats stats_;
	Ring<RegWrite, 1024> reg_log_;
	Ring<Command, 1024> cmd_log_;
	Ring<Msi, 64> msi_log_;
};

}  // namespace model
