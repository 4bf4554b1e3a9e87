#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles kernels with AMD's compiler for one family after another, without the hardware.

usage: amd.py live AMD DIR          every load of what another agent writes passes the caches by
       amd.py table AMD GOLDEN INPUT...   costs equal the table in GOLDEN, and are near glslc's;
                                          --update rewrites it

AMD is the built program amd. Exits with 77 where Mesa's RADV is not installed. Register and
instruction counts are those of one release of the compiler, which the table's first line names;
with another release everything must still compile, and the counts are not compared.
"""
import os
import re
import subprocess
import sys

# One family of each generation of the instruction set: GFX8, 9 (two), 10.1, 10.3, 11.
FAMILIES = ("polaris10", "vega10", "arcturus", "navi10", "navi21", "gfx1100")
DRIVERS = ("/usr/share/vulkan/icd.d/radeon_icd.x86_64.json",
           "/usr/share/vulkan/icd.d/radeon_icd.json")


def run(amd, family, *arguments):
    driver = next((path for path in DRIVERS if os.path.exists(path)), None)
    if driver is None:
        print("skipped: Mesa's RADV is not installed")
        sys.exit(77)
    environment = {**os.environ, "RADV_FORCE_FAMILY": family, "VK_ICD_FILENAMES": driver,
                   "VK_DRIVER_FILES": driver, "MESA_SHADER_CACHE_DISABLE": "true"}
    done = subprocess.run([amd, *arguments], env=environment, capture_output=True, text=True,
                          timeout=600)
    if done.returncode == 77:
        print(done.stdout, "skipped: RADV has no null device for", family)
        sys.exit(77)
    if done.returncode != 0:
        sys.exit(f"{family}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()


def loads(lines, kernel):
    """Vector loads of a kernel; scalar ones fetch descriptors and push constants."""
    inside = False
    for line in lines:
        if line.startswith("== "):
            inside = line == f"== {kernel}"
        elif inside and re.search(r"\b(buffer|global|flat)_load_", line):
            yield line.split(";")[0].strip()


def check_live(amd, folder):
    live, constant = (os.path.join(folder, name) for name in ("live.vyre", "constant.vyre"))
    wrong = 0
    for family in FAMILIES:
        for model in ((), ("--glsl450",)):
            lines = run(amd, family, "--isa", *model, live, constant)
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


def measure(amd, inputs):
    table, release = {}, None
    for family in FAMILIES:
        lines = run(amd, family, *inputs)
        release = lines[0].split(",")[-1].strip()
        for line in lines[1:]:
            name, *counts = line.split()
            table[family, name] = " ".join(counts)
    return release, table


# A kernel may take so many times the instructions and vector registers that glslc's takes. The
# automaton masks its state before each of its four look-ups, where the GLSL trusts the table.
MOST = 1.05
MOST_OF = {"dfa": 1.12}


def check_ratios(table):
    wrong, compared = 0, 0
    for (family, name), counts in table.items():
        kernel, dot, kind = name.rpartition(".")
        baseline = table.get((family, f"{kernel}.spv"))
        if kind != "vyre" or not baseline:
            continue
        compared += 1
        most = MOST_OF.get(kernel, MOST)
        for what, column in (("instructions", 0), ("VGPRs", 2)):
            ours, theirs = (int(of.split()[column]) for of in (counts, baseline))
            if ours > most * theirs:
                print(family, kernel, f"{ours} {what}, glslc's {theirs}: above {most}")
                wrong += 1
    print(f"{compared} kernels beside glslc's")
    return wrong if compared else 1


def check_table(amd, golden, inputs, update):
    release, table = measure(amd, inputs)
    head = f"# {release}: family, kernel, instructions, SGPRs, VGPRs, spilled, LDS, code bytes"
    if update:
        with open(golden, "w", encoding="utf-8") as file:
            print(head, *(f"{family} {name} {counts}" for (family, name), counts in table.items()),
                  sep="\n", file=file)
        return check_ratios(table)
    with open(golden, encoding="utf-8") as file:
        expected_head, *lines = file.read().splitlines()
    if expected_head != head:
        print(f"{len(table)} lines compiled; the table is of another release, not compared:")
        print(" ", expected_head, "\n ", head)
        return 0
    expected = {tuple(line.split()[:2]): " ".join(line.split()[2:]) for line in lines}
    wrong = check_ratios(table)
    for key in sorted(expected.keys() | table.keys()):
        if expected.get(key) != table.get(key):
            print(*key, "was", expected.get(key, "absent"), "is", table.get(key, "absent"))
            wrong += 1
    if wrong:
        print("If the change is wanted, run this again with --update and say why in the commit.")
    return wrong


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    if len(arguments) == 3 and arguments[0] == "live":
        wrong = check_live(*arguments[1:])
    elif len(arguments) > 3 and arguments[0] == "table":
        wrong = check_table(*arguments[1:3], arguments[3:], "--update" in sys.argv)
    else:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
