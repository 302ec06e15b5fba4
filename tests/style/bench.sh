#!/usr/bin/env bash
# What can be tested of the bench without measuring.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
. "$FRONTROW_SRC/tests/tap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/data/mariadb" && touch "$dir/data/mariadb/ibdata1"
said=$("$FRONTROW_SRC/bench/run" --dir "$dir" --build /nonexistent static 2>&1)
is "a directory with somebody's data is refused" "2 bench: $dir is not empty and not of an earlier bench" "$? $said"
try "and left as it is" test -e "$dir/data/mariadb/ibdata1"
try "what it reckons" env PYTHONDONTWRITEBYTECODE=1 python3 "$FRONTROW_SRC/tests/style/test_bench.py"
tap_end
