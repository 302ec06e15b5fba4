#!/usr/bin/env bash
# The pages in real Chromium, against a Frontrow of their own. What the tests need from npm is fetched into
# var/browser; screenshots of every page are kept in var/browser/shots.
#   ONLY="buy wait" runs these alone
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FRONTROW_BUILD:=$FRONTROW_SRC/var/build}"
export FRONTROW_SRC FRONTROW_BUILD
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/tests/system/stack.sh"

here=$FRONTROW_SRC/tests/browser
export BROWSER_TOOLS=$FRONTROW_SRC/var/browser SHOTS=$FRONTROW_SRC/var/browser/shots
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
dir=$FRONTROW_BUILD/tests/browser.stack

forget()
{
    [[ ${STACK_KEEP:-no} == yes ]] || rm -rf "$dir"
}

skip_all()
{
    printf '1..0 # SKIP %s\n' "$1"
    exit 0
}

tools()
{
    mkdir -p "$BROWSER_TOOLS"
    if ! cmp -s "$here/package.json" "$BROWSER_TOOLS/package.json" || [[ ! -d $BROWSER_TOOLS/node_modules ]]; then
        cp "$here/package.json" "$BROWSER_TOOLS/" || return 1
        if ! npm install --prefix "$BROWSER_TOOLS" --ignore-scripts --no-audit --no-fund --no-package-lock >"$BROWSER_TOOLS/npm.log" 2>&1; then
            rm -f "$BROWSER_TOOLS/package.json"
            return 1
        fi
    fi
}

[[ -n $CHROMIUM ]] || skip_all "chromium is not installed"
command -v npm >/dev/null || skip_all "npm is not installed"
tools || skip_all "npm could not fetch playwright-core and axe-core"

stack_guard forget
if ! system_start "$dir"; then
    echo "Bail out! Frontrow did not start"
    exit 1
fi
rm -rf "$SHOTS"
for test in words pages buy wait office; do
    [[ -z ${ONLY:-} || " $ONLY " == *" $test "* ]] || continue
    tap_run "$test" timeout --kill-after=5 "${TEST_SECONDS:-600}" node "$here/$test.mjs"
    # One of them ends the gate and starts another, which goes with it.
    stack_alive gate || stack_start_program gate
done
try "afterwards frontrowctl check finds nothing" stack_ctl check
tap_end
