#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Headers of Linux and of the GNU library are included only where CONTRIBUTING.md says so.

usage: system_headers.py ROOT
"""
import pathlib
import re
import sys

PLACES = ("ingest/", "lib/stream/", "lib/cache/", "lib/megakernel/host/",
          "lib/megakernel/protocol/words.h", "lib/vk/api.c")
SYSTEM = re.compile(r"^\s*#\s*include\s*<((?:linux|sys|asm)/[^>]+|unistd\.h|fcntl\.h|endian\.h|dirent\.h|"
                    r"dlfcn\.h|poll\.h|sched\.h|byteswap\.h|liburing\.h)>", re.M)


def main():
    root = pathlib.Path(sys.argv[1])
    contributing = (root / "CONTRIBUTING.md").read_text()
    wrong = [f"CONTRIBUTING.md does not name {place}" for place in PLACES
             if f"`{place.rstrip('/')}`" not in contributing]
    seen = 0
    for folder in ("lib", "spirv", "ingest"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            name = path.relative_to(root).as_posix()
            for header in SYSTEM.findall(path.read_text()):
                seen += 1
                if not name.startswith(PLACES):
                    wrong.append(f"{name} includes <{header}>, which its room may not")
    if not seen:
        wrong.append("no file includes any of these headers: the pattern is wrong")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
