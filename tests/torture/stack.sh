# shellcheck shell=bash
# All of Frontrow twice (two gates, relays and consumers), with a way that can be made bad between any two.
#
#   torture_begin            start it
#   torture_watch            start what looks at Redis from the side
#   torture_again NAME       start again what died
#   torture_heal             end what still ails, and start again what is not there (torture_revive)
#   torture_logs             what must not be in the logs
#
# The ways: "front" (fans to nginx), "fast" and "money" (nginx to workers), "redis" and "mariadb" (all to them).

TORTURE_TWICE=(gate1 gate2 relay1 relay2 consumer1 consumer2)
declare -A way_port=()

torture_begin()
{
    local name
    torture_unmount
    rm -rf "$dir"
    # shellcheck disable=SC2119
    stack_open "$dir" && stack_programs "$build" && torture_mount || return 1
    cc -shared -fPIC -O -o "$STACK_RUN/clock.so" "$here/clock.c" || return 1
    for name in front fast money redis mariadb; do
        way_port[$name]=$(stack_free_port) || return 1
    done
    # shellcheck disable=SC2119
    stack_start_mariadb && torture_start_redis || return 1
    torture_way redis "$STACK_RUN/redis.sock" && torture_way mariadb "$STACK_RUN/mariadb.sock" || return 1
    torture_configure && stack_prepare >/dev/null && stack_ctl demo >/dev/null 2>"$STACK_LOG/demo.log" || return 1
    torture_start_frontrow && torture_start_nginx && stack_wait_ready && system_describe || return 1
    torture_way front "$STACK_PORT" || return 1
    export FRONTROW_URL=http://127.0.0.1:${way_port[front]}
}

torture_configure()
{
    local options=(redis.socket='""' redis.port="${way_port[redis]}" mysql.host='"127.0.0.1"'
        mysql.port="${way_port[mariadb]}" web.fast_threads=16 web.money_processes=2
        points.lock_lease_ms=6000 points.lock_wait_ms=1500 gate.sync_ms=3000
        events.bus="\"$bus\"" events.attempts_max=1000 events.confirm_ms=3000)
    webhook=$(stack_free_port)
    stack_start receiver python3 "$FRONTROW_SRC/tests/proof/receiver.py" "$webhook" "$dir/received.jsonl" || return 1
    options+=("events.webhook_url=\"http://127.0.0.1:$webhook/events\"")
    if [[ $bus == kafka ]]; then
        way_port[kafka]=$(stack_free_port)
        STACK_KAFKA_ADVERTISED=127.0.0.1:${way_port[kafka]}
        # shellcheck disable=SC2119
        stack_start_kafka && torture_way kafka "$STACK_KAFKA_PORT" || return 1
        options+=("kafka.bootstrap.servers=\"$STACK_KAFKA_ADVERTISED\"")
    fi
    stack_configure "${options[@]}"
}

torture_way()
{
    stack_start "way-$1" python3 "$here/proxy.py" "$dir/way.$1" "${way_port[$1]}" "$2" || return 1
    stack_wait "way-$1" grep -q '^open' "$STACK_LOG/way-$1.log"
}

torture_start_frontrow()
{
    local name
    export FRONTROW_FAIL_POINTS=$dir/fail_points
    for name in "${STACK_POOLS[@]/#/web-}" "${TORTURE_TWICE[@]}"; do
        torture_start_program "$name" || return 1
    done
    torture_way fast "$STACK_RUN/web-fast.sock" && torture_way money "$STACK_RUN/web-money.sock"
}

torture_start_program()
{
    case $1 in
    web-*)
        stack_start_program "$1" && stack_wait "$1" test -S "$STACK_RUN/$1.sock"
        ;;
    *) stack_start "$1" "frontrow-${1%[12]}" -c "$STACK_CONF" ;;
    esac
}

torture_start_nginx()
{
    stack_start_nginx "${STACK_PORT:-$(stack_free_port)}" FAST="127.0.0.1:${way_port[fast]}" \
        MONEY="127.0.0.1:${way_port[money]}"
}

# Redis sees a clock that can jump.
torture_start_redis()
{
    [[ -s $dir/clock ]] || printf '0\n' >"$dir/clock"
    # shellcheck disable=SC2119
    LD_PRELOAD=$STACK_RUN/clock.so TORTURE_CLOCK=$dir/clock stack_start_redis
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

# MariaDB's data and all logs on small disks of their own, which can be filled up. Needs the right to mount.
torture_mount()
{
    mkdir -p "$dir/data" "$dir/log"
    disk=no
    mount -t tmpfs -o size=400m,mode=0700 frontrow-torture "$dir/data" 2>/dev/null || return 0
    if mount -t tmpfs -o size=200m,mode=0700 frontrow-torture "$dir/log" 2>/dev/null; then
        disk=yes
    fi
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
    torture_revive && fault_redis_well && fault_mariadb_well
}

torture_revive()
{
    local name
    for name in mariadb redis kafka "${STACK_POOLS[@]/#/web-}" "${TORTURE_TWICE[@]}" nginx; do
        [[ $name == kafka && $bus == stream ]] && continue
        stack_alive "$name" && continue
        stack_reap "$name" 2>/dev/null # bash's own word on a death adds nothing
        torture_again "$name" || return 1
    done
}

# A worker may die by a fail point's hand alone; nobody may find a fault in itself.
torture_logs()
{
    local found
    found=$(grep -hE -A 10 'Sanitizer|runtime error|Assertion|panic|signal=(4|6|7|8|11)' "$STACK_LOG"/{web,gate,relay,consumer}*.log |
        head -n 40)
    [[ -z $found ]] || { printf 'wrong: a program found a fault in itself\n%s\n' "$found" && return 1; }
}
