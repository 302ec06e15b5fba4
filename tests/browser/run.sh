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
export BROWSER_TOOLS=$FRONTROW_SRC/var/browser
# Sources that are read-only (make distcheck) leave only the build's folder.
[[ -w $FRONTROW_SRC ]] || BROWSER_TOOLS=$FRONTROW_BUILD/var/browser
export SHOTS=$BROWSER_TOOLS/shots
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
dir=$FRONTROW_BUILD/tests/browser.stack
logs=$BROWSER_TOOLS/log

running=()

forget()
{
    ((${#running[@]} == 0)) || kill "${running[@]}" 2>/dev/null
    [[ ${STACK_KEEP:-no} == yes ]] || rm -rf "$dir"
}

wanted()
{
    [[ -z ${ONLY:-} || " $ONLY " == *" $1 "* ]]
}

tools()
{
    mkdir -p "$BROWSER_TOOLS"
    if ! cmp -s "$here/package.json" "$BROWSER_TOOLS/package.json" || [[ ! -d $BROWSER_TOOLS/node_modules ]]; then
        cp "$here/package.json" "$BROWSER_TOOLS/" || return 1
        if ! npm install --prefix "$BROWSER_TOOLS" --ignore-scripts --no-audit --no-fund --no-package-lock; then
            rm -f "$BROWSER_TOOLS/package.json"
            return 1
        fi
    fi
}

# One of the tests; what it says is told when its turn comes.
begin()
{
    local status=0 began=$SECONDS
    timeout --kill-after=5 "${TEST_SECONDS:-600}" node "$here/$1.mjs" >"$logs/$1" 2>&1 || status=$?
    printf '# in truth %d s\n' "$((SECONDS - began))" >>"$logs/$1"
    echo "$status" >"$logs/$1.status"
}

# Tests that leave each other alone: mostly they wait, for the server or for a clock.
together()
{
    local test
    for test in "$@"; do
        wanted "$test" || continue
        begin "$test" &
        running+=("$!")
    done
    # With nobody to wait for it would wait for the stack.
    ((${#running[@]} == 0)) || wait "${running[@]}"
    running=()
    for test in "$@"; do
        # shellcheck disable=SC2016
        wanted "$test" && tap_run "$test" bash -c 'cat "$1"; exit "$(<"$1.status")"' told "$logs/$test"
    done
}

if [[ -z $CHROMIUM ]] || ! command -v npm >/dev/null; then
    skip "the pages in Chromium" "chromium or npm is missing (build-aux/packages/browser.txt)"
    tap_end
    exit
fi
if ! said=$(tools 2>&1); then
    not_ok "npm fetches what the browser tests need" "$said"
    tap_end
    exit
fi

# The scripts' format, as clang-format holds the C sources'; "--write" instead of "--check" mends it.
try "the scripts are formatted" env -C "$FRONTROW_SRC" "$BROWSER_TOOLS/node_modules/.bin/prettier" \
    --config "$here/prettier.json" --check 'ui/js/**/*.js' ui/docs/docs.js 'tests/browser/*.mjs' bench/frames.mjs

stack_guard forget
tap_alone
if ! system_start "$dir"; then
    echo "Bail out! Frontrow did not start"
    exit 1
fi
rm -rf "$SHOTS" "$logs"
mkdir -p "$SHOTS" "$logs"
together words pages buy office door wait
# This one ends the gate, which the others need, and starts another, which goes with it.
together gate
stack_alive gate || stack_start_program gate
try "afterwards frontrowctl check finds nothing" stack_ctl check
is "no worker had died" "" "$(grep -hE -A 30 'signal=(4|6|7|8|11) |Sanitizer|runtime error|Assertion' "$STACK_LOG"/*.log | head -n 60)"
tap_end
