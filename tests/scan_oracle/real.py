# SPDX-License-Identifier: MIT
"""Scans of real files, against the oracle: real.py COMMAND MEGABYTES PATTERNS...

Takes files of /usr in byte order of their paths, spread over the tree, until there are enough
bytes, and literals from those files. The oracle runs in worker processes, one file at a time.

With thousands of literals, bytes.find for each of them over hundreds of megabytes takes hours. A
literal cannot start in a part of a file where its first four bytes do not occur, so the oracle
asks bytes.find only where they do. Small files are searched the plain way too, and both ways must
agree.
"""
import hashlib
import json
import multiprocessing
import os
import random
import sys
import time

import oracle

ROOTS = (b"/usr", b"/etc")


def choose_files(limit):
    """Every nth file, so that all kinds of files take part. Paths and sizes."""
    every = [path for root in ROOTS for path in oracle.files_below(root)]
    every = [path for path in every
             if os.access(path, os.R_OK) and os.path.getsize(path) <= limit / 8]
    sizes = {path: os.path.getsize(path) for path in every}
    total = sum(sizes.values())
    step = max(1, int(total / limit / 1.05)) if total > limit else 1
    for start in range(step):
        chosen, size = [], 0
        for path in every[start::step] + ([] if step == 1 else every[(start + 1) % step::step]):
            if size >= limit:
                break
            chosen.append(path)
            size += sizes[path]
        if size >= limit or start == step - 1:
            return sorted(set(chosen)), size
    return [], 0


def choose_patterns(files, count, generator):
    """Pieces of the files, from 4 to 24 bytes, and some that are in none of them."""
    patterns = []
    while len(patterns) < count:
        path = generator.choice(files)
        size = os.path.getsize(path)
        if size < 64:
            continue
        length = generator.randint(4, 24) if count > 1 else 12
        with open(path, "rb") as file:
            file.seek(generator.randrange(size - length))
            pattern = file.read(length)
        # Runs of one byte are in the constructed tests; here they would only fill pipes.
        if len(pattern) == length and len(set(pattern)) > min(3, length - 1):
            patterns.append(pattern)
            if len(patterns) % 50 == 0:
                patterns[-1] = generator.randbytes(8)
    return patterns


PATTERNS = []
PART = 1 << 17


def grams(data):
    """Every run of four bytes, as numbers."""
    found = set()
    for shift in range(4):
        size = (len(data) - shift) // 4 * 4
        if size > 0:
            found.update(memoryview(data)[shift:shift + size].cast("I"))
    return found


def find_in_parts(data, patterns):
    """oracle.find_all, with bytes.find called only where a pattern can start."""
    keys = [int.from_bytes(pattern[:4], sys.byteorder) if len(pattern) >= 4 else None
            for pattern in patterns]
    most = max(map(len, patterns))
    hits = []
    for base in range(0, len(data), PART):
        part = data[base:base + PART + most - 1]
        present = grams(part)
        for index, key in enumerate(keys):
            if key is not None and key not in present:
                continue
            pattern = patterns[index]
            at = part.find(pattern)
            while 0 <= at < PART:
                hits.append((base + at, index))
                at = part.find(pattern, at + 1)
    hits.sort()
    return hits


def digest(hits):
    return hashlib.sha256(repr(hits).encode()).digest()


def expect(path):
    with open(path, "rb") as file:
        data = file.read()
    hits = find_in_parts(data, PATTERNS)
    if len(data) < 20000 and hits != oracle.find_all(data, PATTERNS):
        raise SystemExit(f"the oracle contradicts itself: {path!r}")
    return path, len(data), len(hits), digest(hits)


def scan(scanner, files):
    """Hits of every file: count and digest."""
    import subprocess
    arguments = scanner.arguments(PATTERNS, "--json", *files)
    got, current, hits = {}, None, []
    summary = None
    with subprocess.Popen(arguments, env=scanner.environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            value = json.loads(line)
            if value["type"] == "summary":
                summary = value
                continue
            if value["type"] == "error":
                raise SystemExit(f"error: {line}")
            path = oracle.path_of(value)
            if path != current:
                if current is not None:
                    got[current] = (len(hits), digest(hits))
                if path in got:
                    raise SystemExit(f"{path} came twice")
                current, hits = path, []
            hits.append((value["offset"], value["pattern"]))
    if current is not None:
        got[current] = (len(hits), digest(hits))
    if process.returncode != (0 if got else 1) or not summary:
        raise SystemExit(f"exit code {process.returncode}, summary {summary}")
    return got, summary


def compare(scanner, files, workers):
    started = time.monotonic()
    got, summary = scan(scanner, files)
    scanned = time.monotonic()
    wrong = total = 0
    for path, size, count, value in workers.imap_unordered(expect, files, chunksize=4):
        total += count
        found = got.pop(path, (0, digest([])))
        if found != (count, value):
            wrong += 1
            print(f"{path!r}: {found[0]} hits, the oracle has {count}")
    wrong += len(got)
    if summary["matches"] != total:
        wrong += 1
        print(f"summary: {summary['matches']} matches, the oracle has {total}")
    print(f"{len(PATTERNS)} literals, {len(files)} files, {summary['bytes']} bytes, {total} hits: "
          f"{wrong} wrong; scan {scanned - started:.1f} s, oracle {time.monotonic() - scanned:.1f} s",
          flush=True)
    return wrong


def main():
    scanner = oracle.Scanner(sys.argv[1])
    oracle.skip_without_device(scanner)
    generator = random.Random(20261120)
    files, size = choose_files(int(sys.argv[2]) * 1000000)
    wrong = 0
    if size < int(sys.argv[2]) * 1000000:
        raise SystemExit(f"there are only {size} bytes of files to scan")
    for count in map(int, sys.argv[3:]):
        PATTERNS[:] = choose_patterns(files, count, generator)
        with multiprocessing.Pool() as workers:
            wrong += compare(scanner, files, workers)
    scanner.close()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
