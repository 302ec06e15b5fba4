# shellcheck shell=bash
#
# A private stack on one machine: MariaDB, Redis, nginx and Frontrow under one directory, on unix sockets and loopback.
# To be sourced by bash scripts: quickstart, the tests and the bench.
#
#   . build-aux/stack.sh
#   stack_open DIR                          take the directory; end what a killed run left in it
#   stack_guard [FUNCTION]                  stop everything on any way out of this script, then call FUNCTION
#   stack_start_mariadb [PORT]              a port only when asked for one
#   stack_start_redis [PORT]                STACK_REDIS_FILE=yes keeps the data over a restart
#   stack_programs DIR                      where frontrow-web and the others were built; else they come from PATH
#   stack_configure [SECTION.NAME=VALUE]…   write $STACK_CONF, overriding defaults
#   stack_prepare                           secret, migrations
#   stack_start_frontrow                    all pools, gate, relay, consumer
#   stack_start_nginx PORT [NAME=VALUE]…    NAME as in nginx/defaults
#   stack_wait_ready                        until /readyz says so
#   stack_sql, stack_redis_cli, stack_ctl   clients, with the stack's own addresses filled in
#   stack_stop, stack_stop_one NAME, stack_kill NAME [SIGNAL], stack_alive NAME, stack_free_port
#
# STACK_DATABASE=FILE puts another server in MariaDB's place: tests/mysql/server.sh.
#
# Every function returns 0, or says on standard error what went wrong and returns 1. Programs are started from this very
# shell (never in a subshell), so that it can wait for them and so that they end when it is killed.

STACK_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
STACK_POOLS=(fast money sign_in office)
STACK_START_S=${STACK_START_S:-60}     # how long a program may take to become ready
STACK_STOP_S=${STACK_STOP_S:-15}       # and to end, before it is killed; more than web.drain_ms
# MariaDB's redo log. Small is quick to make, and enough where few pay; at a thousand payments a second it is full every
# five seconds (docs/decisions/0063).
STACK_REDO=${STACK_REDO:-32M}
declare -A STACK_PID=()                # name → process id (and process group) of what this shell started
STACK_ORDER=()                         # names in the order of their start

# STACK_MIDLINE=yes: the caller has begun a line on standard error.
stack_say()
{
    [[ -z ${STACK_MIDLINE:-} ]] || printf '\n' >&2
    STACK_MIDLINE=
    printf '%s\n' "$*" >&2
}

# ---- the directory ---------------------------------------------------------------------------------------------------

stack_open()
{
    mkdir -p "$1" || return 1
    STACK_DIR=$(cd "$1" && pwd)
    STACK_LOG=$STACK_DIR/log
    STACK_CONF=$STACK_DIR/etc/frontrow.conf
    STACK_OWNER_CONF=$STACK_DIR/etc/frontrow-owner.conf
    STACK_PORT=
    (umask 077 && mkdir -p "$STACK_DIR"/{log,data,etc,nginx}) || return 1
    stack_open_run && stack_end_leftovers
}

# A unix socket's path has at most 107 characters. Under a long directory the sockets live in /tmp, behind a link.
stack_open_run()
{
    STACK_RUN=$STACK_DIR/run
    if ((${#STACK_RUN} > 85)); then
        if [[ ! -L $STACK_RUN || ! -O $STACK_RUN/. ]]; then
            rm -rf "$STACK_RUN"
            ln -s "$(mktemp -d /tmp/frontrow.XXXXXXXX)" "$STACK_RUN" || return 1
        fi
        STACK_RUN=$(readlink "$STACK_RUN")
    fi
    (umask 077 && mkdir -p "$STACK_RUN")
}

# A run that was killed with -9 may have left programs behind. They are ours if their group is in our pid files and they
# work under our directory; a number alone may long belong to somebody else.
stack_end_leftovers()
{
    local file group pid
    for file in "$STACK_RUN"/*.pid; do
        [[ -s $file ]] || continue
        group=$(<"$file")
        [[ $group =~ ^[0-9]+$ ]] || continue
        for pid in $(stack_group_members "$group"); do
            [[ $(readlink "/proc/$pid/cwd") == "$STACK_DIR"* ]] || continue
            stack_say "ending a left-over process: $(basename "$file" .pid) ($pid)"
            kill -TERM "$pid" 2>/dev/null || true
            stack_poll "$STACK_STOP_S" stack_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
        done
        rm -f "$file"
    done
    return 0
}

# Field 5 of /proc/PID/stat is the process group; the name before it may hold spaces and brackets. Zombies do not count.
stack_group_members()
{
    local file stat
    for file in /proc/[0-9]*/stat; do
        { stat=$(<"$file"); } 2>/dev/null || continue
        # shellcheck disable=SC2086
        set -- "$1" ${stat##*) }
        [[ $2 != Z && $4 == "$1" ]] && printf '%s\n' "${stat%% *}"
    done
    return 0
}

stack_gone()
{
    ! kill -0 "$1" 2>/dev/null
}

# ---- waiting ---------------------------------------------------------------------------------------------------------

# stack_poll SECONDS COMMAND…: until the command succeeds.
stack_poll()
{
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.02
    done
}

# stack_wait NAME COMMAND…: until NAME is ready, or its time is up, or it died.
stack_wait()
{
    local name=$1 deadline=$((SECONDS + STACK_START_S))
    shift
    until "$@" >/dev/null 2>&1; do
        if ! stack_alive "$name"; then
            stack_complain "$name" "ended while starting"
            return 1
        fi
        if ((SECONDS >= deadline)); then
            stack_complain "$name" "was not ready after $STACK_START_S s"
            return 1
        fi
        sleep 0.02
    done
}

# Say what happened to a program, with the last words of its log since it started.
stack_complain()
{
    local name=$1 log=$STACK_LOG/$1.log
    stack_say "$name $2; the end of $log:"
    tac "$log" 2>/dev/null | sed '/^--- .* started$/q' | head -n 15 | tac | sed 's/^/    /' >&2
}

stack_free_port()
{
    local port
    # Below the range from which the kernel takes the ports of outgoing connections.
    for _ in {1..200}; do
        port=$((20000 + RANDOM % 10000))
        if stack_port_free "$port"; then
            printf '%s\n' "$port"
            return 0
        fi
    done
    stack_say "found no free port"
    return 1
}

stack_port_free()
{
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# ---- processes -------------------------------------------------------------------------------------------------------

# stack_start NAME COMMAND…: in a session of its own, so that Ctrl-C reaches this shell alone and we stop things in
# order; told to end by the kernel when this shell dies without a chance to do so. Descriptor 9 is for the caller's own
# lock, which no child may keep.
stack_start()
{
    local name=$1
    shift
    if stack_alive "$name"; then
        stack_say "$name is running already"
        return 1
    fi
    printf -- '--- %(%F %T)T started\n' -1 >>"$STACK_LOG/$name.log"
    (cd "$STACK_RUN" && exec setsid setpriv --pdeathsig TERM -- "$@") \
        </dev/null >>"$STACK_LOG/$name.log" 2>&1 9>&- &
    STACK_PID[$name]=$!
    STACK_ORDER+=("$name")
    printf '%s\n' "$!" >"$STACK_RUN/$name.pid"
}

stack_alive()
{
    [[ -n ${STACK_PID[$1]:-} ]] && kill -0 "${STACK_PID[$1]}" 2>/dev/null
}

# Send a signal to the program itself; its children are its own business.
stack_kill()
{
    kill -"${2:-KILL}" "${STACK_PID[$1]:-none}" 2>/dev/null
}

# Wait for what was told to end, then make sure that nothing of its group is left.
stack_reap()
{
    local name=$1 pid=${STACK_PID[$1]:-} other left=()
    [[ -n $pid ]] || return 0
    if ! stack_poll "$STACK_STOP_S" stack_gone "$pid"; then
        stack_say "$name did not end in $STACK_STOP_S s and is killed"
        kill -KILL -- "-$pid" 2>/dev/null || true
    fi
    wait "$pid" 2>/dev/null || true
    kill -KILL -- "-$pid" 2>/dev/null || true
    rm -f "$STACK_RUN/$name.pid"
    unset "STACK_PID[$name]"
    for other in "${STACK_ORDER[@]}"; do
        [[ $other == "$name" ]] || left+=("$other")
    done
    STACK_ORDER=("${left[@]}")
}

# nginx and the workers let their requests finish, the servers write what they hold.
stack_tell_to_end()
{
    local signal=TERM
    [[ $1 != nginx ]] || signal=QUIT
    stack_kill "$1" "$signal" || true
}

stack_stop_one()
{
    stack_tell_to_end "$1"
    stack_reap "$1"
}

# First the door, then those who work, then what they work on.
stack_stop()
{
    local name
    stack_stop_one nginx
    for name in "${STACK_ORDER[@]}"; do
        [[ $name =~ ^(mariadb|redis|kafka)$ ]] || stack_tell_to_end "$name"
    done
    for name in "${STACK_ORDER[@]}"; do
        [[ $name =~ ^(mariadb|redis|kafka)$ ]] || stack_reap "$name"
    done
    for name in kafka redis mariadb; do
        stack_stop_one "$name"
    done
}

# A signal becomes an exit, and every exit stops the stack. A second Ctrl-C does not interrupt the stopping.
stack_guard()
{
    STACK_AT_EXIT=${1:-:}
    trap 'stack_on_exit $?' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    trap ':' PIPE
}

stack_on_exit()
{
    trap '' INT TERM HUP
    set +e
    [[ -z ${STACK_TASK:-} ]] || kill -TERM -- "-$STACK_TASK" 2>/dev/null
    stack_stop
    # The link to a short path for the sockets (stack_open_run).
    [[ -z ${STACK_DIR:-} || ! -L $STACK_DIR/run ]] || rm -rf "$STACK_RUN" "$STACK_DIR/run"
    "$STACK_AT_EXIT"
    exit "$1"
}

# Run something long so that a signal is heard at once; bash would else wait for its end first.
stack_run()
{
    local status
    setsid "$@" &
    STACK_TASK=$!
    wait "$STACK_TASK" && status=0 || status=$?
    STACK_TASK=
    return "$status"
}

# ---- MariaDB ---------------------------------------------------------------------------------------------------------

# shellcheck disable=SC2120
stack_start_mariadb()
{
    local port=${1:-} network=(--skip-networking) user
    user=$(id -un)
    [[ -z $port ]] || network=(--bind-address=127.0.0.1 --port="$port")
    stack_make_database "$user" || return 1
    # A temporary directory of its own: servers that start delete what is left of temporary tables in theirs.
    mkdir -p "$STACK_DIR/data/tmp"
    # As small as it goes, but as careful with a commit as in production.
    stack_start mariadb "$(stack_sbin mariadbd)" --no-defaults --user="$user" --datadir="$STACK_DIR/data/mariadb" \
        --socket="$STACK_RUN/mariadb.sock" --pid-file="$STACK_RUN/mariadb.server.pid" "${network[@]}" \
        --tmpdir="$STACK_DIR/data/tmp" \
        --transaction-isolation=READ-COMMITTED --innodb-flush-log-at-trx-commit=1 --innodb-lock-wait-timeout=2 \
        --innodb-buffer-pool-size=64M --innodb-log-file-size="$STACK_REDO" --aria-pagecache-buffer-size=8M --key-buffer-size=1M \
        --max-connections=250 --performance-schema=OFF --skip-log-bin --skip-name-resolve \
        --character-set-server=utf8mb4 --collation-server=utf8mb4_bin --default-time-zone=+00:00 || return 1
    stack_wait mariadb stack_sql -e 'SELECT 1'
}

# Made beside its place and moved there, so that an interrupted first start leaves nothing half done.
stack_make_database()
{
    local data=$STACK_DIR/data/mariadb
    [[ ! -d $data ]] || return 0
    rm -rf "$data.new"
    if ! mariadb-install-db --no-defaults --user="$1" --datadir="$data.new" --innodb-log-file-size="$STACK_REDO" \
        --auth-root-authentication-method=socket --auth-root-socket-user="$1" \
        --skip-test-db --skip-name-resolve >"$STACK_LOG/mariadb-install.log" 2>&1; then
        stack_complain mariadb-install "failed"
        return 1
    fi
    mv "$data.new" "$data"
}

# The administrator's client: the socket knows the operating system's user.
# shellcheck disable=SC2120
stack_sql()
{
    mariadb --no-defaults --socket="$STACK_RUN/mariadb.sock" --user="$(id -un)" --connect-timeout=2 \
        --default-character-set=utf8mb4 "$@"
}

# The server may do without the right to change tables, so it does: one user for migrations, one for all the rest, and
# who has the password of one has not that of the other.
stack_make_database_users()
{
    local password owner_password
    password=$(stack_password mysql) && owner_password=$(stack_password mysql-owner) || return 1
    # shellcheck disable=SC2119
    stack_sql <<SQL
CREATE DATABASE IF NOT EXISTS frontrow CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER IF NOT EXISTS frontrow@localhost, frontrow_owner@localhost;
ALTER USER frontrow@localhost IDENTIFIED BY '$password';
ALTER USER frontrow_owner@localhost IDENTIFIED BY '$owner_password';
GRANT SELECT, INSERT, UPDATE, DELETE ON frontrow.* TO frontrow@localhost;
GRANT ALL ON frontrow.* TO frontrow_owner@localhost;
SQL
}

# A password of our own making, the same at every start.
stack_password()
{
    local file=$STACK_DIR/etc/$1.password
    if [[ ! -s $file ]]; then
        (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$file") || return 1
    fi
    cat "$file"
}

# Debian keeps servers where an ordinary user's PATH does not look.
stack_sbin()
{
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "$1" || printf '%s\n' "$1"
}

# ---- Redis -----------------------------------------------------------------------------------------------------------

# shellcheck disable=SC2120
stack_start_redis()
{
    local server
    server=$(stack_redis_server) || return 1
    mkdir -p "$STACK_DIR/data/redis"
    stack_start redis "$server" --bind 127.0.0.1 --port "${1:-0}" --unixsocket "$STACK_RUN/redis.sock" \
        --unixsocketperm 600 --dir "$STACK_DIR/data/redis" --daemonize no --save '' \
        --appendonly "${STACK_REDIS_FILE:-no}" --maxmemory 512mb --maxmemory-policy noeviction || return 1
    stack_wait redis stack_redis_ready
}

# Debian's redis-tools has the whole server under another name, and no system service with it.
stack_redis_server()
{
    local tool
    command -v redis-server && return 0
    if ! tool=$(command -v redis-check-rdb); then
        stack_say "redis-server is not installed"
        return 1
    fi
    ln -sf "$tool" "$STACK_RUN/redis-server" && printf '%s\n' "$STACK_RUN/redis-server"
}

stack_redis_ready()
{
    [[ $(stack_redis_cli PING) == PONG ]]
}

stack_redis_cli()
{
    redis-cli -s "$STACK_RUN/redis.sock" "$@"
}

# ---- Frontrow --------------------------------------------------------------------------------------------------------

stack_programs()
{
    local program
    PATH=$(cd "$1" && pwd):$PATH
    for program in frontrow-web frontrow-gate frontrow-relay frontrow-consumer frontrowctl; do
        if ! command -v "$program" >/dev/null; then
            stack_say "$program was not built in $1"
            return 1
        fi
    done
}

# Only what differs from the defaults; what is given comes last and wins.
stack_configure()
{
    local password owner_password pair
    declare -gA STACK_OPTION
    password=$(stack_password mysql) && owner_password=$(stack_password mysql-owner) || return 1
    for pair in "run.dir=\"$STACK_RUN\"" "secret.file=\"$STACK_DIR/etc/frontrow.secret\"" \
        "mysql.socket=\"$STACK_RUN/mariadb.sock\"" \
        "redis.socket=\"$STACK_RUN/redis.sock\"" "$@"; do
        if [[ ! $pair =~ ^[a-z_]+\.[a-z_.]+=. ]]; then
            stack_say "stack_configure: expected SECTION.NAME=VALUE, got: $pair"
            return 1
        fi
        STACK_OPTION[${pair%%=*}]=${pair#*=}
    done
    (umask 077 && stack_print_configuration frontrow "$password" >"$STACK_CONF" &&
        stack_print_configuration frontrow_owner "$owner_password" >"$STACK_OWNER_CONF")
}

stack_print_configuration()
{
    local name section='' option
    STACK_OPTION[mysql.user]="\"$1\""
    STACK_OPTION[mysql.password]="\"$2\""
    printf '# Written at every start; etc/frontrow.conf of the sources says what each option is for.\n'
    while IFS= read -r name; do
        option=${name#*.}
        if [[ ${name%%.*} != "$section" ]]; then
            [[ -z $section ]] || printf '}\n'
            section=${name%%.*}
            printf '%s {\n' "$section"
        fi
        printf '    %s = %s\n' "$option" "${STACK_OPTION[$name]}"
    done < <(printf '%s\n' "${!STACK_OPTION[@]}" | LC_ALL=C sort)
    printf '}\n'
}

stack_ctl()
{
    frontrowctl -c "$STACK_CONF" "$@"
}

# What a new directory needs before anything can start. Safe to repeat.
stack_prepare()
{
    local secret=$STACK_DIR/etc/frontrow.secret
    if [[ ! -s $secret ]]; then
        (umask 077 && frontrowctl secret new >"$secret.new" && mv "$secret.new" "$secret") || return 1
    fi
    stack_make_database_users && frontrowctl -c "$STACK_OWNER_CONF" migrate
}

stack_start_frontrow()
{
    local pool name
    for pool in "${STACK_POOLS[@]}"; do
        stack_start_program "web-$pool" || return 1
    done
    for name in gate relay consumer; do
        stack_start_program "$name" || return 1
    done
    for pool in "${STACK_POOLS[@]}"; do
        stack_wait "web-$pool" test -S "$STACK_RUN/web-$pool.sock" || return 1
    done
}

# web-fast … web-office, gate, relay, consumer. A socket that a killed worker left would look like a ready one.
stack_start_program()
{
    case $1 in
    web-*)
        rm -f "$STACK_RUN/$1.sock"
        stack_start "$1" frontrow-web -c "$STACK_CONF" --pool "${1#web-}"
        ;;
    *) stack_start "$1" "frontrow-$1" -c "$STACK_CONF" ;;
    esac
}

# ---- nginx -----------------------------------------------------------------------------------------------------------

# The clients of a private stack all have one address, so the limits for an address do not count 127.0.0.1. They do
# count 127.0.0.2 and the rest: `curl --interface 127.0.0.2` meets them.
stack_start_nginx()
{
    local conf=$STACK_DIR/nginx user='' descriptors values nginx pool
    STACK_PORT=$1
    shift
    nginx=$(stack_sbin nginx)
    ((EUID != 0)) || user='user root;'
    descriptors=$(ulimit -Hn)
    [[ $descriptors != unlimited ]] || descriptors=65536
    ulimit -n "$descriptors" 2>/dev/null || true
    values=(CONF_DIR="$conf" RUN_DIR="$STACK_RUN" CACHE_DIR="$STACK_DIR/nginx/cache" LOG_DIR="$STACK_LOG"
        UI_DIR="$STACK_ROOT/ui" DOCS_DIR="$STACK_ROOT/docs" PORT="$STACK_PORT" USER="$user"
        CONNECTIONS=$((descriptors / 3 < 8192 ? descriptors / 3 : 8192)) UNLIMITED='127.0.0.1/32 0;')
    for pool in "${STACK_POOLS[@]}"; do
        values+=("${pool^^}=unix:$STACK_RUN/web-$pool.sock")
    done
    # What was kept may be older than the data.
    rm -rf "$STACK_DIR/nginx/cache"
    mkdir -p "$STACK_DIR/nginx/cache"
    "$STACK_ROOT/nginx/render" "$conf" "${values[@]}" "$@" || return 1
    if ! stack_port_free "$STACK_PORT"; then
        stack_say "port $STACK_PORT is taken by another program"
        return 1
    fi
    stack_start nginx "$nginx" -p "$STACK_DIR" -e "$STACK_LOG/nginx.log" -c "$conf/nginx.conf"
    stack_wait nginx curl -s -o /dev/null --max-time 1 "http://127.0.0.1:$STACK_PORT/"
}

stack_url()
{
    printf 'http://127.0.0.1:%s\n' "$STACK_PORT"
}

stack_wait_ready()
{
    stack_wait nginx curl -sf -o /dev/null --max-time 5 "$(stack_url)/readyz" && return 0
    stack_say "/readyz says: $(curl -s --max-time 5 "$(stack_url)/readyz")"
    return 1
}

# shellcheck source=/dev/null
[[ -z ${STACK_DATABASE:-} ]] || . "$STACK_DATABASE"
