#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a test on SwiftShader, a second implementation of Vulkan on the CPU.

usage: swiftshader.py COMMAND...

Debian has it as a part of chromium-common (tools/packages). VYRE_SWIFTSHADER_ICD may name the
manifest of another one. Without any the test is skipped, with the reason.
"""
import os
import sys

PLACES = [
    os.environ.get("VYRE_SWIFTSHADER_ICD", ""),
    "/usr/lib/chromium/vk_swiftshader_icd.json",
    "/usr/share/vulkan/icd.d/vk_swiftshader_icd.json",
    "/etc/vulkan/icd.d/vk_swiftshader_icd.json",
]
SKIPPED = 77


def main():
    icd = next((place for place in PLACES if place and os.path.exists(place)), None)
    if not icd:
        print("skipped: SwiftShader is not installed; tools/install-packages test installs it")
        return SKIPPED
    os.environ.update(VK_ICD_FILENAMES=icd, VK_DRIVER_FILES=icd)
    sys.stdout.flush()
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
