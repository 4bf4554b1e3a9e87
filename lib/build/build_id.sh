#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes a header with the digest of the library's objects. usage: build_id.sh OUTPUT OBJECT...
set -eu
output=$1
shift
digest=$(cat "$@" | sha256sum | cut -c1-16)
printf '#define VYRE_BUILD_ID "%s"\n' "$digest" >"$output"
