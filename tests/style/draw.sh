#!/usr/bin/env bash
# docs/draw.py, the second implementation of the draw, comes to the numbers that tests/unit/test_shuffle.c expects.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
. "$FRONTROW_SRC/tests/tap.sh"

seed=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
list=fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0

numbers()
{
    python3 "$FRONTROW_SRC/docs/draw.py" --seed "$seed" --list-hash "$list" --last "$@" | cut -d' ' -f2 | paste -sd' '
}

is "ten entrants" "8 5 10 7 6 1 9 2 4 3" "$(numbers 10 1 2 3 4 5 6 7 8 9 10)"
is "a million entrants" "100914 196147 709432" "$(numbers 1000000 1 262144 1000000)"
is "an entry outside the draw stays" "11" "$(numbers 10 11)"
tap_end
