// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/stalls.hpp"

#include "arm-smmu-v3/commands.hpp"
#include "arm-smmu-v3/event.hpp"

namespace smmu3 {
namespace {

// A page of a process is writable once a CPU has set its dirty state, of which the SMMU is not told.  The kernel then
// takes the fault for a spurious one, for which Linux 6.12 invalidates nothing, and 7.2 the entry of one CPU.
std::optional<Command> stale_entry(const TlbTag& tag, const StalledFault& fault)
{
	switch (fault.stale) {
	case StalledFault::Stale::kNothing:
		return std::nullopt;
	case StalledFault::Stale::kPage:
		return tlbi_leaf(tag, fault.page);
	case StalledFault::Stale::kAll:
		break;
	}
	return tlbi_all(tag);
}

bool is_group(const Command& command)
{
	return command.get<Command::Op>() == Opcode::kPriResp;
}

ResumeResponse resume_response(Answer answer)
{
	return answer == Answer::kRetry ? ResumeResponse::kRetry : ResumeResponse::kAbort;
}

PriResponse pri_response(Answer answer)
{
	switch (answer) {
	case Answer::kRetry:
		return PriResponse::kSuccess;
	case Answer::kAbort:
		return PriResponse::kInvalid;
	case Answer::kFail:
		break;
	}
	return PriResponse::kFailure;
}

Command with_response(const Command& command, Answer answer)
{
	return is_group(command) ? command.with<Command::PriResp>(pri_response(answer))
				 : command.with<Command::Resp>(resume_response(answer));
}

}  // namespace

void Stalls::begin()
{
	core::SpinLock::Guard guard(lock_);
	active_ = true;
}

// Memory is freed where interrupts are on.
void Stalls::end()
{
	List ended;
	{
		core::SpinLock::Guard guard(lock_);
		active_ = false;
		ended = take_if([](const Stall&) { return true; });
	}
	clear(ended);
}

bool Stalls::active()
{
	core::SpinLock::Guard guard(lock_);
	return active_;
}

void Stalls::resolve(StallSource& source, const TlbTag& tag)
{
	core::SpinLock::Guard guard(lock_);
	source.tag_ = tag;
	if (source.state_ == StallSource::State::kIgnored)
		sources_.prepend(source);
	source.state_ = StallSource::State::kHeld;
}

void Stalls::ignore(StallSource& source)
{
	core::SpinLock::Guard guard(lock_);
	source.state_ = StallSource::State::kIgnored;
	sources_.remove(source);
}

// One after the other: a transaction that freed the next one would need stack for each.
void Stalls::clear(List& list)
{
	while (list)
		list = std::move(list->next);
}

const StallSource* Stalls::find_source(const StalledFault& fault) const
{
	for (const StallSource& source : sources_)
		if (source.dev == fault.owner && source.pasid == fault.pasid)
			return &source;
	return nullptr;
}

Admission Stalls::append(List stall, const StallSource& source, const StalledFault& fault)
{
	const bool reported = source.state_ == StallSource::State::kReported;
	*stall = {.source = &source,
		  .command = fault.command,
		  .token = next_token_,
		  .held = !reported,
		  .since_ns = os_now_ns(),
		  .forget = stale_entry(source.tag_, fault),
		  .count = fault.count,
		  .next = {}};
	if (fault.count)
		fault.count->waiting_++;
	*tail_ = std::move(stall);
	tail_ = &(*tail_)->next;
	if (reported)
		(is_group(fault.command) ? groups_ : admitted_)++;
	return {.how = reported ? Admission::How::kReported : Admission::How::kHeld,
		.token = next_token_++};
}

// The caller has the lock of the record queues, which a suspend needs after end(): SMMUEN is not 1 again, and the tag not
// that of another transaction, before the return.  The suspend reads records itself, and must not wait for memory.
Admission Stalls::admit(const StalledFault& fault)
{
	if (!active())
		return {};
	auto stall = core::make_box<Stall>();
	{
		core::SpinLock::Guard guard(lock_);
		if (!active_)
			return {};
		const StallSource* source = find_source(fault);
		if (source && stall)
			return append(std::move(*stall), *source, fault);
	}
	respond(fault.command, Answer::kAbort);
	return {};
}

Admission Stalls::admit(const device* owner, const smmu_event& event)
{
	const bool stale = event.id == kPermissionFault && !event.read;
	return admit({
		.owner = owner,
		.pasid = event.has_ssid ? Pasid(Ssid(event.ssid)) : Pasid(),
		.command = resume_stalled(Sid(event.sid), event.stag, {}),
		.stale = stale ? StalledFault::Stale::kPage : StalledFault::Stale::kNothing,
		.page = event.address,
	});
}

u32 Stalls::waiting(const GroupCount& count)
{
	core::SpinLock::Guard guard(lock_);
	return count.waiting_;
}

void Stalls::respond(const Command& command, Answer answer)
{
	(void)commands_.issue(std::array{with_response(command, answer)});
}

// In the order of their records.
template <class Match>
Stalls::List Stalls::take_if(Match match)
{
	List taken;
	List* last = &taken;
	List* link = &pending_;
	while (*link) {
		if (!match(**link)) {
			link = &(*link)->next;
			continue;
		}
		*last = std::move(*link);
		*link = std::move((*last)->next);
		if ((*last)->count)
			(*last)->count->waiting_--;
		last = &(*last)->next;
	}
	tail_ = link;
	return taken;
}

// A suspend waits for the section: the tags are not reused between the lock and the commands.  Memory is freed where
// interrupts are on.
template <class Match>
void Stalls::end_if(Answer answer, Match match)
{
	List ended;
	{
		Commands::ReadSection section;
		{
			const core::SpinLock::Held held(lock_);
			ended = take_if(match);
		}
		if (!ended)
			return;
		[[clang::uninitialized]] Commands::Batch batch(commands_, section);
		for (const Stall* stall = ended.get(); stall; stall = stall->next.get())
			(void)batch.add(with_response(stall->command, answer));
		(void)batch.submit();
	}
	clear(ended);
}

void Stalls::report(StallSource& source)
{
	{
		core::SpinLock::Guard guard(lock_);
		if (source.state_ != StallSource::State::kIgnored)
			source.state_ = StallSource::State::kReported;
	}
	end_if(Answer::kRetry,
	       [&](const Stall& stall) { return stall.held && stall.source == &source; });
}

void Stalls::abort(const StallSource& source)
{
	end_if(Answer::kAbort, [&](const Stall& stall) {
		return stall.source == &source &&
		       (!stall.held || source.state_ == StallSource::State::kIgnored);
	});
}

// An answer that has taken a group from the list is in a section until its CMD_SYNC has completed.
void Stalls::abort_groups(const device* owner)
{
	end_if(Answer::kAbort, [&](const Stall& stall) {
		return is_group(stall.command) && (!owner || stall.source->dev == owner);
	});
	os_synchronize();
}

void Stalls::forget_translation(u32 token)
{
	std::optional<Command> forget;
	{
		core::SpinLock::Guard guard(lock_);
		for (const Stall* stall = pending_.get(); stall; stall = stall->next.get())
			if (stall->token == token)
				forget = stall->forget;
	}
	if (forget)
		(void)commands_.issue(std::array{*forget});
}

void Stalls::answer(u32 token, Answer answer)
{
	if (answer == Answer::kRetry)
		forget_translation(token);
	end_if(answer, [&](const Stall& stall) { return stall.token == token; });
}

Stalls::Expired Stalls::abort_after(u64 ns)
{
	const u64 now = os_now_ns();
	Expired expired;
	end_if(Answer::kAbort, [&](const Stall& stall) {
		if (now < stall.since_ns || now - stall.since_ns < ns)
			return false;
		if (!expired.count++)
			expired.first = stall.command.get<Command::StreamID>();
		return true;
	});
	expired_ += expired.count;
	core::SpinLock::Guard guard(lock_);
	expired.others_wait = static_cast<bool>(pending_);
	return expired;
}

void Stalls::terminate(Sid sid)
{
	(void)commands_.issue(std::array{stall_term(sid)});
}

void Stalls::add_to(smmu_stats& stats) const
{
	stats.stalls = admitted_;
	stats.page_request_groups = groups_;
	stats.stalls_expired = expired_;
}

}  // namespace smmu3
