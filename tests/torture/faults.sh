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

# Longer than any lease, and than the holds of the small hall.
LONG_S=12

torture_list()
{
    local name
    for name in web-fast web-money; do
        printf '%s\n' "kill-worker $name" "kill-worker $name" "pause-worker $name 2" "pause-worker $name $LONG_S"
    done
    printf '%s\n' "kill-worker web-sign_in" "kill-worker web-office" "kill-worker nginx" "pause-worker nginx $LONG_S"
    for name in "${STACK_POOLS[@]/#/web-}" "${TORTURE_TWICE[@]}" nginx; do
        printf '%s\n' "kill $name" "pause-meanwhile $name $LONG_S"
    done
    printf '%s\n' "kill mariadb" "pause mariadb 2" "pause mariadb $LONG_S" "read-only 3" "few-connections 4" "locks 5" \
        "slow-commits 4" "cut-mariadb" "kill redis" "kill redis" "pause redis 3" "pause redis $LONG_S" "flush" "flush" \
        "restart-redis-with-file" "full-redis 3" "cut-redis" "hang-redis 2" "stall-gates 20 5"
    for name in front redis mariadb "${TORTURE_POOL_WAYS[@]}" "${TORTURE_BACK_WAYS[@]}"; do
        printf '%s\n' "way $name cut" "way $name hush 2" "way $name slow 100 3" "way $name lose 0.1 3" "way $name refuse 2"
    done
    printf '%s\n' "way front drop 0.1 3" "clock +40" "clock -40" "clock +90" "full-disk data 4" "full-disk log 4"
    [[ $bus == stream ]] || torture_list_kafka
    ! has_fail_points || torture_list_points
}

torture_list_kafka()
{
    printf '%s\n' "kill kafka" "pause kafka 4" "pause kafka $LONG_S" "way kafka cut" "way kafka hush 2" \
        "way kafka slow 100 3" "way kafka lose 0.1 3" "way kafka refuse 2"
}

# What cannot be done in this run, and why.
torture_left_out()
{
    [[ $bus != stream ]] || torture_list_kafka | sed 's/$/: the bus is Redis (--kafka)/'
    has_fail_points || torture_list_points | sed 's/$/: the build has no fail points/'
}

# What happened, and what did not.
torture_account()
{
    local happened left
    happened=$(sed -E 's/^.*"fault":"([^"]*)".*$/\1/' "$dir/faults.jsonl" 2>/dev/null | sort -u)
    left=$(torture_list | sort -u | comm -23 - <(printf '%s\n' "$happened"))
    printf '%d kinds of faults happened' "$(grep -c . <<<"$happened")"
    [[ -n $only ]] || printf ', %d not in this time' "$(grep -c . <<<"$left")"
    printf '; %d cannot be done here\n' "$(torture_left_out | wc -l)"
    torture_left_out | sed 's/^/left out: /'
    # In a short run they are most.
    [[ -z $left || -n $only || $(wc -l <<<"$left") -gt 40 ]] || printf '%s\n' "$left" | paste -sd, | sed 's/,/, /g; s/^/not in this time: /'
    torture_struck
    torture_met
}

# Whether programs came by the fail points that were set: each says so in its log.
torture_struck()
{
    local struck missed
    struck=$(grep -haoE 'fail_point name=[a-z_.]+ action=[a-z]+' "$STACK_LOG"/*.log | sort | uniq -c | awk '{
        sub("name=", "", $3); sub("action=", "", $4); printf "%s%s %s %d", (NR > 1 ? ", " : ""), $3, $4, $1 }')
    [[ -z $struck ]] || printf 'fail points that struck: %s\n' "$struck"
    missed=$(sed -nE 's/^.*"fault":"point ([a-z_.]+ [a-z]+) .*$/\1/p' "$dir/faults.jsonl" 2>/dev/null | sort -u |
        while read -r point; do [[ ", $struck" == *", $point "* ]] || printf '%s\n' "$point"; done)
    [[ -z $missed ]] || printf '%s\n' "$missed" | paste -sd, | sed 's/,/, /g; s/^/fail points that nobody came by: /'
}

# Whether the servers refused what they were meant to refuse: what our programs logged of it.
torture_met()
{
    local what pattern met=("${deadlocks:-0} deadlocks")
    while IFS='|' read -r what pattern; do
        met+=("$(cat "$STACK_LOG"/{web,gate,relay,consumer}*.log | grep -cE "$pattern") $what")
    done <<'KINDS'
writes while read-only|mysql_.* error=1290
times too many connections|mysql_.* error=1040
times no room on MariaDB's disk|mysql_.* error=(1021|1026|1030|1114|3)\b
times no memory in Redis|redis_.*OOM command
times no script or command in time|redis_lost .*temporarily unavailable
links to MariaDB lost|mysql_.* error=(2006|2013)
links to Redis cut|redis_lost .*(reset by peer|closed the connection)
KINDS
    printf '%s\n' "${met[@]}" | paste -sd, | sed 's/,/, /g; s/^/what the programs met: /'
}

# Bash seeds RANDOM anew in every subshell, so the order comes from elsewhere.
shuffled()
{
    LC_ALL=C awk -v seed="$((seed * 1000 + round))" 'BEGIN { srand(seed) } { printf "%.9f %s\n", rand(), $0 }' |
        LC_ALL=C sort | cut -d' ' -f2-
}

happen()
{
    local name=$1 from=$EPOCHREALTIME to
    lasts=0
    say "$(printf '%4d s' $((SECONDS - began)))  $*"
    fault_"${name//-/_}" "${@:2}" || return 1
    to=$EPOCHREALTIME
    printf '{"fault":"%s","from":%s,"to":%d.%s}\n' "$*" "$from" $((${to%.*} + lasts)) "${to#*.}" >>"$dir/faults.jsonl"
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

# It stands still while other things happen.
fault_pause_meanwhile()
{
    local group=${STACK_PID[$1]}
    lasts=$2
    kill -STOP -- "-$group" || return 1
    { sleep "$2" && kill -CONT -- "-$group" 2>/dev/null; } &
}

fault_way()
{
    [[ $# -lt 3 ]] || lasts=${*: -1}
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

deadlocks_so_far()
{
    stack_sql -Ne "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'" | cut -f2
}

# Somebody else has rows that payments want, in the other order.
fault_locks()
{
    local end=$((SECONDS + $1)) before
    before=$(deadlocks_so_far)
    while ((SECONDS < end)); do
        stack_sql frontrow -e "START TRANSACTION;
            SELECT COUNT(*) FROM (SELECT reservation_id FROM reservation ORDER BY RAND() LIMIT 8 FOR UPDATE) AS some;
            SELECT SLEEP(0.05);
            SELECT COUNT(*) FROM (SELECT points FROM account WHERE account_id % 3 = 1 FOR UPDATE) AS some;
            SELECT SLEEP(0.$((RANDOM % 10)));
            ROLLBACK" >/dev/null 2>&1
    done
    deadlocks=$((${deadlocks:-0} + $(deadlocks_so_far) - before))
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
    if [[ $disk == own ]]; then
        dd if=/dev/zero of="$dir/$1/filling" bs=64k status=none 2>/dev/null
    else
        printf '%s' "$dir/$1" >"$dir/full.new" && mv "$dir/full.new" "$dir/full"
    fi
    sleep "$2"
    fault_disk_free
}

fault_disk_free()
{
    rm -f "$dir/data/filling" "$dir/log/filling" "$dir/full"
}

# ---- fail points ------------------------------------------------------------------------------------------------------

# Every fail point there is, in each way.
torture_list_points()
{
    local name
    while read -r name; do
        printf '%s\n' "point $name die 0 0.1 1" "point $name hang 700 0.2 1" "point $name fail 0 0.2 1"
    done < <(grep -rhoE 'fail_point\("[a-z_.]+"\)' "$FRONTROW_SRC/src" | grep -oE '[a-z_]+\.[a-z_]+' | sort)
    printf '%s\n' stall-payments
}

has_fail_points()
{
    grep -q 'change\.locked' "$build/frontrow-web"
}

struck_so_far()
{
    cat "$STACK_LOG"/*.log | grep -cF "fail_point name=$1 action=$2"
}

# For as long as the last word says, and then until somebody has come by, but not for ever.
fault_point()
{
    local before patience=20
    before=$(struck_so_far "$1" "$2")
    printf '%s\n' "${*:1:4}" >"$dir/fail_points"
    {
        sleep "$5"
        while (($(struck_so_far "$1" "$2") <= before && patience-- > 0)); do
            sleep 0.2
        done
    } 2>/dev/null # bash's own word on a death adds nothing
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
    sleep 3
    # Fans have twenty seconds to come back, which is longer than a payment stands still.
    local key
    for key in $(stack_redis_cli --scan --pattern 'gate:{c*}'); do
        stack_redis_cli hincrby "$key" since -10000 >/dev/null
    done
    sleep 10
}

# Neither gate goes on for so long, which in a short run is until some seconds after the opening; then there is time to
# draw.
fault_stall_gates()
{
    stack_kill gate1 STOP && stack_kill gate2 STOP && sleep "$1"
    stack_kill gate1 CONT && stack_kill gate2 CONT && sleep "$2"
}
