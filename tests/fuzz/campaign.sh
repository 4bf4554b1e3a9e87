#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs fuzz targets under libFuzzer, with the address and undefined behaviour sanitizers.
#
# usage: tests/fuzz/campaign.sh SECONDS [TARGET...]     without targets, each of them in turn
#
# Inputs that reach something new are kept in build-fuzz/found/TARGET and are where the next
# campaign goes on; an input that crashes or hangs is build-fuzz/crash/TARGET-*.
set -eu
cd "$(dirname "$0")/../.."
if [ $# -lt 1 ]; then
    sed -n '3,8s/^# \{0,1\}//p' "tests/fuzz/campaign.sh" >&2
    exit 2
fi
seconds=$1
shift
build=build-fuzz
if [ ! -f $build/build.ninja ]; then
    CC=${CC:-clang} meson setup $build -Dfuzz=enabled -Db_sanitize=address,undefined \
        -Db_lundef=false -Dbuildtype=debugoptimized
fi
[ $# -gt 0 ] || set -- cache_entry chunker envelope patterns protocol read_plan run text wire
for target in "$@"; do
    ninja -C $build "tests/fuzz/fuzz_$target" tests/fuzz/seeds.stamp
done
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
for target in "$@"; do
    mkdir -p "$build/found/$target" $build/crash
    # Further folders are read and not written to.
    folders="$build/found/$target tests/fuzz/corpus/$target"
    case $target in
    envelope) folders="$folders $build/tests/fuzz/seeds/wire" ;;
    run | wire) folders="$folders tests/fuzz/corpus/wire $build/tests/fuzz/seeds/wire" ;;
    text) folders="$folders $build/tests/fuzz/seeds/text" ;;
    esac
    options="-max_total_time=$seconds -timeout=10 -rss_limit_mb=2048 -max_len=16384"
    [ "$target" != text ] || options="$options -dict=$build/tests/fuzz/seeds/text.dict"
    echo "== $target, $seconds seconds"
    # The folders and options have no spaces in them, and are several words each.
    # shellcheck disable=SC2086
    "$build/tests/fuzz/fuzz_$target" $options -print_final_stats=1 \
        "-artifact_prefix=$build/crash/$target-" $folders
done
