#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes a source file that includes one header twice. usage: one_header.sh HEADER OUTPUT
set -eu
printf '#include <%s>\n#include <%s>\nextern int header_is_alone;\n' "$1" "$1" >"$2"
