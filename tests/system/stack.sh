# shellcheck shell=bash
# All of Frontrow for a system test, as quickstart starts it but in a folder of the test's own.
#
#   system_start DIR [SECTION.NAME=VALUE]…   start it, with the demo's data; says where it is in the variables below
#   system_describe                          set and export the variables that the tests read
#
# Exported: FRONTROW_URL, FRONTROW_DIR (etc/, log/ and run/ are in it), FRONTROW_RUN (sockets and process numbers).

. "$FRONTROW_SRC/build-aux/stack.sh"

system_start()
{
    local dir=$1 port
    shift
    rm -rf "$dir"
    # shellcheck disable=SC2119
    stack_open "$dir" && stack_programs "$FRONTROW_BUILD" && stack_start_mariadb && stack_start_redis &&
        stack_configure "$@" && stack_prepare >/dev/null && stack_ctl demo >/dev/null && stack_start_frontrow &&
        port=$(stack_free_port) && stack_start_nginx "$port" && stack_wait_ready || return 1
    system_describe
}

system_describe()
{
    FRONTROW_URL=$(stack_url)
    export FRONTROW_URL FRONTROW_DIR=$STACK_DIR FRONTROW_RUN=$STACK_RUN
}
