#!/usr/bin/env bash
# What looks for mistakes without running anything: cppcheck; with --all clang-tidy and gcc's analyzer too, which take
# longer than a check should. Each finding that is passed over is named, with the reason, here or in .clang-tidy.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
. "$FRONTROW_SRC/tests/tap.sh"
cd "$FRONTROW_SRC" || exit 1

# internalAstError would mean that a file was not looked at, so must(), at which cppcheck gives up, is a plain name.
# danglingLifetime: a change lies on its maker's stack and points to itself; it is over when change_make() returns.
cppcheck_all()
{
    local said
    said=$(cppcheck --quiet --std=c11 -j "$(nproc)" --enable=warning,performance,portability -I src \
        --suppress=danglingLifetime:src/domain/{cancellation,payment,points}.c \
        -I "$FRONTROW_BUILD/src" -U must --template='{file}:{line}: {message} [{id}]' \
        src "$FRONTROW_BUILD"/src/store/*.c 2>&1)
    [[ -z $said ]] || printf '%s\n' "$said"
    [[ -z $said ]]
}

flags()
{
    printf -- '-std=gnu11\n-D_GNU_SOURCE\n-DVERSION="0"\n-Isrc\n-I%s\n' "$FRONTROW_BUILD/src"
    pkg-config --cflags fcgi libmariadb hiredis json-c talloc libsodium libconfuse rdkafka libcurl | tr -s ' ' '\n'
}

clang_tidy_all()
{
    local tidy
    tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || return 1
    printf '%s\0' src/*/*.c | xargs -0 -n 1 -P "$(nproc)" -I{} "$tidy" --quiet {} -- "${FLAGS[@]}" 2>/dev/null
}

# What a thread or epoll takes over looks leaked to it (src/http/edge.c); LeakSanitizer sees the real ones.
gcc_all()
{
    printf '%s\0' src/*/*.c | xargs -0 -n 1 -P "$(nproc)" gcc "${FLAGS[@]}" -O1 -Werror -fanalyzer \
        -Wno-analyzer-malloc-leak -c -o /dev/null
}

mapfile -t FLAGS < <(flags | grep .)
try "cppcheck finds nothing" cppcheck_all
if [[ ${1:-} == --all ]]; then
    try "clang-tidy finds nothing" clang_tidy_all
    try "gcc -fanalyzer finds nothing" gcc_all
fi
tap_end
