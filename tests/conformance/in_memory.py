#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gives records whose program has no bytes that decode a `source`: the program as text.

usage: in_memory.py TEXTS.txt VALIDATE.jsonl > RECORDS.jsonl

TEXTS.txt has `== NAME` lines, each followed by the program of the record with that name. Every
record that needs one has one, and every text is of such a record.
"""
import json
import pathlib
import re
import sys


def main():
    texts = re.split(r"^== (.*)\n", pathlib.Path(sys.argv[1]).read_text(), flags=re.M)[1:]
    sources = dict(zip(texts[::2], texts[1::2]))
    for line in pathlib.Path(sys.argv[2]).read_text().splitlines():
        record = json.loads(line)
        if record.get("decodes") is False:
            if record["name"] not in sources:
                sys.exit(f"there is no text of {record['name']}")
            record["source"] = sources.pop(record["name"])
        print(json.dumps(record))
    if sources:
        sys.exit(f"no record needs the text of {', '.join(sources)}")


if __name__ == "__main__":
    main()
