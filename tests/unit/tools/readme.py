#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The README's example, as it stands there, must work.

usage: readme.py README VYRE-SPV

Runs the shell block that writes saxpy.vyre in an empty folder, with the command of this build in the
place of the path that the README gives, and compares what it prints. The program shown above the
block must be the one that the block writes.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SHOWN_PATH = "build/tools/vyre-spv/vyre-spv"
EXPECTED = ["13", "26", "39", "52"]  # x * 3 + y


def main():
    readme, command = pathlib.Path(sys.argv[1]).read_text(), pathlib.Path(sys.argv[2]).resolve()
    program = re.search(r"```vyre\n(.*?)```", readme, re.S).group(1)
    block = next(b for b in re.findall(r"```sh\n(.*?)```", readme, re.S) if "saxpy.vyre" in b)
    if f"<<'END'\n{program}END\n" not in block:
        sys.exit("the program that the README shows is not the one that its block writes")
    if SHOWN_PATH not in block:
        sys.exit(f"the block does not run {SHOWN_PATH}")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["sh", "-eu", "-c", block.replace(SHOWN_PATH, str(command))],
                              cwd=folder, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL,
                              env={**os.environ, "VYRE_CACHE_DIR": folder + "/cache"})
    print(done.stdout, done.stderr)
    numbers = re.findall(r"\d+", done.stdout)
    if done.returncode != 0 or numbers != EXPECTED:
        sys.exit(f"exit {done.returncode}, printed {numbers}, expected {EXPECTED}")


if __name__ == "__main__":
    main()
