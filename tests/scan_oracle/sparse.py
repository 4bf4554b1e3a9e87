# SPDX-License-Identifier: MIT
"""A sparse file of 5 GiB with matches across the 4 GiB mark, and 20,000 more bytes behind it."""
import os
import time

from oracle import ScanTest, main


class Sparse(ScanTest):
    def test_offsets_beyond_four_gigabytes(self):
        path = os.path.join(self.root, b"sparse")
        places = [0, (2 << 30) - 3, (4 << 30) - 3, (4 << 30) + 1000, (5 << 30) - 6]
        with open(path, "wb") as file:
            file.truncate(5 << 30)
            for at in places:
                file.seek(at)
                file.write(b"needle")
        started = time.monotonic()
        hits, others, done = self.scanner.json([b"needle", b"dle"], path)
        print(f"5 GiB in {time.monotonic() - started:.0f} s")
        expected = sorted([(at, 0) for at in places] + [(at + 3, 1) for at in places])
        self.assertEqual(expected, hits[path], done.stderr)
        self.assertEqual(5 << 30, others[-1]["bytes"])
        self.assertLessEqual(others[-1]["memory_bytes"], 300 << 20)


if __name__ == "__main__":
    main(Sparse)
