// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/event.hpp"

#include <array>
#include <iterator>

namespace smmu3 {
namespace {

// Which fields an event carries beyond StreamID and SubstreamID.
enum Carries : u8 {
	kNothing = 0,
	kAddress = 1 << 0,    // InputAddr
	kAccess = 1 << 1,     // RnW, InD, PnU
	kFetch = 1 << 2,      // FetchAddr
	kClass = 1 << 3,      // CLASS, S2
	kIpa = 1 << 4,        // IPA, when S2 is set
	kStall = 1 << 5,      // Stall, STAG
	kSubstream = 1 << 6,  // SubstreamID, valid without SSV
};

constexpr u8 kInput = kAddress | kAccess;
constexpr u8 kFault = kInput | kClass | kIpa | kStall;

struct Kind {
	u8 id;
	u8 carries;
	const char* name;
};

constexpr Kind kKinds[] = {
	{0x01, kInput, "F_UUT"},                          // 7.3.2
	{0x02, kNothing, "C_BAD_STREAMID"},               // 7.3.3
	{0x03, kFetch, "F_STE_FETCH"},                    // 7.3.4
	{0x04, kNothing, "C_BAD_STE"},                    // 7.3.5
	{0x05, kAddress, "F_BAD_ATS_TREQ"},               // 7.3.6
	{0x06, kNothing, "F_STREAM_DISABLED"},            // 7.3.7
	{0x07, kInput, "F_TRANSL_FORBIDDEN"},             // 7.3.8
	{0x08, kSubstream, "C_BAD_SUBSTREAMID"},          // 7.3.9
	{0x09, kFetch, "F_CD_FETCH"},                     // 7.3.10
	{0x0a, kNothing, "C_BAD_CD"},                     // 7.3.11
	{0x0b, kInput | kFetch | kClass, "F_WALK_EABT"},  // 7.3.12
	{0x10, kFault, "F_TRANSLATION"},                  // 7.3.13
	{0x11, kFault, "F_ADDR_SIZE"},                    // 7.3.14
	{0x12, kFault, "F_ACCESS"},                       // 7.3.15
	{kPermissionFault, kFault, "F_PERMISSION"},       // 7.3.16
	{0x20, kInput | kIpa, "F_TLB_CONFLICT"},          // 7.3.17
	{0x21, kNothing, "F_CFG_CONFLICT"},               // 7.3.18
	{0x24, kAddress, "E_PAGE_REQUEST"},               // 7.3.19
	{0x25, kFetch, "F_VMS_FETCH"},                    // 7.3.20
};

Kind kind_of(u8 id)
{
	for (const Kind& kind : kKinds)
		if (kind.id == id)
			return kind;
	return {id, kNothing, "UNKNOWN"};
}

const char* class_name(u64 number)
{
	constexpr const char* kNames[] = {"CD", "TTD", "IN"};
	return number < std::size(kNames) ? kNames[number] : "reserved";
}

}  // namespace

smmu_event decode_event(const Event& event)
{
	const u8 id = static_cast<u8>(event.get<Event::Number>());
	const Kind kind = kind_of(id);
	smmu_event decoded{};

	for (size_t i = 0; i < std::size(decoded.raw); i++)
		decoded.raw[i] = event.words[i];
	decoded.id = id;
	decoded.name = kind.name;
	decoded.sid = event.get<Event::StreamID>().value();
	decoded.has_ssid = event.get<Event::SSV>() || (kind.carries & kSubstream);
	decoded.ssid = event.get<Event::SubstreamID>().value();

	if (kind.carries & kAddress) {
		decoded.has_address = true;
		decoded.address = event.get<Event::InputAddr>();
	}
	if (kind.carries & kAccess) {
		decoded.has_access = true;
		decoded.read = event.get<Event::RnW>();
		decoded.instruction = event.get<Event::InD>();
		decoded.privileged = event.get<Event::PnU>();
	}
	if (kind.carries & kClass)
		decoded.class_name = class_name(event.get<Event::CLASS>());
	if (kind.carries & (kClass | kIpa))
		decoded.stage2 = event.get<Event::S2>();
	if ((kind.carries & kIpa) && decoded.stage2) {
		decoded.has_ipa = true;
		decoded.ipa = event.get<Event::IPA>();
	}
	if (kind.carries & kFetch) {
		decoded.has_fetch_address = true;
		decoded.fetch_address = event.get<Event::FetchAddr>();
	}
	if (kind.carries & kStall) {
		decoded.stall = event.get<Event::Stall>();
		decoded.stag = static_cast<u16>(event.get<Event::STAG>());
	}
	return decoded;
}

}  // namespace smmu3
