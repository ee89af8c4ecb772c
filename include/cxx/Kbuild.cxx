# SPDX-License-Identifier: GPL-2.0-only
#
# Compile C++ sources under Kbuild.  Include after setting cxx-y, the objects made from *.cc.
#
# The compiler is clang++ 22, whatever built the kernel.  On a kernel built by clang the flags derive from
# Kbuild's; on one built by GCC those mean nothing to clang and are spelled out for the architecture.

cxx-root   ?= $(src)/..
cxx-clang  ?= clang++-22
cxx-libcxx ?= /usr/lib/llvm-22/include/c++/v1
cxx-resdir := $(shell $(cxx-clang) -print-resource-dir)

# libc++ behind our configuration, then the compiler's headers, then the few C headers libc++ wants.
cxx-include := -nostdinc -isystem $(cxx-root)/include/cxx -isystem $(cxx-libcxx) \
	       -isystem $(cxx-resdir)/include -idirafter $(cxx-root)/include/cxx-after \
	       -I$(cxx-root) -I$(cxx-root)/include

cxx-language := -x c++ -std=c++23 -ffreestanding -fno-exceptions -fno-rtti -fvisibility=hidden \
		-fno-strict-aliasing -fno-delete-null-pointer-checks -fwrapv -fno-common \
		-fno-asynchronous-unwind-tables -fno-unwind-tables -funsigned-char -O2

# No BTF: pahole does not know C++ references, and fails the whole module.
cxx-debug := $(if $(CONFIG_DEBUG_INFO_BTF_MODULES),-g0,$(if $(CONFIG_DEBUG_INFO),-g))

cxx-warnings := -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Wimplicit-fallthrough \
		-Wglobal-constructors -Wexit-time-destructors -Wthread-safety -Werror

cxx-hardening := $(if $(CONFIG_INIT_STACK_ALL_ZERO),-ftrivial-auto-var-init=zero) \
		 $(if $(CONFIG_INIT_STACK_ALL_PATTERN),-ftrivial-auto-var-init=pattern)

# Code that does not sleep is a section of RCU only where the kernel is not preempted (os/tables.h).  CONFIG_PREEMPT_RCU
# says less: with CONFIG_PREEMPT_LAZY, a context switch ends the sections of a task that does not disable preemption.
cxx-sections := $(if $(CONFIG_PREEMPTION),-DOS_PREEMPTIBLE_SECTIONS)

cxx-asm-offset = $(shell awk '$$2 == "$(1)" { print $$3 }' $(objtree)/include/generated/asm-offsets.h)
cxx-cpucap = $(shell awk '$$2 == "$(1)" { print $$3 }' \
	     $(objtree)/arch/arm64/include/generated/asm/cpucap-defs.h)

ifdef CONFIG_ARM64
# Alternatives patching needs the kernel's numbers for "the CPU has LSE atomics" and "device loads must acquire".
cxx-arch := -DARM64_CPUCAP_LSE=$(call cxx-cpucap,ARM64_HAS_LSE_ATOMICS) -mno-outline-atomics \
	    -DARM64_CPUCAP_DEVICE_LOAD_ACQUIRE=$(call cxx-cpucap,ARM64_WORKAROUND_DEVICE_LOAD_ACQUIRE)

ifndef CONFIG_CC_IS_CLANG
cxx-arch += --target=aarch64-linux-gnu -mgeneral-regs-only -fno-pic -fno-omit-frame-pointer \
	    -fno-optimize-sibling-calls
cxx-arch += $(if $(CONFIG_ARM64_BTI_KERNEL),-mbranch-protection=pac-ret+bti,$(if \
	    $(CONFIG_ARM64_PTR_AUTH_KERNEL),-mbranch-protection=pac-ret))
cxx-arch += $(if $(CONFIG_SHADOW_CALL_STACK),-fsanitize=shadow-call-stack -ffixed-x18)
cxx-arch += $(if $(CONFIG_FUNCTION_ALIGNMENT),-falign-functions=$(CONFIG_FUNCTION_ALIGNMENT))
cxx-arch += $(if $(CONFIG_DYNAMIC_FTRACE_WITH_CALL_OPS),-fpatchable-function-entry=4$(comma)2,$(if \
	    $(CONFIG_DYNAMIC_FTRACE_WITH_ARGS),-fpatchable-function-entry=2))
cxx-arch += $(if $(CONFIG_STACKPROTECTOR_PER_TASK),-fstack-protector-strong \
	    -mstack-protector-guard=sysreg -mstack-protector-guard-reg=sp_el0 \
	    -mstack-protector-guard-offset=$(call cxx-asm-offset,TSK_STACK_CANARY))
endif
endif

ifdef CONFIG_UML
cxx-arch := -mno-sse -mno-mmx -mno-avx -mcmodel=large -fno-builtin -fno-pic -fno-stack-protector \
	    -fno-omit-frame-pointer
endif

ifdef CONFIG_CC_IS_CLANG
# What is C's alone goes; what protects the kernel (kCFI, SCS, PAC, BTI, ftrace, stack protector) stays.
cxx-c-only := -std=gnu11 -fms-extensions -Werror=strict-prototypes -Wmissing-prototypes \
	      -Wmissing-declarations -Werror=implicit-function-declaration -Werror=implicit-int \
	      -Wno-pointer-sign -Werror=incompatible-pointer-types -Werror=designated-init
cxx-kernel := $(filter-out $(cxx-c-only) -W%,$(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) $(KBUILD_CFLAGS_MODULE))
endif

# Kbuild adds these to its own rules only, and in the words of the compiler that built the kernel.
ifdef CONFIG_KASAN_GENERIC
cxx-kasan-options := mapping-offset=$(CONFIG_KASAN_SHADOW_OFFSET) globals=1 \
		     kernel-mem-intrinsic-prefix=1 stack=$(if $(CONFIG_KASAN_STACK),1,0) \
		     instrumentation-with-call-threshold=$(if $(CONFIG_KASAN_INLINE),10000,0)
cxx-kasan := -fsanitize=kernel-address $(addprefix -mllvm -asan-,$(cxx-kasan-options))
endif

cxx_flags = -Wp,-MMD,$(depfile) $(cxx-kernel) $(cxx-arch) $(cxx-language) $(cxx-include) $(cxx-debug) \
	    $(cxx-hardening) $(cxx-kasan) $(cxx-sections) $(cxx-warnings) $(cxxflags-y)

quiet_cmd_cxx_o_cc = CXX $(quiet_modtag) $@
      cmd_cxx_o_cc = $(cxx-clang) $(cxx_flags) -c -o $@ $<

$(addprefix $(obj)/,$(cxx-y)): $(obj)/%.o: $(src)/%.cc FORCE
	$(call if_changed_dep,cxx_o_cc)

targets += $(cxx-y)

# Templates and inline functions come in section groups; the module loader wants plain sections.
ldflags-y += --force-group-allocation
