#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles kernels with a vendor's compiler for one family after another, without the hardware.

usage: vendor.py live COSTS DIR      on AMD: every load of what another agent writes passes the
                                     caches by
       vendor.py forms COSTS DIR     on AMD: what a workgroup shares is loaded once, and neighbours
                                     are together
       vendor.py table amd COSTS GOLDEN INPUT...
       vendor.py table intel COSTS GOLDEN SHIM INPUT...
                                     costs equal the table in GOLDEN, and are near glslc's;
                                     --update rewrites it

COSTS is the built program costs, SHIM what intel_shim builds. Exits with 77 where Mesa's driver or
the shim is not there. Register and instruction counts are those of one release of the compiler,
which the table's first line names; with another release everything must still compile, and the
counts are not compared.
"""
import os
import re
import subprocess
import sys


class Vendor:
    """How to have a device of each family. `compared` are the columns that are held against
    glslc's: their names and numbers."""

    def __init__(self, name, driver, families, variable, columns, compared):
        self.name, self.driver, self.families, self.variable = name, driver, families, variable
        self.columns, self.compared = columns, compared
        self.environment = {}

    def manifest(self):
        paths = (f"/usr/share/vulkan/icd.d/{self.driver}{end}.json" for end in (".x86_64", ""))
        path = next((path for path in paths if os.path.exists(path)), None)
        if path is None:
            skip(f"Mesa's {self.driver} is not installed")
        return path

    def run(self, costs, family, *arguments):
        """The lines that the program prints for one family."""
        manifest = self.manifest()
        environment = {**os.environ, **self.environment, self.variable: family,
                       "VK_ICD_FILENAMES": manifest, "VK_DRIVER_FILES": manifest,
                       "MESA_SHADER_CACHE_DISABLE": "true"}
        done = subprocess.run([costs, *arguments], env=environment, capture_output=True,
                              text=True, timeout=600)
        if done.returncode == 77:
            skip(f"{done.stdout}Mesa's {self.driver} has no device without hardware for {family}")
        if done.returncode != 0:
            sys.exit(f"{family}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.splitlines()


def skip(why):
    print("skipped:", why)
    sys.exit(77)


# One family of each generation of the instruction set. AMD: GFX8, 9 (two), 10.1, 10.3, 11. Intel:
# Gen9, 11, 12, 12.5.
VENDORS = {
    "amd": Vendor("amd", "radeon_icd",
                  ("polaris10", "vega10", "arcturus", "navi10", "navi21", "gfx1100"),
                  "RADV_FORCE_FAMILY", "instructions, SGPRs, VGPRs, spilled, LDS, code bytes",
                  (("instructions", 0), ("VGPRs", 2))),
    "intel": Vendor("intel", "intel_icd", ("skl", "icl", "tgl", "dg2"),
                    "INTEL_STUB_GPU_PLATFORM",
                    "instructions, messages, spills and fills, cycles",
                    (("instructions", 0), ("messages", 1))),
}


def instructions(lines, kernel, pattern):
    inside = False
    for line in lines:
        if line.startswith("== "):
            inside = line == f"== {kernel}"
        elif inside and re.search(pattern, line):
            yield line.split(";")[0].strip()


def loads(lines, kernel):
    """Vector loads of a kernel; scalar ones fetch descriptors and push constants."""
    return instructions(lines, kernel, r"\b(buffer|global|flat)_load_")


def check_live(costs, folder):
    amd = VENDORS["amd"]
    live, constant = (os.path.join(folder, name) for name in ("live.vyre", "constant.vyre"))
    wrong = 0
    for family in amd.families:
        for model in ((), ("--glsl450",)):
            lines = amd.run(costs, family, "--isa", *model, live, constant)
            fresh = list(loads(lines, "live.vyre"))
            cached = list(loads(lines, "constant.vyre"))
            stale = [load for load in fresh if " glc" not in load]
            print(family, *model, f"{len(fresh)} live loads, {len(stale)} of them cached")
            if len(fresh) < 2 or not cached or any(" glc" in load for load in cached):
                print("  unexpected code; what does the compiler call a cached load now?")
                wrong += 1
            for load in stale:
                print("  may be served from a stale cache:", load)
            wrong += len(stale)
    return wrong


def check_forms(costs, folder):
    amd = VENDORS["amd"]
    scalar, wide = (os.path.join(folder, name) for name in ("scalar.vyre", "wide.vyre"))
    wrong = 0
    for family in amd.families:
        lines = amd.run(costs, family, "--isa", scalar, wide)
        found = {
            "scalar loads": len(list(instructions(lines, "scalar.vyre", r"\bs_buffer_load_"))),
            "vector loads": len(list(loads(lines, "scalar.vyre"))),
            "wide loads": len(list(instructions(lines, "wide.vyre", r"_load_(dwordx4|b128) v"))),
            "wide stores": len(list(instructions(lines, "wide.vyre", r"_store_(dwordx4|b128) v"))),
        }
        print(family, *(f"{count} {what}" for what, count in found.items()), sep=", ")
        if tuple(found.values()) != (2, 0, 1, 1):
            print("  unexpected code; the compiler used to find these by itself")
            wrong += 1
    return wrong


def measure(vendor, costs, inputs):
    table, release = {}, None
    for family in vendor.families:
        lines = vendor.run(costs, family, *inputs)
        release = lines[0].split(",")[-1].strip()
        for line in lines[1:]:
            name, *counts = line.split()
            table[family, name] = " ".join(counts)
    return release, table


# A kernel may take so many times what is compared of glslc's. The automaton masks its state before
# each of its four look-ups, where the GLSL of the benchmark trusts the table; so it is held against
# a GLSL that masks, too. The sums test whether there is work for their workgroup at all, where the
# GLSL trusts the dispatch: Intel's barriers in branches ask which invocations are there.
MOST = 1.05
MOST_OF = {("intel", "reduce"): 1.12, ("intel", "prefix"): 1.16}
BASELINE_OF = {"dfa": "dfa_masked"}


def check_ratios(vendor, table):
    wrong, compared = 0, 0
    for (family, name), counts in table.items():
        kernel, dot, kind = name.rpartition(".")
        baseline = table.get((family, f"{BASELINE_OF.get(kernel, kernel)}.spv"))
        if kind != "vyre" or not baseline:
            continue
        compared += 1
        most = MOST_OF.get((vendor.name, kernel), MOST)
        for what, column in vendor.compared:
            ours, theirs = (int(of.split()[column]) for of in (counts, baseline))
            if ours > most * theirs:
                print(family, kernel, f"{ours} {what}, glslc's {theirs}: above {most}")
                wrong += 1
    print(f"{compared} kernels beside glslc's")
    return wrong if compared else 1


def check_table(vendor, costs, golden, inputs, update):
    release, table = measure(vendor, costs, inputs)
    head = f"# {release}: family, kernel, {vendor.columns}"
    if update:
        with open(golden, "w", encoding="utf-8") as file:
            print(head, *(f"{family} {name} {counts}" for (family, name), counts in table.items()),
                  sep="\n", file=file)
        return check_ratios(vendor, table)
    with open(golden, encoding="utf-8") as file:
        expected_head, *lines = file.read().splitlines()
    if expected_head != head:
        print(f"{len(table)} lines compiled; the table is of another release, not compared:")
        print(" ", expected_head, "\n ", head)
        return 0
    expected = {tuple(line.split()[:2]): " ".join(line.split()[2:]) for line in lines}
    wrong = check_ratios(vendor, table)
    for key in sorted(expected.keys() | table.keys()):
        if expected.get(key) != table.get(key):
            print(*key, "was", expected.get(key, "absent"), "is", table.get(key, "absent"))
            wrong += 1
    if wrong:
        print("If the change is wanted, run this again with --update and say why in the commit.")
    return wrong


def use_shim(path):
    """The driver for Intel opens a device node; the shim answers in the kernel's place."""
    if not os.path.exists(path):
        skip(f"{path} is not there; ninja intel-shim builds it")
    VENDORS["intel"].environment["LD_PRELOAD"] = os.path.abspath(path)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    command, *rest = arguments or [""]
    if command == "live" and len(rest) == 2:
        wrong = check_live(*rest)
    elif command == "forms" and len(rest) == 2:
        wrong = check_forms(*rest)
    elif command == "table" and len(rest) > 4 and rest[0] in VENDORS:
        name, costs, golden, *inputs = rest
        if name == "intel":
            use_shim(inputs.pop(0))
        wrong = check_table(VENDORS[name], costs, golden, inputs, "--update" in sys.argv)
    else:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
