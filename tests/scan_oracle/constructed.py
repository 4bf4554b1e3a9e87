# SPDX-License-Identifier: MIT
"""Scans of constructed files, against the oracle."""
import base64
import json
import os
import random
import subprocess
import sys
import unittest

from oracle import ScanTest, find_all, main, show


class Constructed(ScanTest):
    def check(self, patterns, texts, *rest):
        self.new_root()
        files = {self.write(b"%05d" % i, text): text for i, text in enumerate(texts)}
        return self.assert_hits(patterns, files, *rest)

    def test_overlapping_nested_and_repeated_patterns(self):
        self.check([b"aa"], [b"aaaa", b"", b"a", b"aa", b"baab"])
        self.check([b"a", b"ab", b"abc", b"bc", b"c", b"abc", b"cab"],
                   [b"abcabcab", b"cababc", b"ccc", b"xabxbcx"])
        self.check([b"she", b"he", b"hers", b"his"], [b"ushers", b"hishers he"])
        self.check([b"aaaa", b"a", b"aaa", b"aa"], [b"a" * 50])

    def test_one_byte_and_nul(self):
        self.check([b"\0"], [b"\0", b"a\0\0b", b"\0" * 5000, b"none"])
        self.check([bytes([byte]) for byte in range(256)], [bytes(range(256)) * 3])
        self.check([b"\0\0\1", b"\xff\0"], [b"\0\0\0\1\xff\0", b"\1\0\0\1"])

    def test_nothing_found(self):
        self.check([b"needle"], [b"hay" * 1000, b"needl", b""])

    def test_every_offset_around_a_chunk_edge(self):
        for pattern in (b"needle", b"n", b"0123456789abcdef" * 4):
            texts = []
            for at in range(4096 - len(pattern) - 18, 4096 + 18):
                text = bytearray(b"." * 9000)
                text[at:at + len(pattern)] = pattern
                texts.append(bytes(text))
            self.check([pattern, pattern[-1:]], texts, "--chunk-size", "4096")

    def test_files_that_end_around_edges(self):
        for size in (16, 64, 1024, 4096, 8192 - 2):
            self.check([b"abc", b"c"],
                       [(b"abc" * 5000)[:size + by] for by in range(-4, 5)],
                       "--chunk-size", "4096")

    def test_patterns_of_the_longest_size(self):
        generator = random.Random(5)
        text = bytes(generator.choices(b"ab", k=30000))
        self.check([text[100:4196], text[9000:13096], b"abab", text[13000:13400]],
                   [text, text[:4000], text + text])

    def test_random_bytes(self):
        generator = random.Random(6)
        for letters, count, most in ((2, 30, 12), (4, 300, 8), (256, 500, 3)):
            alphabet = bytes(generator.sample(range(256), letters))
            patterns = [bytes(generator.choices(alphabet, k=generator.randint(1, most)))
                        for _ in range(count)]
            if letters == 256:
                patterns = [pattern for pattern in patterns if len(pattern) > 1]
            texts = [bytes(generator.choices(alphabet, k=size)) for size in (3, 20000, 777)]
            self.check(patterns, texts, "--chunk-size", "8192")

    def test_overflowing_hit_buffers(self):
        zeros = bytes(64 << 20)
        path = self.write(b"zeros", zeros)
        counted = self.scanner.run([b"\0"], "-c", path)
        self.assertEqual(path + b":%d\n" % len(zeros), counted.stdout)
        # Every hit comes back to the host and is counted there; five are printed.
        hits, others, _ = self.scanner.json([b"\0"], "--max-count", "5", path)
        self.assertEqual([(at, 0) for at in range(5)], hits[path])
        self.assertEqual(len(zeros), others[-1]["matches"])
        self.assertGreater(others[-1]["rescans"], 1000)
        self.assertGreaterEqual(others[-1]["device_bytes"], 2 * len(zeros))
        os.truncate(path, 1 << 17)
        self.assert_hits([b"\0", b"\0\0\0"], {path: bytes(1 << 17)})

    def test_many_small_files(self):
        generator = random.Random(7)
        files = {}
        for i in range(20000):
            text = bytes(generator.choices(b"abc\n", k=generator.randint(0, 60)))
            files[self.write(b"%02d/%05d" % (i % 37, i), text)] = text
        self.assert_hits([b"abc", b"cab", b"\n\n", b"aaaaa"], files)

    def test_lines_show_what_is_no_text(self):
        text = b"x\0\n\xff\xc3\xa9\xc2\x85\\\x7fy"
        path = self.write(b"a\n\xfe\xc3\xa9", text)
        patterns = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
        expected = b"".join(b"%s:%d:%s\n" % (show(path), at, show(patterns[index]))
                            for at, index in find_all(text, patterns))
        done = self.scanner.run(patterns, self.root)
        self.assertEqual(expected, done.stdout)
        self.assertEqual(0, done.returncode)

    def test_what_is_shown_can_be_told_apart_and_read_back(self):
        text = b"\\xff\xff\\\\n\n" + b"\xc3\xa9\xa9\x00\\"
        path = self.write(b"\\xfe\xfe", text)
        patterns = [b"\\xff", b"\xff", b"\\\\", b"\\n", b"\n", b"\xc3\xa9", b"\xa9", b"\0\\"]
        shown = [show(pattern) for pattern in patterns]
        self.assertEqual(len(patterns), len(set(shown)))
        expected = self.scanner.run(patterns, self.root).stdout
        self.assertIn(self.root + b"/\\\\xfe\\xfe:0:\\\\xff\n", expected)
        self.assertIn(b":4:\\xff\n", expected)
        lines = self.write(b"../lines-" + os.path.basename(self.root), b"\n".join(shown))
        self.addCleanup(os.remove, lines)
        done = subprocess.run([self.scanner.command, "scan", "-f", lines, self.root],
                              env=self.scanner.environment, capture_output=True)
        self.assertEqual((0, expected), (done.returncode, done.stdout))
        matches = [json.loads(line) for line in
                   self.scanner.run(patterns, "--json", self.root).stdout.splitlines()][:-1]
        self.assertEqual(find_all(text, patterns),
                         [(match["offset"], match["pattern"]) for match in matches])
        for match in matches:
            self.assertEqual(patterns[match["pattern"]], base64.b64decode(match["bytes_b64"]))
            self.assertEqual(shown[match["pattern"]], match["bytes"].encode())
            self.assertEqual(path, base64.b64decode(match["path_b64"]))
            self.assertEqual(show(path), match["path_shown"].encode())
            self.assertNotIn("path", match)
        path = self.write(b"\xc3\xa9\\x", b"\n")
        match = json.loads(self.scanner.run([b"\n"], "--json", path).stdout.splitlines()[0])
        self.assertEqual(path, match["path"].encode())
        self.assertNotIn("path_b64", match)

    def test_several_automata(self):
        generator = random.Random(8)
        # 60,000 literals of all bytes: one dense table of them would be far larger than a binding.
        patterns = [generator.randbytes(generator.randint(4, 9)) for _ in range(60000)]
        text = b"".join(generator.choices(patterns, k=3000)) + generator.randbytes(50000)
        path = self.write(b"text", text)
        expected = {(at, index) for index, pattern in enumerate(patterns)
                    for at, _ in find_all(text, [pattern])}
        hits, others, done = self.scanner.json(patterns, "--memory", str(1 << 30), path)
        self.assertEqual(sorted(expected), hits[path], done.stderr)
        self.assertGreater(others[-1]["automata"], 1)

    def test_standard_input(self):
        text = b"abc" * 100000
        expected = [(at, 0) for at, _ in find_all(text, [b"cab"])]
        for operands in ([], ["-"]):
            done = subprocess.run(self.scanner.arguments([b"cab"], *operands), input=text,
                                  env=self.scanner.environment, capture_output=True)
            lines = [int(line.split(b":")[1]) for line in done.stdout.splitlines()]
            self.assertEqual([at for at, _ in expected], lines)
        with open(self.write(b"file", text), "rb") as file:
            done = subprocess.run(self.scanner.arguments([b"cab"], "-c"), stdin=file,
                                  env=self.scanner.environment, capture_output=True)
        self.assertEqual(b"(standard input):%d\n" % len(expected), done.stdout)


if __name__ == "__main__":
    main(Constructed)
