#!/usr/bin/env bash
# The tests against real MariaDB and Redis: one of each for all of them, in a folder of their own. Each program has a
# database of its own but empties Redis as it likes, so they run one after the other.
#   ONLY="test_queue test_money" runs these alone
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/build-aux/stack.sh"

dir=$FRONTROW_BUILD/tests/integration.stack

forget()
{
    [[ ${STACK_KEEP:-no} == yes ]] || rm -rf "$dir"
}

start()
{
    rm -rf "$dir"
    # shellcheck disable=SC2119
    stack_open "$dir" && stack_start_mariadb && stack_start_redis || return 1
    # The fixture comes as root, whoever runs this.
    [[ $(id -un) == root ]] ||
        stack_sql -e "CREATE USER IF NOT EXISTS root@localhost; GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION"
    export FRONTROW_TEST_MYSQL_SOCKET=$STACK_RUN/mariadb.sock
    export FRONTROW_TEST_REDIS_SOCKET=$STACK_RUN/redis.sock
    # For those that start one of their own and kill it.
    FRONTROW_TEST_REDIS_SERVER=$(stack_redis_server) && export FRONTROW_TEST_REDIS_SERVER
}

wanted()
{
    [[ -z ${ONLY:-} || " $ONLY " == *" ${1##*/} "* ]]
}

export TEST_SECONDS=${TEST_SECONDS:-600}
stack_guard forget
tap_alone
if ! start; then
    echo "Bail out! MariaDB and Redis did not start"
    exit 1
fi
for program in $FRONTROW_INTEGRATION; do
    wanted "$program" || continue
    tap_run "${program##*/}" "$FRONTROW_SRC/tests/program" "$FRONTROW_BUILD/$program"
done
tap_end
