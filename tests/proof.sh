#!/usr/bin/env bash
# A short run of tests/proof/run over Kafka, and one without a defence, which has to be found. Longer ones, and those
# without the other defences, are run by hand.
#   PROOF_SECONDS=N   how long everything is broken (25)
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
export FRONTROW_SRC FRONTROW_BUILD
export STACK_KAFKA_HOME=${STACK_KAFKA_HOME:-$FRONTROW_SRC/var/kafka}
# Sources that are read-only (make distcheck) leave only the build's folder.
[[ -w $FRONTROW_SRC || -e $STACK_KAFKA_HOME/fetched ]] || STACK_KAFKA_HOME=$FRONTROW_BUILD/var/kafka
. "$FRONTROW_SRC/tests/tap.sh"

for program in java mvn kcat; do
    command -v "$program" >/dev/null && continue
    not_ok "events under fire: $program is there" "install what build-aux/packages/kafka.txt names"
    tap_end
    exit
done
tap_alone
tap_run proof timeout --kill-after=30 "${TEST_SECONDS:-600}" \
    bash "$FRONTROW_SRC/tests/proof/run" --seconds "${PROOF_SECONDS:-25}" --fans 12 --seed 1
tap_run proof timeout --kill-after=30 "${TEST_SECONDS:-600}" \
    bash "$FRONTROW_SRC/tests/proof/run" --without offset-after-effect --seconds 6 --faults 4 --fans 12 --seed 1
tap_end
