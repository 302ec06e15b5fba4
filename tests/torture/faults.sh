# shellcheck shell=bash
# What goes wrong. Each fault is a function fault_NAME with one or two words behind it; torture_faults lets each happen
# once, in an order that the seed decides, before one happens again.

torture_faults()
{
    local fault last round=0
    while true; do
        round=$((round + 1))
        while read -r fault <&3; do
            ((SECONDS - began < seconds)) || return 0
            [[ -z $only || $fault == "$only"* ]] || continue
            # shellcheck disable=SC2086
            happen $fault || return 1
            sleep "0.$((RANDOM % 10))"
            last=$fault
        done 3< <(shuffled < <(torture_list))
        [[ -n ${last:-} ]] || { say "there is no fault '$only'" && return 1; }
    done
}

torture_list()
{
    local name
    for name in web-fast web-money; do
        printf '%s\n' "kill $name" "kill-worker $name" "kill-worker $name" "pause-worker $name 2" "pause-worker $name 8"
    done
    for name in "${TORTURE_TWICE[@]}"; do
        printf '%s\n' "kill $name" "pause-worker $name 5"
    done
    printf '%s\n' "kill nginx" "kill web-office" "kill web-sign_in" "pause nginx 3" \
        "kill mariadb" "pause mariadb 2" "pause mariadb 7" "read-only 3" "few-connections 4" "locks 5" "slow-commits 4" \
        "cut-mariadb" "kill redis" "kill redis" "pause redis 3" "flush" "flush" "restart-redis-with-file" "full-redis 3" \
        "cut-redis" "hang-redis 2"
    for name in front fast money redis mariadb; do
        printf '%s\n' "way $name cut" "way $name hush 2" "way $name slow 100 3" "way $name lose 0.1 3"
    done
    printf '%s\n' "way redis refuse 2" "way mariadb refuse 2" "way front drop 0.1 3"
    printf '%s\n' "clock +40" "clock -40" "clock +90"
    [[ $disk == no ]] || printf '%s\n' "full-disk data 4" "full-disk log 4"
    [[ $bus == stream ]] || printf '%s\n' "kill kafka" "way kafka cut" "way kafka hush 2" "pause kafka 4"
    torture_list_points
}

# Bash seeds RANDOM anew in every subshell, so the order comes from elsewhere.
shuffled()
{
    LC_ALL=C awk -v seed="$((seed * 1000 + round))" 'BEGIN { srand(seed) } { printf "%.9f %s\n", rand(), $0 }' |
        LC_ALL=C sort | cut -d' ' -f2-
}

happen()
{
    local name=$1 from=$EPOCHREALTIME
    say "$(printf '%4d s' $((SECONDS - began)))  $*"
    fault_"${name//-/_}" "${@:2}" || return 1
    printf '{"fault":"%s","from":%s,"to":%s}\n' "$*" "$from" "$EPOCHREALTIME" >>"$dir/faults.jsonl"
}

# ---- processes --------------------------------------------------------------------------------------------------------

fault_kill()
{
    stack_kill "$1"
    stack_reap "$1" 2>/dev/null # bash's own word on a death adds nothing
    sleep "0.$((RANDOM % 10))"
    torture_again "$1"
}

# One process of a group, by a random number; its parent starts another.
one_of_group()
{
    local members dice=$2
    mapfile -t members < <(stack_group_members "${STACK_PID[$1]}" | grep -vx "${STACK_PID[$1]}")
    ((${#members[@]} > 0)) || members=("${STACK_PID[$1]}")
    printf '%s\n' "${members[dice % ${#members[@]}]}"
}

fault_kill_worker()
{
    kill -KILL "$(one_of_group "$1" "$RANDOM")"
}

# Longer than the lease of a lock is one kind, longer than MySQL's patience another.
fault_pause_worker()
{
    local pid
    pid=$(one_of_group "$1" "$RANDOM")
    kill -STOP "$pid" && sleep "$2"
    kill -CONT "$pid" 2>/dev/null
    return 0
}

fault_pause()
{
    kill -STOP -- "-${STACK_PID[$1]}" && sleep "$2"
    kill -CONT -- "-${STACK_PID[$1]}"
}

fault_way()
{
    printf '%s\n' "${*:2}" >"$dir/way.$1"
}

# ---- MariaDB ----------------------------------------------------------------------------------------------------------

end_connections()
{
    local id
    for id in $(stack_sql -Ne "SELECT id FROM information_schema.processlist WHERE user = 'frontrow'"); do
        stack_sql -e "KILL $id" 2>/dev/null
    done
    return 0
}

fault_cut_mariadb()
{
    end_connections
}

fault_read_only()
{
    stack_sql -e 'SET GLOBAL read_only = 1' && sleep "$1"
    fault_mariadb_well
}

# All in one session: another might not get in to undo it.
fault_few_connections()
{
    end_connections
    stack_sql -e "SET GLOBAL max_connections = 12; SELECT SLEEP($1); SET GLOBAL max_connections = 250" >/dev/null
}

fault_mariadb_well()
{
    stack_sql -e 'SET GLOBAL read_only = 0; SET GLOBAL max_connections = 250'
}

# Somebody else has rows that payments want, in the other order.
fault_locks()
{
    local end=$((SECONDS + $1))
    while ((SECONDS < end)); do
        stack_sql frontrow -e "START TRANSACTION;
            SELECT COUNT(*) FROM (SELECT reservation_id FROM reservation ORDER BY RAND() LIMIT 8 FOR UPDATE) AS some;
            SELECT SLEEP(0.05);
            SELECT COUNT(*) FROM (SELECT points FROM account WHERE account_id % 3 = 1 FOR UPDATE) AS some;
            SELECT SLEEP(0.$((RANDOM % 10)));
            ROLLBACK" >/dev/null 2>&1
    done
    return 0
}

# Stopped and woken ten times a second, every commit takes a while.
fault_slow_commits()
{
    local end=$((SECONDS + $1))
    while ((SECONDS < end)); do
        stack_kill mariadb STOP && sleep 0.1
        stack_kill mariadb CONT && sleep 0.03
    done
}

# ---- Redis ------------------------------------------------------------------------------------------------------------

fault_flush()
{
    stack_redis_cli flushall >/dev/null
}

fault_cut_redis()
{
    stack_redis_cli client kill type normal >/dev/null
    stack_redis_cli client kill type pubsub >/dev/null
}

fault_hang_redis()
{
    stack_redis_cli client pause "$1""000" ALL >/dev/null
}

fault_full_redis()
{
    stack_redis_cli config set maxmemory 1mb >/dev/null && sleep "$1"
    fault_redis_well
}

fault_redis_well()
{
    stack_redis_cli config set maxmemory 512mb >/dev/null
}

# It keeps a file now, comes back with what is in it, and then keeps none again.
fault_restart_redis_with_file()
{
    stack_redis_cli bgsave >/dev/null
    sleep 1.5
    stack_kill redis
    stack_reap redis 2>/dev/null
    torture_start_redis
}

fault_clock()
{
    printf '%s\n' "$(($(<"$dir/clock") + $1))" >"$dir/clock.new"
    mv "$dir/clock.new" "$dir/clock"
    sleep 1
}

# ---- the disk ---------------------------------------------------------------------------------------------------------

fault_full_disk()
{
    dd if=/dev/zero of="$dir/$1/filling" bs=64k status=none 2>/dev/null
    sleep "$2"
    fault_disk_free
}

fault_disk_free()
{
    rm -f "$dir/data/filling" "$dir/log/filling"
}

# ---- fail points ------------------------------------------------------------------------------------------------------

# Every fail point there is, each in one of three ways; nothing happens in a build without them.
torture_list_points()
{
    local name which=$((seed + round))
    has_fail_points || return 0
    while read -r name; do
        which=$((which + 1))
        case $((which % 3)) in
        0) printf '%s\n' "point $name die 0 0.02 2" ;;
        1) printf '%s\n' "point $name hang 700 0.2 2" ;;
        2) printf '%s\n' "point $name fail 0 0.2 2" ;;
        esac
    done < <(grep -rhoE 'fail_point\("[a-z_.]+"\)' "$FRONTROW_SRC/src" | grep -oE '[a-z_]+\.[a-z_]+' | sort)
    printf '%s\n' stall-payments
}

has_fail_points()
{
    grep -q 'change\.locked' "$build/frontrow-web"
}

fault_point()
{
    printf '%s\n' "${*:1:4}" >"$dir/fail_points"
    sleep "$5"
    : >"$dir/fail_points"
    torture_revive
}

# Payments stand still with their seats claimed; Redis forgets them; others are let in ten seconds later, hold the same
# seats and pay, before those that stood still go on.
fault_stall_payments()
{
    printf '%s\n' "pay.claimed hang 14000 0.8" >"$dir/fail_points"
    sleep 2
    : >"$dir/fail_points"
    stack_redis_cli flushall >/dev/null
    sleep 13
}
