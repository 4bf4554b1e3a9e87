#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gate on symbol names.

usage: check_symbols.py LIBVYRE.so INTERNAL.a

The shared library exports vyre_ functions and nothing else, and each of them is declared in a public
header. Inside, every global symbol carries the prefix of a room.
"""
import pathlib
import re
import subprocess
import sys

ROOM_PREFIXES = ("vyre_", "arena_", "array_", "blake3_", "cache_", "diag_", "ingest_", "interp_",
                 "ir_", "kernel_", "log_", "memory_", "mk_", "scan_", "size_", "spv_", "str_",
                 "stream_", "utf8_", "vk_")


def global_symbols(*command):
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in printed.splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1] in "TDBRVC":
            yield fields[2]


def main():
    shared, archive = sys.argv[1:3]
    headers = pathlib.Path(__file__).resolve().parents[2] / "lib/include/vyre"
    declared = set(re.findall(r"\b(vyre_\w+)\s*\(",
                              "".join(h.read_text() for h in headers.glob("*.h"))))
    faults = []
    exported = set(global_symbols("nm", "-D", "--defined-only", shared))
    for name in sorted(exported):
        if name not in declared:
            faults.append(f"{name}: exported but in no public header")
    for header in sorted(headers.glob("*.h")):
        for name in re.findall(r"VYRE_API[^;]*?\b(vyre_\w+)\s*\(", header.read_text()):
            if name not in exported:
                faults.append(f"{name}: declared in {header.name} but not exported")
    for name in sorted(set(global_symbols("nm", "--defined-only", archive))):
        if not name.startswith(ROOM_PREFIXES) and not name.startswith(("__asan", "__odr_asan")):
            faults.append(f"{name}: has no room's prefix")
    for fault in faults:
        print(fault)
    print(f"{len(exported)} exported symbols, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
