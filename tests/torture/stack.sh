# shellcheck shell=bash
# All of Frontrow twice (two gates, relays and consumers), with a way that can be made bad between any two.
#
#   torture_begin            start it
#   torture_watch            start what looks at Redis from the side
#   torture_again NAME       start again what died
#   torture_heal             end what still ails, and start again what is not there (torture_revive)
#   torture_logs             what must not be in the logs
#
# The ways: "front" (fans to nginx), "fast", "money", "sign_in" and "office" (nginx to workers), "redis" and "mariadb"
# (workers to them), "gate-redis" and so on (the others to them, two of a kind share one), "webhook", "kafka".

TORTURE_TWICE=(gate1 gate2 relay1 relay2 consumer1 consumer2)
TORTURE_POOL_WAYS=("${STACK_POOLS[@]}")
TORTURE_BACK_WAYS=({gate,relay,consumer}-{redis,mariadb} webhook)
declare -A way_port=() way_to=()

torture_begin()
{
    torture_unmount
    rm -rf "$dir"
    # shellcheck disable=SC2119
    stack_open "$dir" && stack_programs "$build" && torture_disks || return 1
    cc -shared -fPIC -O -o "$STACK_RUN/clock.so" "$here/clock.c" && torture_open_ways || return 1
    # shellcheck disable=SC2119
    stack_start_mariadb && torture_start_redis && torture_configure || return 1
    stack_prepare >/dev/null && stack_ctl demo >/dev/null 2>"$STACK_LOG/demo.log" || return 1
    torture_start_frontrow && torture_start_nginx && stack_wait_ready && system_describe || return 1
    export FRONTROW_URL=http://127.0.0.1:${way_port[front]}
}

torture_open_ways()
{
    local name pool port
    torture_port && STACK_PORT=$port || return 1
    way_to=([front]=$STACK_PORT)
    torture_port && way_to[webhook]=$port || return 1
    for pool in "${STACK_POOLS[@]}"; do
        way_to[$pool]=$STACK_RUN/web-$pool.sock
    done
    for name in {,gate-,relay-,consumer-}{redis,mariadb}; do
        way_to[$name]=$STACK_RUN/${name##*-}.sock
    done
    torture_ways front && torture_ways "${TORTURE_POOL_WAYS[@]}" && torture_ways redis mariadb &&
        torture_ways "${TORTURE_BACK_WAYS[@]}"
}

# A free port that is not spoken for; sets port.
torture_port()
{
    for _ in {1..50}; do
        port=$(stack_free_port) || return 1
        [[ " ${way_to[*]} ${way_port[*]} " == *" $port "* ]] || return 0
    done
    return 1
}

# One process keeps the ways that are named.
torture_ways()
{
    local name port words=()
    for name in "$@"; do
        torture_port || return 1
        way_port[$name]=$port
        words+=("$dir/way.$name" "${way_port[$name]}" "${way_to[$name]}")
    done
    stack_start "ways-$1" python3 "$here/proxy.py" "${words[@]}" || return 1
    stack_wait "ways-$1" grep -q '^open' "$STACK_LOG/ways-$1.log"
}

torture_configure()
{
    local kind options=(redis.socket='""' redis.port="${way_port[redis]}" mysql.host='"127.0.0.1"'
        mysql.port="${way_port[mariadb]}" web.fast_threads=16 web.money_processes=2
        points.lock_lease_ms=6000 points.lock_wait_ms=1500 gate.sync_ms=3000
        events.bus="\"$bus\"" events.attempts_max=1000 events.confirm_ms=3000
        events.webhook_url="\"http://127.0.0.1:${way_port[webhook]}/events\"")
    stack_start receiver python3 "$FRONTROW_SRC/tests/proof/receiver.py" "${way_to[webhook]}" "$dir/received.jsonl" || return 1
    stack_poll 20 torture_port_taken "${way_to[webhook]}" && stack_alive receiver || return 1
    if [[ $bus == kafka ]]; then
        torture_start_kafka || return 1
        options+=("kafka.bootstrap.servers=\"$STACK_KAFKA_ADVERTISED\"")
    fi
    stack_configure "${options[@]}" || return 1
    for kind in gate relay consumer; do
        (umask 077 && sed -e "s/ = ${way_port[redis]}\$/ = ${way_port[$kind-redis]}/" \
            -e "s/ = ${way_port[mariadb]}\$/ = ${way_port[$kind-mariadb]}/" "$STACK_CONF" >"$dir/etc/$kind.conf") || return 1
    done
}

# The broker tells its clients where it is, which must be the way: so the way's port is known before the broker's.
torture_start_kafka()
{
    local port
    torture_port && way_to[kafka]=$port STACK_KAFKA_PORT=$port && torture_ways kafka || return 1
    STACK_KAFKA_ADVERTISED=127.0.0.1:${way_port[kafka]}
    # shellcheck disable=SC2119
    stack_start_kafka
}

torture_port_taken()
{
    ! stack_port_free "$1"
}

torture_start_frontrow()
{
    local name
    export FRONTROW_FAIL_POINTS=$dir/fail_points
    for name in "${STACK_POOLS[@]/#/web-}" "${TORTURE_TWICE[@]}"; do
        torture_start_program "$name" || return 1
    done
}

torture_start_program()
{
    case $1 in
    web-*)
        stack_start_program "$1" && stack_wait "$1" test -S "$STACK_RUN/$1.sock"
        ;;
    *) stack_start "$1" "frontrow-${1%[12]}" -c "$dir/etc/${1%[12]}.conf" ;;
    esac
}

torture_start_nginx()
{
    local pool pools=()
    for pool in "${TORTURE_POOL_WAYS[@]}"; do
        pools+=("${pool^^}=127.0.0.1:${way_port[$pool]}")
    done
    stack_start_nginx "$STACK_PORT" "${pools[@]}"
}

# Redis sees a clock that can jump.
torture_start_redis()
{
    [[ -s $dir/clock ]] || printf '0\n' >"$dir/clock"
    # shellcheck disable=SC2119
    LD_PRELOAD="$STACK_RUN/clock.so ${LD_PRELOAD:-}" TORTURE_CLOCK=$dir/clock stack_start_redis
}

torture_watch()
{
    stack_start watch python3 "$here/watch.py" "$STACK_RUN" "$dir/watch.jsonl"
}

torture_again()
{
    # shellcheck disable=SC2119
    case $1 in
    mariadb) stack_start_mariadb ;;
    redis) rm -f "$dir/data/redis/dump.rdb" && torture_start_redis ;;
    kafka) stack_start_kafka ;;
    nginx) torture_start_nginx ;;
    *) torture_start_program "$1" ;;
    esac
}

# ---- the disk ---------------------------------------------------------------------------------------------------------

# MariaDB's data and all logs on small disks of their own, which can be filled up; where nobody may mount one, programs
# are told that no file may grow there.
torture_disks()
{
    mkdir -p "$dir/data" "$dir/log"
    disk=own
    mount -t tmpfs -o size=400m,mode=0700 frontrow-torture "$dir/data" 2>/dev/null &&
        mount -t tmpfs -o size=200m,mode=0700 frontrow-torture "$dir/log" 2>/dev/null && return 0
    disk=told
    say "no disk can be mounted here; programs are told instead that theirs is full"
    cc -shared -fPIC -O -o "$STACK_RUN/disk.so" "$here/disk.c" || return 1
    # AddressSanitizer wants to be the first that is loaded.
    export LD_PRELOAD=$STACK_RUN/disk.so TORTURE_FULL=$dir/full ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
}

torture_unmount()
{
    local place
    for place in "$dir/data" "$dir/log"; do
        ! mountpoint -q "$place" || umount "$place" || umount -l "$place"
    done
}

# ---- afterwards -------------------------------------------------------------------------------------------------------

torture_heal()
{
    : >"$dir/fail_points"
    fault_disk_free
    torture_wake
    torture_revive && fault_redis_well && fault_mariadb_well
}

# What still stands still, goes on.
torture_wake()
{
    local name
    for name in "${STACK_ORDER[@]}"; do
        kill -CONT -- "-${STACK_PID[$name]}" 2>/dev/null
    done
    return 0
}

# Who has nobody above to say how it died leaves that in its log, for torture_logs.
torture_note_death()
{
    local status=0
    wait "${STACK_PID[$1]:-}" || status=$?
    ((status <= 128)) || printf 'process_died name=%s signal=%s \n' "$1" $((status - 128)) >>"$STACK_LOG/$1.log"
}

torture_revive()
{
    local name
    for name in mariadb redis kafka "${STACK_POOLS[@]/#/web-}" "${TORTURE_TWICE[@]}" nginx; do
        [[ $name == kafka && $bus == stream ]] && continue
        stack_alive "$name" && continue
        torture_note_death "$name" 2>/dev/null # bash's own word on a death adds nothing
        stack_reap "$name" 2>/dev/null
        torture_again "$name" || return 1
    done
}

# A worker may die by a fail point's hand alone; nobody may find a fault in itself.
torture_logs()
{
    local found
    found=$(grep -hE -A 10 'Sanitizer|runtime error|Assertion|panic|signal=(4|6|7|8|11) ' "$STACK_LOG"/{web,gate,relay,consumer}*.log |
        head -n 40)
    [[ -z $found ]] || { printf 'wrong: a program found a fault in itself\n%s\n' "$found" && return 1; }
}
