#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Modules of the benchmarks' kernels are no larger than those that glslc -O makes of the same
algorithms in GLSL, for the same version and memory model.

usage: sizes.py VYRE-SPV (KERNEL.vyre KERNEL.spv)...
"""
import os
import subprocess
import sys

OPTIONS = ("--target=roadmap2022", "--target-env=vulkan1.1", "--memory-model=glsl450",
           "--float=fast", "-o", "-")


def main():
    vyre_spv, files = sys.argv[1], sys.argv[2:]
    wrong = 0
    for source, baseline in zip(files[::2], files[1::2]):
        name = os.path.basename(source).partition(".")[0]
        made = subprocess.run([vyre_spv, "compile", source, *OPTIONS], stdout=subprocess.PIPE,
                              timeout=60, check=True).stdout
        ours, theirs = len(made), os.path.getsize(baseline)
        print(f"{name:10} {ours:5} bytes, glslc -O {theirs:5}")
        if ours < 100 or ours > theirs:
            print("  is larger")
            wrong += 1
    sys.exit(1 if wrong or len(files) < 12 else 0)


main()
