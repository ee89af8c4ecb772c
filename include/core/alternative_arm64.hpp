// SPDX-License-Identifier: GPL-2.0-only
// An instruction that the alternatives patching of the kernel rewrites when the module is loaded.
// The build passes the numbers of the capabilities (include/cxx/Kbuild.cxx).
#pragma once

#define CORE_STRINGIFY_(x) #x
#define CORE_STRINGIFY(x) CORE_STRINGIFY_(x)

// `original`, one instruction, or `replacement` on CPUs with `capability`, as ALTERNATIVE().  Emits
// a struct alt_instr (both places, the capability, both lengths) in the section group of the
// function that it is inlined into.
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
