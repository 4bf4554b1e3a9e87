#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a program with a planted fault; succeeds when the sanitizer stopped it and said why. A program
# that could not even start fails too, but says something else.
# usage: catches.sh REPORT PROGRAM FAULT   (REPORT: what the sanitizer's report must contain)
set -u
report=$1
shift
if output=$("$@" 2>&1); then
    echo "not caught: $*"
    exit 1
fi
printf '%s\n' "$output"
printf '%s\n' "$output" | grep -q "$report" || {
    echo "failed without the report '$report'"
    exit 1
}
