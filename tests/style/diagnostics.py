#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps docs/diagnostics.md equal to the diag_*.def tables.

usage: diagnostics.py ROOT [--update]
"""
import pathlib
import re
import sys

AREAS = [
    ("text", "Text form"), ("validate", "Validator"), ("registry", "Op registry"),
    ("build", "Builder"),
    ("wire", "Wire format"),
    ("execute", "Interpreter"), ("transform", "Transforms"), ("lower", "Compiler"), ("device", "Devices"),
    ("cache", "Artifact cache"), ("kernel", "Kernels and dispatch"), ("ring", "Ring"),
    ("protocol", "Megakernel protocol"),
    ("ingest", "Ingest"), ("scan", "Scan"),
]
NOTES = {
    "execute": "Errors of a run in the reference interpreter: `vyre_interpret`, `vyre-spv run --interp` and "
               "`conform`. On a device a\ntrap, a loop without end and the like are faults of the dispatch, "
               "K007 and up; what else is an error only here has a result\nthere, or is refused by the compiler (docs/ir.md).",
    "text": "Texts have at most 4 GiB; `vyre-spv` reads 512 MiB of a program, in whatever form.",
}
ENTRY = re.compile(r'^DIAG\((\w+),\s*(\w+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)',
                   re.M)


def text(literals):
    joined = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))
    return joined.replace('\\"', '"').replace("|", "\\|")


def page(root):
    lines = ["# Diagnostics", "",
             "Every diagnostic of the library, made from the tables in `lib/base/include/base` by",
             "`tests/style/diagnostics.py . --update`. Codes are stable.", ""]
    for name, title in AREAS:
        table = (root / f"lib/base/include/base/diag_{name}.def").read_text()
        entries = ENTRY.findall(table)
        if len(entries) != len(re.findall(r"^DIAG\(", table, re.M)):
            sys.exit(f"diag_{name}.def has an entry that this script cannot read")
        lines += [f"## {title}", ""] + ([NOTES[name], ""] if name in NOTES else [])
        lines += ["| code | severity | meaning | fix |", "|---|---|---|---|"]
        for code, severity, meaning, fix in entries:
            lines.append(f"| {code} | {severity.lower()} | {text(meaning)} | {text(fix)} |")
        lines.append("")
    return "\n".join(lines)


def main():
    root = pathlib.Path(sys.argv[1])
    wanted = page(root)
    path = root / "docs/diagnostics.md"
    if "--update" in sys.argv[2:]:
        path.write_text(wanted)
        return 0
    if not path.exists() or path.read_text() != wanted:
        print("docs/diagnostics.md is out of date: run tests/style/diagnostics.py . --update")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
