#!/usr/bin/env bash
# How a link to MySQL's own server is made, over a socket and over TCP. How it is lost: tests/integration/test_mysql.c.
set -u
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/build-aux/stack.sh"

dir=$FRONTROW_BUILD/tests/links.stack

forget()
{
    [[ ${STACK_KEEP:-no} == yes ]] || rm -rf "$dir"
}

start()
{
    rm -rf "$dir"
    port=$(stack_free_port) && stack_open "$dir" && stack_programs "$FRONTROW_BUILD" && stack_start_mariadb "$port" &&
        stack_start_redis && stack_configure && stack_prepare
}

# Nothing is known of the password yet after a start, so the library has to send it: over TLS, or with the server's key.
first_sign_in_over_tcp()
{
    stack_sql -e "FLUSH PRIVILEGES"
    stack_configure 'mysql.host="127.0.0.1"' "mysql.port=$port" && stack_ctl check
}

stack_guard forget
if ! start >/dev/null; then
    echo "Bail out! MySQL did not start"
    exit 1
fi
like "this is MySQL's own server" '^[89]\.[0-9]+\.[0-9]+' "$(stack_sql -NBe 'SELECT VERSION()')"
is "with its own way of signing in" caching_sha2_password \
    "$(stack_sql -NBe "SELECT plugin FROM mysql.user WHERE user = 'frontrow'")"
try "the first sign-in over a socket" stack_ctl check
try "the first sign-in over TCP" first_sign_in_over_tcp
try "migrations know that they were applied" frontrowctl -c "$STACK_OWNER_CONF" migrate --dry-run
tap_end
