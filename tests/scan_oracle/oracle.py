# SPDX-License-Identifier: MIT
"""The oracle of scans: bytes.find from every start, and how to run the command against it."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77


def find_all(data, patterns):
    """Every (offset, pattern index), overlapping ones too, by offset, then pattern."""
    hits = []
    for index, pattern in enumerate(patterns):
        at = data.find(pattern)
        while at >= 0:
            hits.append((at, index))
            at = data.find(pattern, at + 1)
    hits.sort()
    return hits


def escape(pattern):
    """A line of a pattern file: every byte that could be anything but itself as \\xNN."""
    out = bytearray()
    for byte in pattern:
        if 0x21 <= byte < 0x7F and byte != 0x5C:
            out.append(byte)
        else:
            out += b"\\x%02x" % byte
    return bytes(out)


def show(data):
    """Bytes as the command shows them: control bytes, and bytes that are not UTF-8, as \\xNN, and
    a backslash as two."""
    out = bytearray()
    at = 0
    while at < len(data):
        for size in (1, 2, 3, 4):
            piece = data[at:at + size]
            try:
                text = piece.decode("utf-8")
            except UnicodeDecodeError:
                continue
            break
        else:
            size, text = 1, None
        if text is None or len(text) != 1 or ord(text) < 0x20 or 0x7F <= ord(text) < 0xA0:
            out += b"\\x%02x" % data[at]
            at += 1
        else:
            out += b"\\\\" if piece == b"\\" else piece
            at += size
    return bytes(out)


def files_below(root):
    """Regular files below a directory, links not followed, in byte order of their paths."""
    found = []
    root = os.fsencode(root)
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path) and os.path.isfile(path):
                found.append(path)
    return sorted(found)


class Scanner:
    """Runs the command with a cache of its own."""

    def __init__(self, command):
        self.command = command
        self.cache = tempfile.TemporaryDirectory(prefix="vyre-cache-")
        self.environment = dict(os.environ, VYRE_CACHE_DIR=self.cache.name)

    def close(self):
        self.cache.cleanup()

    def arguments(self, patterns, *rest):
        path = os.path.join(self.cache.name, "patterns-of-the-test")
        with open(path, "wb") as file:
            file.write(b"".join(escape(pattern) + b"\n" for pattern in patterns))
        return [self.command, "scan", "-f", path, *rest]

    def run(self, patterns, *rest, **more):
        return subprocess.run(self.arguments(patterns, *rest), env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, **more)

    def json(self, patterns, *rest, **more):
        """Hits per path, the other lines, and the finished process."""
        done = self.run(patterns, "--json", *rest, **more)
        hits, others = {}, []
        for line in done.stdout.splitlines():
            value = json.loads(line)
            if value["type"] == "match":
                path = path_of(value)
                if value["length"] != len(patterns[value["pattern"]]):
                    raise AssertionError(f"wrong length: {line}")
                hits.setdefault(path, []).append((value["offset"], value["pattern"]))
            else:
                others.append(value)
        return hits, others, done


def path_of(value):
    if "path_b64" in value:
        return base64.b64decode(value["path_b64"])
    return value["path"].encode() if "path" in value else None


def skip_without_device(scanner):
    done = scanner.run([b"x"], os.devnull.replace("null", "nothing-here"))
    if b"error[D0" in done.stderr:
        print(done.stderr.decode(errors="replace"))
        sys.exit(SKIPPED)


def main(*cases):
    """Runs test cases whose class attribute `scanner` is set from the command line."""
    scanner = Scanner(sys.argv[1])
    skip_without_device(scanner)
    suite = unittest.TestSuite()
    for case in cases:
        case.scanner = scanner
        suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(case))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    scanner.close()
    sys.exit(0 if result.wasSuccessful() else 1)


class ScanTest(unittest.TestCase):
    """A folder to fill, removed afterwards."""
    scanner = None
    maxDiff = 2000

    def setUp(self):
        self.new_root()

    def new_root(self):
        folder = tempfile.TemporaryDirectory(prefix="vyre-scan-")
        self.addCleanup(folder.cleanup)
        self.root = os.fsencode(folder.name)

    def write(self, name, data):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def assert_hits(self, patterns, files, *rest):
        """Scans self.root and compares with the oracle; `files` maps paths to their bytes."""
        hits, others, done = self.scanner.json(patterns, *rest, self.root)
        self.assertEqual([], [line for line in others if line["type"] == "error"], done.stderr)
        expected = {}
        for path, data in files.items():
            found = find_all(data, patterns)
            if found:
                expected[path] = found
        self.assertEqual(sorted(expected), list(hits), "paths and their order")
        for path, found in expected.items():
            self.assertEqual(found, hits[path], path)
        summary = others[-1]
        self.assertEqual(sum(map(len, expected.values())), summary["matches"])
        self.assertEqual(sum(map(len, files.values())), summary["bytes"])
        self.assertEqual(len(files), summary["files"])
        self.assertEqual(0 if expected else 1, done.returncode)
        return summary
