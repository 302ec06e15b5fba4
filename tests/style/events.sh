#!/usr/bin/env bash
# The events that the server writes are those of docs/events.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
. "$FRONTROW_SRC/tests/tap.sh"

if ! python3 -c 'import jsonschema, yaml' 2>/dev/null; then
    skip "docs/events" "python3-jsonschema or python3-yaml is not installed"
else
    try "docs/events is what is written" python3 "$FRONTROW_SRC/tests/style/events.py" \
        "$FRONTROW_BUILD/tests/unit/print_events"
fi
tap_end
