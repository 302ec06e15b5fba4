#!/usr/bin/env bash
# The tests through nginx: all of Frontrow once for those that share it. Those that stop and break things start their
# own. They run one after the other, because each looks at what its own requests have changed.
#   ONLY="buyer.sh refusals.sh" runs these alone; with ONLY=none it is started and stays until Ctrl-C
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
export FRONTROW_SRC FRONTROW_BUILD
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/tests/system/stack.sh"

# office.py is the last: it leaves queues behind that go on by themselves.
shared=(buyer.sh refusals.sh pools.sh authorization.py bad_input.py edge.py concurrency.py security.py tls.py secrets.py
    office.py)
alone=(resilience.sh quickstart.sh)
dir=$FRONTROW_BUILD/tests/system.stack

forget()
{
    [[ ${STACK_KEEP:-no} == yes ]] || rm -rf "$dir"
}

wanted()
{
    [[ -z ${ONLY:-} || " $ONLY " == *" $1 "* ]]
}

# Under the sanitizers everything takes longer.
run()
{
    local test=$FRONTROW_SRC/tests/system/$1 with=bash
    # Debian's own Python has the modules that build-aux/packages/test.txt names.
    [[ $1 != *.py ]] || with=/usr/bin/python3
    tap_run "$1" timeout --kill-after=5 "${TEST_SECONDS:-600}" "$with" "$test"
}

one_of()
{
    local test
    for test in "$@"; do
        wanted "$test" && return 0
    done
    return 1
}

stack_guard forget
tap_alone
if one_of "${shared[@]}" none; then
    if ! system_start "$dir"; then
        echo "Bail out! Frontrow did not start"
        exit 1
    fi
    if [[ ${ONLY:-} == none ]]; then
        printf '%s\nFRONTROW_DIR=%s FRONTROW_RUN=%s\n' "$FRONTROW_URL" "$FRONTROW_DIR" "$FRONTROW_RUN"
        while sleep 1 & wait $!; do :; done
    fi
    for test in "${shared[@]}"; do
        wanted "$test" && run "$test"
    done
    try "afterwards frontrowctl check finds nothing" stack_ctl check
    is "no worker had died" "" "$(grep -hE -A 30 'signal=(4|6|7|8|11) |Sanitizer|runtime error|Assertion' "$STACK_LOG"/*.log | head -n 60)"
    stack_stop
fi
for test in "${alone[@]}"; do
    wanted "$test" && run "$test"
done
tap_end
