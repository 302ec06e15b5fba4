#!/usr/bin/env bash
# The torture, for a few seconds and with a seed that never changes, and the tests of its checker. Longer ones are by
# hand: tests/torture/run --minutes N --seed S
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
export FRONTROW_SRC FRONTROW_BUILD
. "$FRONTROW_SRC/tests/tap.sh"

seconds=18
log=$FRONTROW_BUILD/tests/torture.log.txt

# Every part must have been there: a run in which nobody bought and nothing broke says nothing.
enough()
{
    local what=$1 pattern=$2 least=$3 got
    got=$(grep -oE "$pattern" "$log" | grep -oE '^[0-9]+' | head -n 1)
    if ((${got:-0} >= least)); then
        ok "$what: ${got:-0}"
    else
        not_ok "$what: ${got:-0}, expected are $least at least" "$(tail -n 60 "$log")"
    fi
}

tap_run test_linear.py python3 "$FRONTROW_SRC/tests/torture/test_linear.py"
tap_run test_checker.py python3 "$FRONTROW_SRC/tests/torture/test_checker.py"
tap_alone
timeout --kill-after=30 280 "$FRONTROW_SRC/tests/torture/run" --seconds "$seconds" --seed 14 --fans 24 >"$log" 2>&1
is "every promise held" "0" "$?$(grep -E '^wrong|^ +at |did not' "$log" | cut -c1-400)"
enough "requests" '[0-9]+ requests' 300
enough "payments" '[0-9]+ payments' 10
enough "faults" '[0-9]+ faults' 4
enough "tickets shown" '[0-9]+ show' 5
enough "entries under a rate" '[0-9]+ entries under a rate' 5
enough "entry numbers drawn" '[0-9]+ of [0-9]+ entry numbers' 5
enough "histories of seats" '[0-9]+ of seats' 10
if grep -q 'change\.locked' "$FRONTROW_BUILD/frontrow-web"; then
    ok "the build has fail points"
else
    skip "fail points" "configured without --enable-fail-points"
fi
tap_end
