#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gate on file length, function length and include hygiene.

usage: check_sizes.py ROOT [--ctags PROGRAM]

Files: at most 1,000 lines (headers 400). Functions: at most 120 lines, measured by universal-ctags.
Exceptions are listed, with the largest size they may have, in allow.txt beside this script; the list
may only shrink: an entry that is no longer needed fails the gate too.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

FILE_GATE, HEADER_GATE, FUNCTION_GATE = 1000, 400, 120
FOLDERS = ("lib", "spirv", "ingest", "tools", "tests", "examples")


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]")):
            yield path


def read_allowed(path):
    allowed = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, size = line.rsplit(None, 1)
            allowed[name] = int(size)
    return allowed


def functions(paths):
    """Yields (file, name, lines) of every function definition."""
    command = ["ctags", "--languages=C", "--kinds-C=f", "--fields=+ne", "--output-format=json",
               "-f", "-"] + [str(path) for path in paths]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in printed.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            yield tag["path"], tag["name"], tag["end"] - tag["line"] + 1


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    allowed = read_allowed(pathlib.Path(__file__).with_name("allow.txt"))
    used, faults = set(), []

    def over(name, size, gate):
        if size <= gate:
            return
        used.add(name)
        if size > allowed.get(name, gate):
            faults.append(f"{name}: {size} lines, at most {allowed.get(name, gate)}")

    paths = list(sources(root))
    for path in paths:
        name = str(path.relative_to(root))
        text = path.read_text()
        over(name, text.count("\n"), HEADER_GATE if path.suffix == ".h" else FILE_GATE)
        if not text.startswith("// SPDX-License-Identifier: MIT\n"):
            faults.append(f"{name}: the first line is not the SPDX line")
        if re.search(r'#include\s+"[^"]*\.\./', text):
            faults.append(f"{name}: includes by '..', which steps around the rooms")
        if path.stem in ("utils", "util", "common", "misc", "helpers"):
            faults.append(f"{name}: a file without a subject")
        if re.search(r"\b(TODO|FIXME|XXX)\b", text):
            faults.append(f"{name}: a note to self; open an issue instead")
    if shutil.which("ctags") is None:
        print("universal-ctags is missing: install universal-ctags")
        return 1
    for path, name, lines in functions(paths):
        relative = pathlib.Path(path).resolve().relative_to(root)
        over(f"{relative}:{name}", lines, FUNCTION_GATE)
    for name in sorted(set(allowed) - used):
        faults.append(f"allow.txt: {name} is no longer over its gate, remove the entry")
    for fault in faults:
        print(fault)
    print(f"{len(paths)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
