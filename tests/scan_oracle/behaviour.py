# SPDX-License-Identifier: MIT
"""What the command promises beside the matches: exit codes, errors, what is skipped, signals."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

from oracle import ScanTest, main, path_of


class Behaviour(ScanTest):
    def test_exit_codes(self):
        path = self.write(b"a", b"xyx")
        self.assertEqual(0, self.scanner.run([b"y"], path).returncode)
        self.assertEqual(1, self.scanner.run([b"z"], path).returncode)
        done = self.scanner.run([b"y"], path, self.root + b"/missing")
        self.assertEqual((2, path + b":1:y\n"), (done.returncode, done.stdout))
        self.assertIn(b"missing: No such file or directory", done.stderr)
        self.assertEqual(2, self.scanner.run([], path).returncode)
        for option in ("-i", "-E", "-P"):
            done = self.scanner.run([b"y"], option, path)
            self.assertEqual(2, done.returncode)
            self.assertIn(b"not in this version", done.stderr)

    def test_output_modes(self):
        one = self.write(b"1", b"abab")
        two = self.write(b"2", b"none")
        run = self.scanner.run
        self.assertEqual(one + b":0:ab\n" + one + b":2:ab\n", run([b"ab"], self.root).stdout)
        self.assertEqual(one + b":2\n" + two + b":0\n", run([b"ab"], "-c", self.root).stdout)
        self.assertEqual(one + b"\n", run([b"ab"], "-l", self.root).stdout)
        self.assertEqual(one + b":0:ab\n", run([b"ab"], "-m", "1", self.root).stdout)
        quiet = run([b"ab"], "-q", self.root)
        self.assertEqual((b"", b"", 0), (quiet.stdout, quiet.stderr, quiet.returncode))
        self.assertEqual(1, run([b"abb"], "-q", self.root).returncode)
        coloured = run([b"ab"], "--color", "always", two, one).stdout
        self.assertIn(b"\033[1;31mab\033[0m\n", coloured)
        counts = run([b"ab"], "-c", "--json", self.root).stdout.splitlines()
        self.assertEqual([2, 0], [json.loads(line)["matches"] for line in counts[:2]])

    def test_operands_keep_their_order(self):
        one = self.write(b"1", b"a")
        two = self.write(b"2", b"a")
        self.assertEqual(two + b":0:a\n" + one + b":0:a\n",
                         self.scanner.run([b"a"], two, one).stdout)

    def test_what_is_skipped(self):
        self.write(b".hidden/file", b"a")
        os.mkfifo(os.path.join(self.root, b"fifo"))
        os.symlink(b"..", os.path.join(self.root, b"loop"))
        os.symlink(b"nowhere", os.path.join(self.root, b"dangling"))
        name = b"not-utf8-\xff\xfe"
        path = self.write(name, b"ba")
        hits, others, done = self.scanner.json([b"a"], self.root)
        self.assertEqual([self.root + b"/.hidden/file", path], list(hits))
        self.assertEqual((0, 3), (done.returncode, others[-1]["skipped"]))
        _, others, done = self.scanner.json([b"a"], self.root + b"/fifo", path)
        self.assertEqual(["error", "summary"], [line["type"] for line in others])
        self.assertEqual(self.root + b"/fifo", path_of(others[0]))
        self.assertIn("standard input", others[0]["error"])
        self.assertEqual(2, done.returncode)

    def test_unreadable_files_and_folders(self):
        good = self.write(b"good", b"a")
        self.write(b"bad", b"a")
        self.write(b"folder/inside", b"a")
        os.chmod(os.path.join(self.root, b"bad"), 0)
        os.chmod(os.path.join(self.root, b"folder"), 0)
        # Root may read everything. Another user may not reach a build below /root, so the command
        # runs as root without the capabilities that make the difference.
        plain = []
        if os.geteuid() == 0:
            lost = "-dac_override,-dac_read_search"
            plain = ["setpriv", "--inh-caps", lost, "--bounding-set", lost]
            path = os.path.join(self.root, b"bad")
            probe = subprocess.run([*plain, "cat", path], stdin=subprocess.DEVNULL,
                                   capture_output=True)
            if b"Permission denied" not in probe.stderr:
                self.skipTest(f"capabilities cannot be dropped here: {probe.stderr}")
        try:
            done = subprocess.run([*plain, *self.scanner.arguments([b"a"], self.root)],
                                  stdin=subprocess.DEVNULL, env=self.scanner.environment,
                                  capture_output=True)
        finally:
            os.chmod(os.path.join(self.root, b"folder"), 0o700)
        self.assertEqual(good + b":0:a\n", done.stdout, done.stderr)
        self.assertEqual(2, done.stderr.count(b"Permission denied"))
        self.assertEqual(2, done.returncode)

    def test_bad_pattern_files_name_the_line(self):
        patterns = self.write(b"patterns", b"good\nba\\q\n")
        done = subprocess.run([self.scanner.command, "scan", "-f", patterns, self.root],
                              env=self.scanner.environment, capture_output=True)
        self.assertEqual(2, done.returncode)
        self.assertIn(patterns + b":2:3: unknown escape", done.stderr)
        done = subprocess.run([self.scanner.command, "scan", "-e", "", self.root],
                              env=self.scanner.environment, capture_output=True)
        self.assertEqual(2, done.returncode)
        self.assertIn(b"empty pattern", done.stderr)

    def test_stats_show_the_device_at_work(self):
        self.write(b"text", b"abc" * 100000)
        done = self.scanner.run([b"bca"], "--stats", "-c", self.root)
        values = dict(line.split(b":", 1) for line in done.stderr.splitlines() if b":" in line)
        for name in (b"epochs", b"slots", b"device bytes", b"chunks"):
            self.assertGreater(int(values[name]), 0, name)
        self.assertGreaterEqual(int(values[b"device bytes"]), 300000)
        self.assertTrue(values[b"device"].strip() and values[b"chosen"].strip())

    def test_a_warm_scan_lowers_nothing(self):
        self.write(b"text", b"abc")
        self.scanner.run([b"a"], self.root)
        _, others, _ = self.scanner.json([b"b", b"zz"], self.root)  # another set, the same kernel
        self.assertTrue(others[-1]["module_cached"])
        _, others, _ = self.scanner.json([b"b"], "--no-cache", self.root)
        self.assertFalse(others[-1]["module_cached"])

    def test_ingest_paths_agree(self):
        self.write(b"text", os.urandom(300000) + b"abc" * 10000)
        seen = set()
        for path in ("auto", "imported", "staged", "pread"):
            done = self.scanner.run([b"abc", b"\xff"], "--ingest", path, self.root)
            if done.returncode == 2 and b"error[I0" in done.stderr:
                continue  # not on this machine; the message says why
            self.assertEqual(0, done.returncode, done.stderr)
            seen.add(done.stdout)
        self.assertEqual(1, len(seen))

    def test_a_closed_pipe_ends_quietly(self):
        self.write(b"text", b"a" * 4000000)
        for ignore in (True, False):
            scan = subprocess.Popen(self.scanner.arguments([b"a"], self.root),
                                    env=self.scanner.environment, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, restore_signals=not ignore)
            scan.stdout.read(1000)
            scan.stdout.close()
            self.assertEqual(b"", scan.stderr.read())
            scan.stderr.close()
            self.assertIn(scan.wait(60), (-signal.SIGPIPE, 2))

    def test_an_interrupt_prints_the_summary(self):
        path = os.path.join(self.root, b"large")
        with open(path, "wb") as file:
            file.truncate(8 << 30)
        scan = subprocess.Popen(self.scanner.arguments([b"abc"], "--json", path),
                                env=self.scanner.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        time.sleep(1.5)
        scan.send_signal(signal.SIGINT)
        out, _ = scan.communicate(timeout=60)
        self.assertEqual(130, scan.returncode)
        summary = json.loads(out.splitlines()[-1])
        self.assertEqual(("summary", True), (summary["type"], summary["interrupted"]))

    def test_a_small_memory_limit_is_kept(self):
        self.write(b"text", b"abc" * 1000000)
        _, others, done = self.scanner.json([b"abcabc"], "--memory", str(4 << 20), self.root)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertLessEqual(others[-1]["memory_bytes"], 4 << 20)
        self.assertEqual(999999, others[-1]["matches"])
        self.new_root()
        self.write(b"text", (b"abcabc" + b"x" * 994) * 100)
        for options in (("--memory", "10000"), ("--memory", "1M", "--chunk-size", "1M")):
            done = self.scanner.run([b"abcabc"], *options, self.root)
            self.assertEqual(2, done.returncode)
            self.assertIn(b"error[S006]", done.stderr)
            # What the message says is enough.
            least = re.search(rb"of (\d+) bytes,(?: need)? (\d+)\nFix: .*--chunk-size", done.stderr)
            enough = least[2].decode()
            _, others, done = self.scanner.json([b"abcabc"], "--memory", enough, "--chunk-size",
                                                least[1].decode(), self.root)
            self.assertEqual((0, 100), (done.returncode, others[-1]["matches"]), done.stderr)
            self.assertLessEqual(others[-1]["memory_bytes"], int(enough))


if __name__ == "__main__":
    main(Behaviour)
