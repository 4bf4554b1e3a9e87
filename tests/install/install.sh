#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the library to a temporary folder, then builds and runs the example against it as a user
# does: through pkg-config, with nothing but what was installed.
#
# usage: install.sh BUILD-FOLDER EXAMPLE COMPILER...
set -eu
build=$1
example=$2
shift 2

for tool in pkg-config meson; do
    command -v $tool >/dev/null || {
        echo "skipped: no $tool"
        exit 77
    }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() {
    echo "error: $*" >&2
    exit 1
}

meson install -C "$build" --no-rebuild --destdir "$folder/root" >"$folder/log" 2>&1 || {
    cat "$folder/log"
    fail "meson install"
}
pc=$(find "$folder/root" -name vyre.pc)
[ -n "$pc" ] || fail "no vyre.pc"
# Where pkg-config looks by itself: meson knows Debian's folder only where dpkg-architecture is there.
where=$(dirname "${pc#"$folder/root"}")
case $where in
/usr/lib* | /usr/local/lib*)
    case :$(pkg-config --variable pc_path pkg-config): in
    *":$where:"*) ;;
    *) fail "pkg-config does not look in $where; on Debian, install dpkg-dev and configure anew" ;;
    esac
    ;;
esac
# Only ours: a copy that the system has must not help.
PKG_CONFIG_LIBDIR=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$folder/root
export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
unset PKG_CONFIG_PATH || :
flags=$(pkg-config --cflags --libs vyre)

# Nothing private is installed, and no header needs anything private.
if find "$folder/root" -name '*.h' -o -name '*.def' | grep -v '/include/vyre/[a-z_]*\.h$'; then
    fail "files above should not be installed"
fi

# shellcheck disable=SC2086 # flags are words
"$@" -std=c11 -Wall -Wextra -Werror "$example" -o "$folder/dispatch" $flags ||
    fail "the example does not build with: $flags"

# Without installing: the build folder's own vyre-uninstalled.pc. A static library needs more there.
uninstalled=$build/meson-uninstalled
if [ -e "$uninstalled/vyre-uninstalled.pc" ] && [ -e "$build/lib/libvyre.so" ]; then
    own=$(env -u PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR="$uninstalled" pkg-config --cflags \
        --libs vyre)
    # shellcheck disable=SC2086 # flags are words
    "$@" -std=c11 -Wall -Wextra -Werror "$example" -o "$folder/uninstalled" $own ||
        fail "the example does not build with: $own"
fi

library=$(find "$folder/root" -name libvyre.so)
LD_LIBRARY_PATH=$(dirname "$library")
export LD_LIBRARY_PATH
command=$(find "$folder/root" -path '*/bin/vyre-spv')
if [ -n "$command" ]; then
    "$command" --version | grep -q '^vyre-spv ' || fail "vyre-spv --version"
    find "$folder/root" -name vyre-spv.1 | grep -q . || fail "no man page"
fi

if ! "$folder/dispatch" >"$folder/out" 2>"$folder/messages"; then
    cat "$folder/messages" >&2
    if grep -q VYRE_ERR_NO_DEVICE "$folder/messages"; then
        echo "skipped: the example builds, but there is no device to run it on"
        exit 77
    fi
    fail "the example does not run"
fi
printf '1\n4\n7\n10\n13\n16\n19\n22\n' | cmp - "$folder/out" || {
    cat "$folder/out" >&2
    fail "the example computes something else"
}
echo "built with: $flags"
