#!/bin/sh
# SPDX-License-Identifier: MIT
# The gates must catch what they are there for: each is run on a small tree with one planted fault.
# usage: planted.sh STYLE_DIR PYTHON
set -eu
style=$1
python=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fails() { # DESCRIPTION COMMAND...
    what=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "not caught: $what"
        exit 1
    fi
    echo "caught: $what"
}

tree() {
    rm -rf "$work/t"
    mkdir -p "$work/t/lib" "$work/t/spirv" "$work/t/ingest" "$work/t/tools" "$work/t/tests" \
        "$work/t/examples"
    printf '// SPDX-License-Identifier: MIT\n' >"$work/t/lib/x.c"
}

tree
"$python" "$style/check_sizes.py" "$work/t" >/dev/null || {
    echo "a clean tree fails"
    exit 1
}
tree
i=0
while [ $i -lt 1001 ]; do
    echo '//'
    i=$((i + 1))
done >>"$work/t/lib/x.c"
fails "a file of more than 1,000 lines" "$python" "$style/check_sizes.py" "$work/t"
tree
{
    echo 'int f(void)'
    echo '{'
    i=0
    while [ $i -lt 120 ]; do
        echo '    ;'
        i=$((i + 1))
    done
    echo '    return 0;'
    echo '}'
} >>"$work/t/lib/x.c"
fails "a function of more than 120 lines" "$python" "$style/check_sizes.py" "$work/t"
tree
echo '#include "../vk/device.h"' >>"$work/t/lib/x.c"
fails "an include that steps out of its room" "$python" "$style/check_sizes.py" "$work/t"
tree
cp "$style/../../CONTRIBUTING.md" "$work/t"
mkdir "$work/t/lib/cache"
echo '#include <sys/stat.h>' >>"$work/t/lib/cache/x.c"
"$python" "$style/system_headers.py" "$work/t" >/dev/null || {
    echo "a header of the system where it may be fails"
    exit 1
}
echo '#include <sys/stat.h>' >>"$work/t/lib/x.c"
fails "a header of the system where it may not be" "$python" "$style/system_headers.py" "$work/t"
rm "$work/t/lib/x.c"
sed 's,`lib/cache`,,' "$style/../../CONTRIBUTING.md" >"$work/t/CONTRIBUTING.md"
fails "a place that is not documented" "$python" "$style/system_headers.py" "$work/t"
tree
echo 'int x;' >"$work/t/lib/x.c"
fails "a file without a licence line" "$python" "$style/check_sizes.py" "$work/t"
