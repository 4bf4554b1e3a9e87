#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`vyre-spv conform` over the corpus, against committed counts.

usage: conform.py VYRE-SPV COUNTS.json [--update] [OPTION...] FILE.jsonl...

COUNTS.json holds, per family, how many records passed, deviate and were skipped, the reasons of the
skips, and the ids of the deviations. A record that gets lost, or is skipped where it was judged
before, is a failure like any other. With --update the file is written anew.
"""
import json
import pathlib
import subprocess
import sys


def main():
    command, counts, *rest = sys.argv[1:]
    counts = pathlib.Path(counts)
    update = "--update" in rest
    rest = [word for word in rest if word != "--update"]
    done = subprocess.run([command, "conform", "--json", *rest], stdout=subprocess.PIPE, text=True,
                          check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if not lines or lines[-1]["type"] != "summary":
        sys.exit(f"no summary; exit status {done.returncode}")
    summary = lines.pop()
    for line in lines:
        if line["type"] in ("failed", "malformed"):
            print(f"FAIL {line.get('name')} ({line['file']}:{line['line']}): {line['text']}")
    print(f"{summary['passed']} passed, {summary['failed']} failed, {summary['skipped']} skipped")
    del summary["type"]
    text = json.dumps(summary, indent=1) + "\n"
    if update:
        counts.write_text(text)
    elif json.loads(counts.read_text()) != summary:
        subprocess.run(["diff", "-u", str(counts), "-"], input=text, text=True, check=False)
        sys.exit("the counts are not the committed ones")
    if done.returncode != (1 if summary["failed"] else 0):
        sys.exit(f"exit status {done.returncode}")
    return 1 if summary["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
