#!/usr/bin/env bash
# Our scripts give shellcheck nothing to say, and Python can read its own.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
. "$FRONTROW_SRC/tests/tap.sh"
cd "$FRONTROW_SRC" || exit 1

scripts()
{
    grep -rlE '^#!.*\b(ba)?sh$' quickstart check build-aux nginx tests bench .ci 2>/dev/null |
        grep -vE '^build-aux/(ar-lib|compile|config\..*|depcomp|install-sh|missing|tap-driver\.sh|test-driver)$'
}

if command -v shellcheck >/dev/null; then
    for script in $(scripts); do
        is "shellcheck $script" "" "$(shellcheck -x -e SC1091,SC2148 -S warning -f gcc "$script")"
    done
else
    skip "shellcheck" "shellcheck is not installed"
fi
while IFS= read -r script; do
    try "python3 reads $script" python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$script"
done < <(find tests bench build-aux -name '*.py')
tap_end
