# SPDX-License-Identifier: GPL-2.0-only
#
# `make help` says what there is.  Kbuild files describe the modules; this file is for people.

# A prepared kernel tree, or Debian's own for arm64 (tools/deps/kernel), fetched into the cache on first use.
KDIR ?=
ARCH ?= arm64
FLAVOUR ?= arm64
CROSS_COMPILE ?= $(if $(filter arm64,$(ARCH)),$(if $(filter aarch64,$(shell uname -m)),,aarch64-linux-gnu-))

# Words that Kbuild wants to see: LLVM=1, V=1, C=2, W=1, CC=... pass through by themselves.

.PHONY: all modules clean help run test test-all deb deb-test kunit kunit-arm64 host pgtable fuzz qemu bench bench-scale docs litmus lint timeline deps
.DEFAULT_GOAL := all

all: modules

modules:
	@tools/build $(if $(KDIR),--kdir "$(KDIR)") --arch $(ARCH) --flavour $(FLAVOUR) -- $(MAKE) \
		CROSS_COMPILE=$(CROSS_COMPILE) $(MAKEOVERRIDES)

clean:
	@find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name '.*.d' -o -name modules.order -o -name Module.symvers \) \
		-type f -exec rm -f {} +
	@rm -rf build

deps:
	@tools/deps/install

run:
	@tools/deps/install build qemu
	@tools/run --flavour $(FLAVOUR)

test:
	@tools/test

test-all:
	@tools/test --all

deb:
	@tools/deb/build

deb-test:
	@tools/deb/test

host:
	@tools/deps/install build kunit
	@tools/host $(CASE)

pgtable:
	@tools/deps/install build kunit
	@tools/pgtable

fuzz:
	@tools/deps/install build kunit
	@tools/fuzz

kunit:
	@tools/deps/install build kunit
	@tools/kunit $(SUITE)

kunit-arm64:
	@tools/deps/install build kunit
	@tools/kunit --arch arm64 $(SUITE)

litmus:
	@tools/litmus/check

lint:
	@tools/lint

qemu:
	@tools/deps/install build qemu
	@tools/qemu/test

bench:
	@tools/deps/install build bench
	@tools/bench/run

bench-scale:
	@tools/bench/scale/run

timeline:
	@tools/deps/install build qemu
	@tools/timeline

docs:
	@tools/docs

help:
	@echo "Build"
	@echo "  make                build smmuv3.ko and ipmmu.ko for Debian's own arm64 6.12 kernel"
	@echo "  make deb            Debian packages in build/deb: the modules for DKMS, and commands to switch to them"
	@echo "  make KDIR=DIR       build against a prepared kernel tree; ARCH=arm64 LLVM=1 as for Kbuild"
	@echo "  make FLAVOUR=F      Debian's arm64 (default), arm64-16k or rt-arm64 of 6.12; 7.2-arm64, 7.3-rt-arm64, ..."
	@echo "  make clean          remove what was built here; the cache stays"
	@echo "  make deps           install the packages of all targets that are missing"
	@echo "Try"
	@echo "  make run            boot Debian's kernel in QEMU with smmuv3.ko and show it working; FLAVOUR=F as above"
	@echo "Test"
	@echo "  make test           the tests below on Linux 6.12, and a part on 7.2; ends in one line: N passed, N failed"
	@echo "  make host           the core in a process, over the device model; seconds; CASE=suite[.case]"
	@echo "  make kunit          the same and the Linux shims, under KUnit in user-mode Linux; SUITE=suite[.case]"
	@echo "  make kunit-arm64    the same in a small arm64 kernel in QEMU; SUITE=suite[.case]"
	@echo "  make qemu           the module in Debian's kernels, real devices doing DMA"
	@echo "  make litmus         the ordering claims, by herd7"
	@echo "  make lint           clang-tidy, clang-format, sparse, checkpatch, shellcheck, lintian, barriers"
	@echo "  make test-all       make test, with all of it on Linux 7.2 and 7.3, kernels with kCFI, KASAN"
	@echo "  make deb-test       the packages on a Debian system in QEMU: install, Secure Boot, kernel update, removal"
	@echo "Know"
	@echo "  make bench          instructions per operation, against the in-tree driver"
	@echo "  make bench-scale    the command queue on 1 to 128 CPUs, simulated, against the in-tree driver's"
	@echo "  make pgtable        10^7 random operations on page tables; make host has a few of them"
	@echo "  make fuzz           programs on page tables that libFuzzer chooses, for ten minutes"
	@echo "  make timeline       timeline.svg: who had power when, from a trace of a run"
	@echo "  make docs           Documentation/ as HTML, in build/docs"
	@echo "Packages that are missing are installed (Debian, as root), except with KDIR=.  Downloads, kernel builds"
	@echo "and compiled objects are kept in $${XDG_CACHE_HOME:-~/.cache}/smmuv3."
