// SPDX-License-Identifier: GPL-2.0-only
// Instructions that the kernel's alternatives patching rewrites when the module is loaded, so that the choice is the
// kernel's own and costs nothing.  The build passes the kernel's numbers of the capabilities (include/cxx/Kbuild.cxx).
#pragma once

#define CORE_STRINGIFY_(x) #x
#define CORE_STRINGIFY(x) CORE_STRINGIFY_(x)

// `original`, one instruction, and `replacement` in its place where the CPU has `capability`; as ALTERNATIVE().  The
// entry of struct alt_instr: where, what instead, on which capability, both lengths; in the section group of the
// function it is inlined into.
#define CORE_ALTERNATIVE(original, replacement, capability)                                        \
	"661:	" original "\n"                                                                    \
	"	.pushsection .altinstructions, \"a?\"\n"                                                 \
	"	.word	661b - .\n"                                                                        \
	"	.word	662f - .\n"                                                                        \
	"	.hword	" CORE_STRINGIFY(capability) "\n"                                          \
						     "	.byte	4\n"                                  \
						     "	.byte	4\n"                                  \
						     "	.popsection\n"                              \
						     "	.subsection 1\n"                            \
						     "662:	" replacement "\n"                 \
						     "	.previous\n"
