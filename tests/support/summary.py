#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up meson's test logs and ends with `N passed, N failed[, N skipped]`.

usage: summary.py [--broken-builds N] TESTLOG.json...

A log that is missing or empty counts as a failure: a run that tested nothing must not look green.
Exit status 1 when anything failed.
"""
import json
import pathlib
import sys

PASSED = {"OK", "EXPECTEDFAIL"}


def skip_reason(record):
    lines = [line for line in (record.get("stdout") or "").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def main():
    arguments = sys.argv[1:]
    passed = skipped = failed = 0
    if arguments and arguments[0] == "--broken-builds":
        failed = int(arguments[1])
        arguments = arguments[2:]
    for name in arguments:
        path = pathlib.Path(name)
        records = [json.loads(line) for line in path.read_text().splitlines()] \
            if path.exists() else []
        if not records:
            print(f"no test results in {name}")
            failed += 1
        for record in records:
            if record["result"] in PASSED:
                passed += 1
            elif record["result"] == "SKIP":
                skipped += 1
                print(f"skipped: {record['name']}: {skip_reason(record)}")
            else:
                failed += 1
                print(f"failed: {record['name']}: {record['result']} ({path.parts[0]})")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
