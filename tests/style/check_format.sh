#!/bin/sh
# SPDX-License-Identifier: MIT
# Gate on formatting. usage: check_format.sh ROOT
# Versions of clang-format disagree in details, so only the one of Debian 12 judges.
set -eu
cd "$1"
tool=$(command -v clang-format-14 || command -v clang-format || true)
if [ -z "$tool" ] || ! "$tool" --version | grep -q 'version 14\.'; then
    echo "skipped: clang-format 14 is not installed"
    exit 77
fi
find lib spirv ingest tools tests examples -name '*.[ch]' -print0 |
    xargs -0 "$tool" --dry-run --Werror --style=file
