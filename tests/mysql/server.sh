# shellcheck shell=bash
#
# MySQL's own server in MariaDB's place: build-aux/stack.sh reads this file when STACK_DATABASE names it. The server
# keeps MariaDB's name and socket there, so nothing else in a stack needs to know.
#
# Only sizes are set here. Isolation, SQL mode, time zone, character set and binary log stay MySQL's own, so that a test
# which passes by the grace of a setting fails.

MYSQL_ROOT=${FRONTROW_MYSQL:-$STACK_ROOT/var/mysql}/root
MYSQL_LOADER=$(printf '%s\n' "$MYSQL_ROOT"/usr/lib/*/ld-linux*.so.* | head -n 1)
MYSQL_LIBRARIES=${MYSQL_LOADER%/*}

# Its libc is newer than this machine's, so its own loader has to start it.
mysql_server()
{
    printf '%s\n' "$MYSQL_LOADER" --library-path "$MYSQL_LIBRARIES" "$MYSQL_ROOT/usr/sbin/mysqld" --no-defaults \
        --user="$(id -un)" --basedir="$MYSQL_ROOT/usr" --lc-messages-dir="$MYSQL_ROOT/usr/share/mysql" \
        --plugin-dir="$MYSQL_ROOT/usr/lib/mysql/plugin" --secure-file-priv=NULL --innodb-redo-log-capacity=64M
}

# shellcheck disable=SC2120
stack_start_mariadb()
{
    local port=${1:-} network=(--skip-networking) server
    [[ -z $port ]] || network=(--bind-address=127.0.0.1 --port="$port")
    mapfile -t server < <(mysql_server)
    stack_make_database "${server[@]}" || return 1
    mysql_administrator >"$STACK_DIR/etc/mysql.init"
    stack_start mariadb "${server[@]}" --datadir="$STACK_DIR/data/mysql" --init-file="$STACK_DIR/etc/mysql.init" \
        --socket="$STACK_RUN/mariadb.sock" --pid-file="$STACK_RUN/mariadb.server.pid" --mysqlx=OFF "${network[@]}" \
        --innodb-buffer-pool-size=64M --max-connections=250 --performance-schema=OFF || return 1
    stack_wait mariadb stack_sql -e 'SELECT 1'
}

stack_make_database()
{
    local data=$STACK_DIR/data/mysql
    [[ ! -d $data ]] || return 0
    rm -rf "$data.new"
    mkdir -p "${data%/*}"
    if ! "$@" --datadir="$data.new" --initialize-insecure >"$STACK_LOG/mysql-install.log" 2>&1; then
        stack_complain mysql-install "failed"
        return 1
    fi
    mv "$data.new" "$data"
}

# MariaDB knows the operating system's user by the socket; here an account without a password behind a private folder
# does the same.
mysql_administrator()
{
    printf "CREATE USER IF NOT EXISTS '%s'@localhost;\n" "$(id -un)"
    printf "GRANT ALL ON *.* TO '%s'@localhost WITH GRANT OPTION;\n" "$(id -un)"
}
