#!/usr/bin/env bash
# One noun keeps one name all the way, and every list knows all of its members.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
. "$FRONTROW_SRC/tests/tap.sh"
cd "$FRONTROW_SRC" || exit 1

# store/lua/seat_holds_place.lua runs from seat_holds_place() in store/seat_holds.c, or from a function whose name
# begins like that of its file.
scripts_without_function()
{
    local file name upper
    for file in src/store/lua/[!_]*.lua; do
        name=$(basename "$file" .lua)
        upper=${name^^}
        grep -rqE "\bSCRIPT_$upper\b" src/store --include='*.c' || printf '%s: nothing runs it\n' "$file"
        [[ $(head -n 1 "$file") =~ ^--\ [A-Z] ]] || printf '%s: does not begin with what it does\n' "$file"
    done
}

parts_without_user()
{
    local file name
    for file in src/store/lua/_*.lua; do
        name=$(basename "$file" .lua)
        grep -qxE -- "-- include: ${name#_}" src/store/lua/[!_]*.lua || printf '%s: nothing includes it\n' "$file"
    done
}

statements_without_user()
{
    local name
    while IFS= read -r name; do
        grep -rqE "\bSQL_${name^^}\b" src --include='*.c' || printf 'statement %s: nothing runs it\n' "$name"
    done < <(sed -n 's/^-- name: //p' sql/query/*.sql)
}

outcomes_nobody_ends_with()
{
    local name
    while IFS= read -r name; do
        grep -rqE "\bOUTCOME_$name\b" src/domain src/store src/http/{dispatch,route,access,body,api_*}.c ||
            printf 'outcome %s: nothing ends with it\n' "$name"
    done < <(sed -n 's/^OUTCOME(\([A-Z_]*\),.*/\1/p' src/base/outcome.def)
}

options_nobody_reads()
{
    local section name
    while read -r section name; do
        grep -rqE "(->|\.)${section}_$name\b" src --include='*.c' ||
            printf 'option %s.%s: nothing reads it\n' "$section" "$name"
    done < <(sed -nE 's/^(TEXT|NUMBER|FLAG)\((\w+), (\w+),.*/\2 \3/p' src/base/config.def)
}

counters_nobody_adds_to()
{
    local name
    while IFS= read -r name; do
        grep -rqE "\bCOUNTER_$name\b" src --include='*.c' || printf 'counter %s: nothing adds to it\n' "$name"
    done < <(sed -nE 's/^COUNTER\((\w+),.*/\1/p' src/base/counters.def)
}

handlers_without_route()
{
    local name
    for name in $(sed -n '/^handler /,/;/p' src/http/handlers.h | grep -oE '\b(get|post|patch|delete)_\w+'); do
        grep -qE "\b$name \}" src/http/routes.c || printf 'handler %s: no route has it\n' "$name"
    done
}

tests_not_listed()
{
    local file
    for file in tests/unit/test_*.c tests/integration/test_*.c; do
        grep -qE "^[[:space:]]${file%.c}( |\$)" tests/tests.am || printf '%s is not in tests/tests.am\n' "$file"
    done
    for file in tests/style/*.sh tests/build/*.sh; do
        grep -qE "^[[:space:]]$file( |\$)" tests/tests.am || printf '%s is not in tests/tests.am\n' "$file"
    done
}

# A test that is defined but not in the list of its program would never run; the compiler does not say so.
tests_not_run()
{
    local file name
    for file in tests/unit/test_*.c tests/integration/test_*.c; do
        while IFS= read -r name; do
            [[ $(grep -cw "$name" "$file") -gt 1 ]] || printf '%s: %s is not run\n' "$file" "$name"
        done < <(sed -nE 's/^static void (\w+)\(void \*\*state\)$/\1/p' "$file")
    done
}

headers_without_guard()
{
    local file guard
    while IFS= read -r file; do
        guard=FRONTROW_${file#src/}
        guard=$(tr 'a-z/.' 'A-Z__' <<<"$guard")
        grep -qx "#ifndef $guard" "$file" || printf '%s: its guard is not %s\n' "$file" "$guard"
    done < <(find src -name '*.h')
}

is "every script has a user and says what it does" "" "$(scripts_without_function)"
is "every part of a script has a user" "" "$(parts_without_user)"
is "every statement has a user" "" "$(statements_without_user)"
is "every outcome can happen" "" "$(outcomes_nobody_ends_with)"
is "every option is read" "" "$(options_nobody_reads)"
is "every counter counts" "" "$(counters_nobody_adds_to)"
is "every handler has a route" "" "$(handlers_without_route)"
is "every test is listed" "" "$(tests_not_listed)"
is "every test is run" "" "$(tests_not_run)"
is "every header has its guard" "" "$(headers_without_guard)"
is "sources.am is what build-aux/sources.sh says" "" "$(diff <(build-aux/sources.sh) sources.am)"
tap_end
