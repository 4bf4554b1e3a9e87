#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`vyre-spv conform` over the corpus, against committed counts.

usage: conform.py VYRE-SPV COUNTS.json [--update] [--least] [OPTION...] FILE.jsonl...

COUNTS.json holds, per family, how many records passed, deviate and were skipped, the reasons of the
skips, and the ids of the deviations. A record that gets lost, or is skipped where it was judged
before, is a failure like any other. With --least, for devices, which differ in what they can do, no
family may pass, or let deviate, fewer records than the file says. With --update the file is written anew.
"""
import json
import pathlib
import subprocess
import sys

SKIPPED = 77


def is_enough(counts, summary):
    enough = True
    for family, expected in counts["families"].items():
        found = summary["families"].get(family, {})
        for outcome in ("passed", "deviates"):
            if found.get(outcome, 0) < expected[outcome]:
                print(f"FAIL {family}: {outcome}: {found.get(outcome, 0)}, expected at least "
                      f"{expected[outcome]}")
                enough = False
    return enough


def main():
    command, counts, *rest = sys.argv[1:]
    counts = pathlib.Path(counts)
    update = "--update" in rest
    least = "--least" in rest
    rest = [word for word in rest if word not in ("--update", "--least")]
    if "vulkan" in rest and subprocess.run([command, "devices"], capture_output=True,
                                           check=False).returncode:
        print("no Vulkan device")
        return SKIPPED
    done = subprocess.run([command, "conform", "--json", *rest], stdout=subprocess.PIPE, text=True,
                          check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if not lines or lines[-1]["type"] != "summary" or done.returncode not in (0, 1):
        sys.exit(f"no whole summary; exit status {done.returncode}")
    summary = lines.pop()
    for line in lines:
        if line["type"] in ("failed", "malformed"):
            print(f"FAIL {line.get('name')} ({line['file']}:{line['line']}): {line['text']}")
    print(f"{summary['passed']} passed, {summary['failed']} failed, {summary['skipped']} skipped")
    del summary["type"]
    text = json.dumps(summary, indent=1) + "\n"
    if update:
        counts.write_text(text)
    elif least:
        if not is_enough(json.loads(counts.read_text()), summary):
            return 1
    elif json.loads(counts.read_text()) != summary:
        subprocess.run(["diff", "-u", str(counts), "-"], input=text, text=True, check=False)
        sys.exit("the counts are not the committed ones")
    if done.returncode != (1 if summary["failed"] else 0):
        sys.exit(f"exit status {done.returncode}")
    return 1 if summary["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
