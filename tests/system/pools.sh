#!/usr/bin/env bash
# nginx sends every route to the pool that its row names: a worker that gets another's answers 421.
set -u
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/tests/system/http.sh"

log=$FRONTROW_DIR/log/frontrow-access.log
declare -A expected=()

# Which pool nginx chose is in its access log, which it writes with a delay.
# Each process of nginx writes when it likes, so the last line does not say that the others are there.
all_are_logged()
{
    local id
    for id in "${!expected[@]}"; do
        grep -qF "\"request_id\":\"$id\"" "$log" || return 1
    done
}

while read -r method path pool _; do
    for spelling in '' '?x=1' '?x=/queue'; do
        url=${path//\{\}/7}$spelling
        ask "$method" "/$([[ $path == /api/v1/* ]] || echo "$url")" # below //
        [[ $path != /api/v1/* ]] || ask "$method" "${url#/api/v1}"
        id=$(header X-Request-Id)
        expected[$id]="$pool $method $url"
        [[ $STATUS != 421 ]] || not_ok "$method $url is answered by its pool" "421 Misdirected"
        [[ $STATUS != 50? ]] || not_ok "$method $url is answered" "$STATUS $BODY"
    done
done < <("$FRONTROW_BUILD/frontrow-web" --routes)

try "the access log has every request" poll 10 all_are_logged
for id in "${!expected[@]}"; do
    read -r pool what <<<"${expected[$id]}"
    line=$(grep -F "\"request_id\":\"$id\"" "$log")
    is "$what goes to $pool" "$pool" "$(jq -r .pool <<<"$line")"
done

# Nothing that is only like a route leaves the pool for unknown paths.
for path in /accountsx /sessions/other/current /pointsx /concerts/1/2/layout /operatorx '/concerts%2F1' //concerts/1/seats; do
    ask GET "$path"
    is "$path is unknown" "404 not_found" "$STATUS $(field .code)"
done
for path in '/../healthz' '/concerts/../../../healthz' '/concerts/./1'; do
    ask GET "$path"
    like "$path is not another's path" '^(400|404)$' "$STATUS"
done
is "no worker was asked for another's route" "" "$(grep -h wrong_pool "$FRONTROW_DIR"/log/web-*.log)"
tap_end
