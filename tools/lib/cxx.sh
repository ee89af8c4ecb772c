# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How the cores are compiled for arm64 where no kernel is at hand; include/cxx/Kbuild.cxx is for the modules.

# shellcheck disable=SC2034 # used by the scripts that source this file
cxx_flags=(-std=c++23 -ffreestanding -nostdinc -isystem include/cxx
	-isystem /usr/lib/llvm-22/include/c++/v1 -isystem "$(clang++-22 -print-resource-dir)/include"
	-idirafter include/cxx-after -I. -Iinclude -fno-exceptions -fno-rtti
	--target=aarch64-linux-gnu -DARM64_CPUCAP_LSE=0 -DARM64_CPUCAP_DEVICE_LOAD_ACQUIRE=1)
