#!/usr/bin/env bash
# clang-format has nothing to change.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
. "$FRONTROW_SRC/tests/tap.sh"
cd "$FRONTROW_SRC" || exit 1

# Others' versions differ in details; ours is the one that Debian 12 has.
if ! command -v clang-format >/dev/null; then
    skip "C is formatted" "clang-format is not installed"
elif [[ $(clang-format --version) != *"version 14."* ]]; then
    skip "C is formatted" "it is formatted with clang-format 14, here is $(clang-format --version)"
else
    wrong=$(find src tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run 2>&1 | sed -n 's/: warning.*//p' |
        sort -u)
    is "C is formatted" "" "$wrong"
fi
wrong=$(find src sql tests nginx build-aux/*.sh build-aux/packages etc systemd bench docs ui -type f \
    -not -path 'ui/vendor/*' -not -path 'tests/fuzz/corpus/*' -not -path '*/__pycache__/*' -not -name '*.patch' -print0 2>/dev/null | xargs -0 grep -lIE '[[:blank:]]+$')
is "no line ends with blanks" "" "$wrong"
files=$(find src sql tests -name '*.[ch]' -o -name '*.sql' -o -name '*.lua' -o -name '*.sh' -o -name '*.py')
is "no tabs" "" "$(xargs grep -lP '\t' <<<"$files")"
# Tables read better in one line: the routes, and what the tests in scripts go through.
wrong=$(grep -vE '\.(py|sh)$' <<<"$files" | LC_ALL=C.UTF-8 xargs grep -nP '.{121,}' | grep -v '^src/http/routes.c:' | cut -d: -f1,2)
is "lines have at most 120 characters" "" "$wrong"
tap_end
