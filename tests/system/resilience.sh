#!/usr/bin/env bash
# MariaDB, Redis and workers go away and come back while requests run. What is tolerated is said at each place.
set -u
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/tests/system/stack.sh"

fan=fan31@demo.test

forget()
{
    rm -rf "$http_dir"
    [[ ${STACK_KEEP:-no} == yes ]] || rm -rf "$FRONTROW_BUILD/tests/resilience.stack"
}

. "$FRONTROW_SRC/tests/system/http.sh"
stack_guard forget
if ! system_start "$FRONTROW_BUILD/tests/resilience.stack"; then
    echo "Bail out! Frontrow did not start"
    exit 1
fi
clients=8

# ---- help ----------------------------------------------------------------------------------------------------------

load_begin()
{
    rm -f "$http_dir/stop"
    python3 "$FRONTROW_SRC/tests/system/load.py" "$http_dir/stop" "$clients" "$@" \
        >"$http_dir/load" 2>"$http_dir/load.err" &
    load=$!
    poll 20 grep -q started "$http_dir/load.err" || cat "$http_dir/load.err"
}

load_end()
{
    touch "$http_dir/stop"
    wait "$load"
    sed 's/^/# /' "$http_dir/load"
}

# count KIND-PATTERN STATUS-PATTERN [CODE-PATTERN]: answers of the last load.
count()
{
    awk -v kind="^($1)\$" -v status="^($2)\$" -v code="^(${3:-.*})\$" \
        '$1 ~ kind && $2 ~ status && $3 ~ code { sum += $4 } END { print sum + 0 }' "$http_dir/load"
}

slowest()
{
    sed -n 's/^slowest //p' "$http_dir/load"
}

# Nothing but good answers and problems that say "come back": no broken connection, no other 5xx, no page of nginx.
only_good_or_unavailable()
{
    is "$1: whoever gets no answer is told 503 unavailable" 0 \
        "$(($(count '.*' '.*') - $(count '.*' '20[01]') - $(count '.*' 503 'unavailable|busy')))"
}

workers()
{
    ps -o pid= --ppid "${STACK_PID[web-$1]}" | tr -d ' ' | sort
}

answers()
{
    as "$fan" GET "$1"
    [[ $STATUS == "$2" ]]
}

# within SECONDS WHAT STATUS CODE METHOD PATH…: one request, its answer and how long it took.
within()
{
    local most=$1 what=$2 status=$3 code=$4 began=$EPOCHREALTIME took
    shift 4
    as "$fan" "$@"
    took=$(((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 1000))
    is "$what: $status $code" "$status $code application/problem+json" "$STATUS $(field .code) $(header Content-Type)"
    like "$what: with Retry-After" '^[1-9][0-9]*$' "$(header Retry-After)"
    is "$what: in bounded time ($took ms)" 1 "$((took < most * 1000))"
}

progress()
{
    local before
    before=$(access_lines)
    poll "$1" more_lines_than "$((before + ${2:-200}))"
}

access_lines()
{
    wc -l <"$STACK_LOG/frontrow-access.log"
}

more_lines_than()
{
    (($(access_lines) > $1))
}

sign_in "$fan"
sign_in fan32@demo.test
as fan32@demo.test DELETE /sessions/current
as fan32@demo.test GET /account
is "(somebody signed out)" 401 "$STATUS"
try "(a fan is inside)" in_queue "$fan" 1
as "$fan" POST /concerts/1/holds "${JSON[@]}" -d '{"seats":[1]}'
number=$(field '.holds[0].reservation_number')
as "$fan" POST /payments "${JSON[@]}" -H "$(key)" -d "{\"reservation_numbers\":[\"$number\"]}"
is "(and has bought a seat)" 201 "$STATUS"
as fan33@demo.test POST /concerts/1/queue
ticket=$(field .ticket)
place=$(field .number)
before_money=$(workers money)
before_fast=$(workers fast)

# ---- MariaDB -------------------------------------------------------------------------------------------------------

load_begin queue points charge
progress 20
stack_stop_one mariadb
# 5 s is the time that nginx waits for a read; the worker's own limits are below it.
within 6 "without MariaDB a balance" 503 unavailable GET /points
within 16 "without MariaDB a charge" 503 unavailable POST /points/charges "${JSON[@]}" -H "$(key)" -d '{"amount":1}'
as "$fan" GET /concerts/1/queue
is "without MariaDB the queue goes on" 200 "$STATUS"
ask GET //healthz
is "without MariaDB the worker is alive" 200 "$STATUS"
ask GET //readyz
is "but not ready, and says why" "503 down ok" "$STATUS $(field .mysql) $(field .redis)"
# shellcheck disable=SC2119
stack_start_mariadb
try "MariaDB is back and so are we" poll 10 answers /points 200
load_end
only_good_or_unavailable "MariaDB away"
is "MariaDB away: the queue never noticed" 0 "$(($(count queue '.*') - $(count queue 200)))"
is "MariaDB away: nobody waited longer than nginx does ($(slowest) ms)" 1 "$(($(slowest) < 16000))"

# One that hangs is worse than one that is gone: whoever asks it waits.
sign_in fan35@demo.test
stack_kill mariadb STOP
hung=$SECONDS
try "while MariaDB hangs, fans are admitted" in_queue fan35@demo.test 1
is "and do not wait longer for it" 1 "$((SECONDS - hung <= 3))"
stack_kill mariadb CONT
try "MariaDB goes on and so do we" poll 10 answers /points 200

# ---- Redis ---------------------------------------------------------------------------------------------------------

load_begin queue points charge
progress 20
stack_stop_one redis
within 6 "without Redis a place" 503 unavailable GET /concerts/1/queue
within 6 "without Redis a balance" 503 unavailable GET /points
within 16 "without Redis a charge" 503 unavailable POST /points/charges "${JSON[@]}" -H "$(key)" -d '{"amount":1}'
ask GET //readyz
is "without Redis not ready, and says why" "503 ok down" "$STATUS $(field .mysql) $(field .redis)"
ask GET //healthz
is "without Redis the worker is alive" 200 "$STATUS"
# shellcheck disable=SC2119
stack_start_redis
try "Redis is back, empty, and so are we" poll 10 answers /concerts/1/queue 200
try "with money, too" poll 10 answers /points 200
load_end
only_good_or_unavailable "Redis away"
is "Redis away: nobody waited longer than nginx does ($(slowest) ms)" 1 "$(($(slowest) < 16000))"

as fan32@demo.test GET /account
is "who was signed out stays signed out" 401 "$STATUS"
as fan32@demo.test GET /concerts/1/queue
is "in every pool" 401 "$STATUS"
seat_is_sold()
{
    ask GET '/concerts/1/seats?format=list'
    [[ $STATUS == 200 && $(field '.available | index(1)') == null ]]
}
try "what was sold is not offered" poll 5 seat_is_sold
as fan33@demo.test POST /concerts/1/queue "${JSON[@]}" -d "{\"ticket\":\"$ticket\"}"
is "a ticket gives the place back" "20x $place" "${STATUS/%[01]/x} $(field .number)"

# ---- FLUSHALL ------------------------------------------------------------------------------------------------------

load_begin queue points charge board
for _ in 1 2 3; do
    progress 20
    redis FLUSHALL >/dev/null
done
try "after FLUSHALL the queue answers" poll 10 answers /concerts/1/queue 200
as fan32@demo.test GET /account
is "after FLUSHALL who was signed out stays so" 401 "$STATUS"
try "after FLUSHALL what was sold is not offered" poll 5 seat_is_sold
load_end
only_good_or_unavailable "FLUSHALL"
# Nothing is away, so nobody need be refused, but for those who asked in that very moment.
is "FLUSHALL: hardly anybody noticed ($(count '.*' 503) refused of $(count '.*' '.*'))" 1 \
    "$(($(count '.*' 503) <= 3 * clients))"
is "no process was started anew for any of this" "$before_money $before_fast" "$(workers money) $(workers fast)"

# ---- workers -------------------------------------------------------------------------------------------------------

new_worker()
{
    [[ $(workers "$1" | wc -l) == "$2" ]] && ! workers "$1" | grep -qx "$3"
}

load_begin queue board points
progress 20
for pool in fast money; do
    processes=$(workers "$pool" | wc -l)
    victim=$(workers "$pool" | head -n 1)
    kill -KILL "$victim"
    try "a killed worker of $pool is started again by its parent" poll 5 new_worker "$pool" "$processes" "$victim"
done
progress 20
load_end
# A read that the dead worker had begun is asked again of another; where the pool has one process there is none, so each
# of the pool's kept connections may lose the one request that was on it.
only_good_or_unavailable "a killed worker"
is "a killed worker: no more are lost than were being answered ($(count '.*' '5..'))" 1 "$(($(count '.*' '5..') <= clients))"
ask GET //metrics
is "a killed worker is counted" 2 "$(sed -n 's/^frontrow_worker_restarts_total //p' <<<"$BODY")"

load_begin queue board points charge
for _ in 1 2 3; do
    for pool in fast money; do
        old=$(workers "$pool" | head -n 1)
        processes=$(workers "$pool" | wc -l)
        stack_kill "web-$pool" HUP
        replaced()
        {
            ! workers "$pool" | grep -qx "$old" && [[ $(workers "$pool" | wc -l) == "$processes" ]]
        }
        try "SIGHUP replaces the workers of $pool" poll 20 replaced
    done
    progress 20
done
load_end
is "SIGHUP under load: not one of $(count '.*' '.*') requests failed" 0 "$(($(count '.*' '.*') - $(count '.*' '20[01]')))"

ask GET //metrics
is "SIGHUP under load: afterwards nobody is busy" "0 0" \
    "$(sed -nE 's/^frontrow_pool_busy\{pool="(fast|money)"\} //p' <<<"$BODY" | awk '{ print ($1 < 2 ? 0 : $1) }' | paste -sd ' ')"

# A request that waits for a lock while its worker is told to end.
as fan34@demo.test GET /account
account=$(field .account_id)
redis HSET "user$account" somebody:1 1 >/dev/null
redis PEXPIRE "user$account" 60000 >/dev/null
curl -sS -o "$http_dir/slow" -w '%{http_code}' -X POST "$FRONTROW_URL/api/v1/points/charges" "${JSON[@]}" \
    -H "Authorization: Bearer ${TOKEN[fan34@demo.test]}" -H "$(key)" -d '{"amount":1}' >"$http_dir/slow.status" &
slow=$!
waits_for_lock()
{
    [[ $(redis PUBSUB CHANNELS '*user'"$account"'*') ]]
}
try "(a charge waits for the points lock)" poll 5 waits_for_lock
stack_kill web-money TERM
redis DEL "user$account" >/dev/null
redis PUBLISH "redisson_lock__channel:{user$account}" 0 >/dev/null
wait "$slow"
is "SIGTERM: a request in flight is finished" 201 "$(<"$http_dir/slow.status")"
is_gone()
{
    ! stack_alive web-money
}
try "SIGTERM: then the pool ends" poll 15 is_gone
within 3 "SIGTERM: afterwards a request to the pool" 503 unavailable GET /points
as "$fan" GET /concerts/1/queue
is "SIGTERM: the other pools go on" 200 "$STATUS"
stack_reap web-money
try "(it is started again)" stack_start_program web-money
try "SIGTERM: it is back" poll 10 answers /points 200

# ---- all the same --------------------------------------------------------------------------------------------------

settled
try "frontrowctl check finds nothing" stack_ctl check
is "no sanitizer and no assertion spoke" "" "$(grep -hE -A 30 'Sanitizer|runtime error|Assertion' "$STACK_LOG"/*.log | head -n 60)"
tap_end
