#!/usr/bin/env bash
# The rooms of src/: who includes whom, who may name which library, what each program links. And the test of the test:
# every kind of break is made once in a copy and must be caught.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
. "$FRONTROW_SRC/tests/tap.sh"

declare -A MAY=(
    [base]="base"
    [store]="base store"
    [domain]="base store domain"
    [http]="base domain http"
    [events]="base store domain events"
    [daemon]="base store domain http events daemon"
    [ctl]="base store domain ctl"
)

# header of a library → the only rooms that may include it
declare -A ONLY_IN=(
    [mysql.h]="store" [errmsg.h]="store" [mysqld_error.h]="store"
    [hiredis]="store" [fcgiapp.h]="http" [fcgi_stdio.h]="" [librdkafka]="events" [curl]="events"
    [json-c]="base http domain events" [sodium.h]="base" [confuse.h]="base" [qrencode.h]="http"
)

# program → the rooms and libraries that it may link, as Makefile.am names them
declare -A LINKS=(
    [frontrow_web]="libdaemon.a libhttp.a libdomain.a STORE BASE FCGI_LIBS QRENCODE_LIBS"
    [frontrow_gate]="libdaemon.a libdomain.a STORE BASE"
    [frontrow_relay]="libdaemon.a libevents.a libdomain.a STORE BASE KAFKA_LIBS CURL_LIBS"
    [frontrow_consumer]="libdaemon.a libevents.a libdomain.a STORE BASE KAFKA_LIBS CURL_LIBS"
    [frontrowctl]="libdomain.a STORE BASE libevents.a KAFKA_LIBS CURL_LIBS"
)

wrong_includes()
{
    local room file line header other include='^([^:]+):.*(["<])([^">]+)[">]'
    for room in "${!MAY[@]}"; do
        while IFS= read -r line; do
            [[ $line =~ $include ]] || continue
            file=${BASH_REMATCH[1]} header=${BASH_REMATCH[3]}
            other=${header%%/*}
            if [[ ${BASH_REMATCH[2]} == '"' ]]; then
                [[ " ${MAY[$room]} " == *" $other "* ]] || printf '%s includes %s\n' "$file" "$header"
            elif [[ -v ONLY_IN[$other] && " ${ONLY_IN[$other]} " != *" $room "* ]]; then
                printf '%s includes %s\n' "$file" "$header"
            fi
        done < <(cd "$1" && grep -rE '^[[:space:]]*#[[:space:]]*include' --include='*.[ch]' "src/$room")
    done
}

# The words of a program's link line, with a reference to another program's line replaced by it.
link_words()
{
    local line
    line=$(sed -n "s/^$2_LDADD *= *//p" "$1/Makefile.am")
    if [[ $line =~ ^\$\(([a-z_]+)_LDADD\)$ ]]; then
        link_words "$1" "${BASH_REMATCH[1]}"
    else
        tr -d '$()' <<<"$line"
    fi
}

wrong_links()
{
    local program word words
    for program in "${!LINKS[@]}"; do
        words=$(link_words "$1" "$program")
        [[ -n $words ]] || printf '%s has no link line\n' "$program"
        for word in $words; do
            [[ " ${LINKS[$program]} " == *" $word "* ]] || printf '%s links %s\n' "$program" "$word"
        done
    done
    sed -n 's/^\([a-z_]*\)_LDADD *=.*/\1/p' "$1/Makefile.am" | while IFS= read -r program; do
        [[ -v LINKS[$program] ]] || printf '%s: nobody said what it may link\n' "$program"
    done
}

# What a built library asks of others must be had from the rooms that it may use, whatever was included or declared.
wrong_symbols()
{
    local room other
    for room in base store domain http events; do
        for other in base store domain http events; do
            [[ " ${MAY[$room]} " != *" $other "* ]] || continue
            LC_ALL=C comm -12 <(nm -u "$1/lib$room.a" 2>/dev/null | awk '$1 == "U" { print $2 }' | LC_ALL=C sort -u) \
                <(nm --defined-only -g "$1/lib$other.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | LC_ALL=C sort -u) |
                grep -v '^__' | sed "s/.*/lib$room.a needs & of lib$other.a/"
        done
    done
}

# caught WHAT CHECK FILE TEXT: with TEXT added to FILE of a copy, CHECK says something new.
caught()
{
    local before after
    before=$("$2" "$copy")
    cp "$copy/$3" "$copy/kept"
    printf '%s\n' "$4" >>"$copy/$3"
    after=$("$2" "$copy")
    mv "$copy/kept" "$copy/$3"
    if [[ $before != "$after" && -n $after ]]; then
        ok "caught: $1"
    else
        not_ok "caught: $1" "$after"
    fi
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$FRONTROW_SRC/src" "$FRONTROW_SRC/Makefile.am" "$copy"

is "includes go down, and libraries stay in their rooms" "" "$(wrong_includes "$FRONTROW_SRC")"
is "each program links what it may" "" "$(wrong_links "$FRONTROW_SRC")"
if [[ -f $FRONTROW_BUILD/libhttp.a ]]; then
    is "each library needs only rooms below it" "" "$(wrong_symbols "$FRONTROW_BUILD")"
else
    skip "each library needs only rooms below it" "nothing is built in $FRONTROW_BUILD"
fi

caught "store/ in http" wrong_includes src/http/api_seat.c '#include "store/seat_holds.h"'
caught "http/ in domain" wrong_includes src/domain/seat.c '# include "http/request.h"'
caught "domain/ in store" wrong_includes src/store/concerts.c '#include "domain/seat.h"'
caught "events/ in http" wrong_includes src/http/api_seat.c '#include "events/bus.h"'
caught "store/ in base" wrong_includes src/base/text.h '#include "store/store.h"'
caught "mysql.h in domain" wrong_includes src/domain/seat.c '#include <mysql.h>'
caught "hiredis in http" wrong_includes src/http/edge.c '#include <hiredis/hiredis.h>'
caught "fcgiapp.h in domain" wrong_includes src/domain/seat.h '#include <fcgiapp.h>'
caught "rdkafka.h in store" wrong_includes src/store/outbox.c '#include <librdkafka/rdkafka.h>'
caught "curl in domain" wrong_includes src/domain/seat.c '#include <curl/curl.h>'

sed -i 's/^frontrow_web_LDADD = .*/& $(KAFKA_LIBS)/' "$copy/Makefile.am"
like "caught: Kafka linked into frontrow-web" 'frontrow_web links KAFKA_LIBS' "$(wrong_links "$copy")"
sed -i 's/^frontrow_gate_LDADD = .*/& libhttp.a/' "$copy/Makefile.am"
like "caught: libhttp.a linked into frontrow-gate" 'frontrow_gate links libhttp.a' "$(wrong_links "$copy")"

printf 'int seat_hold(void); int base_new(void); int base_new(void) { return seat_hold(); }\n' >"$copy/up.c"
printf 'int seat_hold(void); int seat_hold(void) { return 0; }\n' >"$copy/down.c"
if (cd "$copy" && cc -c up.c down.c && ar rc libbase.a up.o && ar rc libdomain.a down.o) 2>/dev/null; then
    like "caught: libbase.a needs a function of libdomain.a" 'libbase.a needs seat_hold' "$(wrong_symbols "$copy")"
else
    skip "caught: libbase.a needs a function of libdomain.a" "there is no compiler"
fi
tap_end
