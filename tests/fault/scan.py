# SPDX-License-Identifier: MIT
"""The scan command on devices that misbehave: it says so, exits with 2, and in bounded time."""
import os
import sys
import tempfile
import time
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "scan_oracle"))
import oracle

TIMEOUT = 3  # seconds; --timeout


class Faults(oracle.ScanTest):
    def scan(self, **variables):
        self.scanner.environment = dict(self.environment, **variables)
        started = time.monotonic()
        done = self.scanner.run([b"needle"], "--timeout", str(TIMEOUT), self.root, timeout=120)
        return done, time.monotonic() - started

    def setUp(self):
        super().setUp()
        # What the driver holds for a device that is given up leaks, as the contract says; our own
        # memory may not. As tests/support/abandon.h.
        self.environment = dict(self.scanner.environment, LSAN_OPTIONS=(
            f"suppressions={FOLDER}/abandon.supp:print_suppressions=0"))
        self.addCleanup(setattr, self.scanner, "environment", self.scanner.environment)
        self.expected = b""
        for i in range(3):
            path = self.write(b"%d" % i, b"x" * 3000000 + b"needle")
            self.expected += path + b":3000000:needle\n"
        # Warm: probes and what they submit are in the cache now.
        self.assertEqual(self.expected, self.scan()[0].stdout)

    def assert_gave_up(self, done, seconds):
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertTrue(self.expected.startswith(done.stdout))
        self.assertNotEqual(self.expected, done.stdout)
        self.assertTrue(done.stderr, "silent failure")
        self.assertLess(seconds, TIMEOUT * 4 + 10)

    def test_swallowed_dispatches(self):
        # The first scan dispatch, and one in the middle of the work.
        for number in ("1", "3"):
            self.assert_gave_up(*self.scan(VYRE_FAULT_SWALLOW=number))

    def test_submissions_that_never_end(self):
        self.assert_gave_up(*self.scan(VYRE_FAULT_FREEZE="2"))

    def test_a_lost_device(self):
        for number in (1, 2, 4):
            self.assert_gave_up(*self.scan(
                VYRE_FAULT_FAIL=f"vkQueueSubmit:{number}:device_lost"))

    def test_no_memory_for_the_device(self):
        refused = 0
        for number in range(1, 6):
            done, _ = self.scan(VYRE_FAULT_FAIL=f"vkAllocateMemory:{number}:device_memory")
            self.assertIn(done.returncode, (0, 2))
            if done.returncode == 0:
                self.assertEqual(self.expected, done.stdout)
            else:
                refused += 1
                self.assertEqual(b"", done.stdout)
                self.assertTrue(done.stderr)
        self.assertGreater(refused, 0, "no allocation was refused: the layer is not there")

    def test_devices_that_lack_things(self):
        for variables in ({"VYRE_FAULT_HIDE": "VK_EXT_external_memory_host"},
                          {"VYRE_FAULT_HIDE": "VK_KHR_timeline_semaphore"},
                          {"VYRE_FAULT_HIDE": "VK_KHR_vulkan_memory_model"},
                          {"VYRE_FAULT_LIMIT": "maxStorageBufferRange=16777216"}):
            done, _ = self.scan(**variables)
            self.assertEqual((0, self.expected), (done.returncode, done.stdout),
                             (variables, done.stderr))


if __name__ == "__main__":
    oracle.main(Faults)
