#!/usr/bin/env bash
# Our locks beside Redisson's own: tests/redisson/run, with what it needs in the project's own folder.
#   FRONTROW_REDISSON_DIR=DIR   where Redisson is, or goes to (var/redisson in the sources)
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
export FRONTROW_REDISSON_DIR=${FRONTROW_REDISSON_DIR:-$FRONTROW_SRC/var/redisson}
# Sources that are read-only (make distcheck) leave only the build's folder.
[[ -w $FRONTROW_SRC || -e $FRONTROW_REDISSON_DIR ]] || FRONTROW_REDISSON_DIR=$FRONTROW_BUILD/var/redisson
export FRONTROW_LOCK_PEER=$FRONTROW_BUILD/tests/redisson/peer
. "$FRONTROW_SRC/tests/tap.sh"

for program in javac mvn; do
    command -v "$program" >/dev/null && continue
    not_ok "locks beside Redisson's: $program is there" "install what build-aux/packages/java.txt names"
    tap_end
    exit
done
tap_alone
tap_run redisson timeout --kill-after=5 "${TEST_SECONDS:-600}" python3 "$FRONTROW_SRC/tests/redisson/run"
tap_end
