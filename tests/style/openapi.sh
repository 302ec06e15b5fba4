#!/usr/bin/env bash
# docs/openapi.yaml and the route table of frontrow-web say the same.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
. "$FRONTROW_SRC/tests/tap.sh"

if ! python3 -c 'import yaml' 2>/dev/null; then
    skip "docs/openapi.yaml" "python3-yaml is not installed"
else
    export FRONTROW_WEB=$FRONTROW_BUILD/frontrow-web
    try "docs/openapi.yaml is what frontrow-web does" python3 "$FRONTROW_SRC/tests/style/test_openapi.py"
fi
tap_end
