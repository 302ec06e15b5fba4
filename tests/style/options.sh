#!/usr/bin/env bash
# etc/frontrow.conf shows every option, with its default.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
. "$FRONTROW_SRC/tests/tap.sh"

conf=$FRONTROW_SRC/etc/frontrow.conf
shown=$(mktemp) && trap 'rm -f "$shown"' EXIT

read_by()
{
    "$FRONTROW_BUILD/frontrow-web" -t -c "$1"
}

# "section.name" of every line of the file that sets something.
named_in()
{
    awk '/^[ \t]*#/ { next }
         { line = $0; sub(/[ \t]#.*/, "", line) }
         match(line, /^[ \t]*[a-z_]+[ \t]*\{/) { section = line; gsub(/[ \t{].*|^[ \t]+/, "", section) }
         { rest = line; sub(/^[^{]*\{/, "", rest)
           while (match(rest, /[a-z_.]+[ \t]*=/)) {
               name = substr(rest, RSTART, RLENGTH); sub(/[ \t]*=/, "", name); print section "." name
               rest = substr(rest, RSTART + RLENGTH); sub(/^[ \t]*("[^"]*"|[^ \t}]*)/, "", rest) } }' "$conf" |
        grep -v '^kafka\.' | LC_ALL=C sort
}

listed()
{
    sed -nE 's/^(TEXT|NUMBER|FLAG|CHOICE)\((\w+), (\w+),.*/\2.\3/p' "$FRONTROW_SRC/src/base/config.def" | LC_ALL=C sort
}

if [[ ! -f $conf ]]; then
    not_ok "etc/frontrow.conf is there"
    tap_end
    exit
fi
try "etc/frontrow.conf can be read" read_by "$conf"
is "it shows every option of config.def and no other" "$(listed)" "$(named_in)"
is "it shows them with their defaults" "$(read_by /dev/null)" "$(read_by "$conf")"
is "no option stands twice" "" "$(named_in | uniq -d)"

sed 's/tick_ms/tick_sm/' "$conf" >"$shown"
like "a wrong name is refused with its line" 'config_wrong.*line=' "$(read_by "$shown" 2>&1)"
if read_by "$shown" >/dev/null 2>&1; then
    not_ok "a wrong name ends -t with failure"
else
    ok "a wrong name ends -t with failure"
fi
printf 'mysql { password = "geheim-4711" }\nredis { password = "geheim-4711" }\n' >"$shown"
is "passwords are not printed" "" "$(read_by "$shown" 2>&1 | grep geheim)"
tap_end
