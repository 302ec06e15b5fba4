#!/usr/bin/env bash
# The tests of events once more, over a real Apache Kafka: one broker in a folder of its own, fetched with Maven.
#   STACK_KAFKA_HOME=DIR   where its jars are, or go to (var/kafka in the sources)
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
export STACK_KAFKA_HOME=${STACK_KAFKA_HOME:-$FRONTROW_SRC/var/kafka}
# Sources that are read-only (make distcheck) leave only the build's folder.
[[ -w $FRONTROW_SRC || -e $STACK_KAFKA_HOME/fetched ]] || STACK_KAFKA_HOME=$FRONTROW_BUILD/var/kafka
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/build-aux/stack.sh"
. "$FRONTROW_SRC/build-aux/kafka.sh"

dir=$FRONTROW_BUILD/tests/kafka.stack

forget()
{
    [[ ${STACK_KEEP:-no} == yes ]] || rm -rf "$dir"
}

start()
{
    rm -rf "$dir"
    # shellcheck disable=SC2119
    stack_open "$dir" && stack_start_mariadb && stack_start_redis && stack_start_kafka || return 1
    [[ $(id -un) == root ]] ||
        stack_sql -e "CREATE USER IF NOT EXISTS root@localhost; GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION"
    export FRONTROW_TEST_MYSQL_SOCKET=$STACK_RUN/mariadb.sock
    export FRONTROW_TEST_REDIS_SOCKET=$STACK_RUN/redis.sock
    export FRONTROW_TEST_KAFKA=$STACK_KAFKA
}

for program in java mvn; do
    command -v "$program" >/dev/null && continue
    not_ok "events over Kafka: $program is there" "install what build-aux/packages/kafka.txt names"
    tap_end
    exit
done
if ! said=$(stack_fetch_kafka 2>&1); then
    not_ok "Kafka is fetched with Maven" "$said"
    tap_end
    exit
fi

export TEST_SECONDS=${TEST_SECONDS:-600}
stack_guard forget
tap_alone
if ! start; then
    echo "Bail out! MariaDB, Redis and Kafka did not start"
    exit 1
fi
tap_run test_events "$FRONTROW_SRC/tests/program" "$FRONTROW_BUILD/tests/integration/test_events"
tap_end
