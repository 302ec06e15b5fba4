#!/usr/bin/env bash
# The patches that take a defence out fit the sources as they are, and say what has to be found without it.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
. "$FRONTROW_SRC/tests/tap.sh"
cd "$FRONTROW_SRC" || exit 1

for file in tests/{proof,torture}/without/*.patch; do
    try "$file fits" patch -p1 --dry-run --force --input="$file"
    try "$file says what is to be found" grep -q '^Found: .' "$file"
done
tap_end
