#!/usr/bin/env bash
# Every target over its corpus and over a fixed set of mutations of it. What finds new inputs is tests/fuzz/run.
#   ONLY="json request" runs these alone
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
. "$FRONTROW_SRC/tests/tap.sh"

MUTATIONS=${MUTATIONS:-20000}

for target in $FRONTROW_FUZZ; do
    name=${target##*/fuzz_}
    [[ -z ${ONLY:-} || " $ONLY " == *" $name "* ]] || continue
    try "$name: its corpus and $MUTATIONS mutations of it" \
        timeout 400 "$FRONTROW_BUILD/$target" "$FRONTROW_SRC/tests/fuzz/corpus/$name" "$MUTATIONS"
done
tap_end
