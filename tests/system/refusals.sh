#!/usr/bin/env bash
# One sad story for every code of the API: the status, the code, the words in both languages, and nothing changed.
# "unavailable" is told by resilience.sh, which takes MariaDB and Redis away.
set -u
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/tests/system/http.sh"

fan=fan11@demo.test
other=fan12@demo.test
rich='{"grades": [{"grade": "R", "price": 100000000}]}'
told=()
at_rest=

# The words of a code in outcome.def, in English or Korean.
title_of()
{
    sed -n "s/^OUTCOME([A-Z_]*, \"$1\", \"\(.*\)\", \"\(.*\)\")\$/\\$([[ $2 == en ]] && echo 1 || echo 2)/p" \
        "$FRONTROW_SRC/src/base/outcome.def"
}

# refused CODE STATUS WHO METHOD PATH [CURL-OPTION]…: WHO is an account, or nobody.
refused()
{
    local code=$1 status=$2 who=$3 language before after
    shift 3
    [[ $who == nobody || -v TOKEN[$who] ]] || sign_in "$who"
    told+=("$code")
    before=$(facts)
    # When it is as the last refusal left it, nothing is on its way.
    if [[ $before != "$at_rest" ]]; then
        settled
        before=$(facts)
    fi
    for language in en ko; do
        if [[ $who == nobody ]]; then
            ask "$@" -H "Accept-Language: $language"
        else
            as "$who" "$@" -H "Accept-Language: $language"
        fi
        is "$code ($language): the status and the code" "$status $code" "$STATUS $(field .code)"
        is "$code ($language): the title" "$(title_of "$code" "$language")" "$(field .title)"
        is "$code ($language): all else a problem has" \
            "application/problem+json $status /docs#$code $(header X-Request-Id) true" \
            "$(header Content-Type) $(field .status) $(field .type) $(field .request_id) $(field '(.detail | length) > 0')"
        is "$code ($language): it is not to be kept" no-store "$(header Cache-Control)"
    done
    after=$(facts)
    at_rest=$after
    is "$code: nothing changed" "" "$(diff <(echo "$before") <(echo "$after"))"
}

# What was refused last says in MEMBER.
says()
{
    is "$1: $2" "$4" "$(field "$3")"
}

retry_is_told()
{
    like "$1: Retry-After says when to come back" '^[1-9][0-9]*$' "$(header Retry-After)"
    is "$1: retry_after_ms says the same" "$(header Retry-After)" "$(field '(.retry_after_ms + 999) / 1000 | floor')"
}

# buy FAN CONCERT SEAT: sets NUMBER.
buy()
{
    in_queue "$1" "$2" || return 1
    as "$1" POST "/concerts/$2/holds" "${JSON[@]}" -d "{\"seats\":[$3]}"
    NUMBER=$(field '.holds[0].reservation_number')
    as "$1" POST /payments "${JSON[@]}" -H "$(key)" -d "{\"reservation_numbers\":[\"$NUMBER\"]}"
    [[ $STATUS == 201 ]]
}

# The first to be signed in brings the list of those who signed out into Redis.
as "$fan" GET /account
is "(a fan is signed in)" 200 "$STATUS"

# ---- what cannot be read -------------------------------------------------------------------------------------------

refused bad_json 400 "$fan" POST /points/charges "${JSON[@]}" -H "$(key)" -d '{"amount":'
refused bad_json 400 "$fan" POST /points/charges "${JSON[@]}" -H "$(key)" -d '{"amount":"5"}'
says bad_json "it names the member" .field amount
refused bad_value 422 "$fan" POST /points/charges "${JSON[@]}" -H "$(key)" -d '{"amount":-5}'
says bad_value "it names the member" .field amount
head -c 16385 /dev/zero | tr '\0' ' ' >"$http_dir/big"
refused body_too_large 413 "$fan" POST /points/charges "${JSON[@]}" -H "$(key)" --data-binary "@$http_dir/big"
refused not_found 404 nobody GET /concerts/999999999
refused not_found 404 nobody GET /nothing/of/this/name
refused method_not_allowed 405 nobody PUT /concerts
like "method_not_allowed: Allow says which there are" 'GET' "$(header Allow)"

# ---- who may -------------------------------------------------------------------------------------------------------

refused not_signed_in 401 nobody GET /account
like "not_signed_in: it says how to sign in" '^Bearer' "$(header WWW-Authenticate)"
refused not_signed_in 401 nobody POST /payments "${JSON[@]}" -H 'Authorization: Bearer forged' -H "$(key)" -d '{}'
refused not_allowed 403 "$fan" POST /operator/concerts "${JSON[@]}" -d '{}'
refused cross_site 403 nobody POST /points/charges "${JSON[@]}" -H "$(key)" -d '{"amount":5}' \
    -H "Cookie: frontrow_session=${TOKEN[$fan]}" -H 'Origin: https://evil.example' -H 'Sec-Fetch-Site: cross-site'
refused wrong_credentials 401 nobody POST /sessions "${JSON[@]}" -d '{"email":"fan13@demo.test","password":"wrong"}'
refused email_taken 409 nobody POST /accounts "${JSON[@]}" \
    -d '{"email":"FAN1@demo.test","password":"long-enough","name":"Not fan 1"}'

for _ in {1..10}; do
    ask POST /sessions "${JSON[@]}" -d '{"email":"guessed-'$$'@demo.test","password":"wrong"}'
done
is "ten wrong passwords are called wrong" "401 wrong_credentials" "$STATUS $(field .code)"
refused too_many_requests 429 nobody POST /sessions "${JSON[@]}" -d '{"email":"guessed-'$$'@demo.test","password":"wrong"}'
retry_is_told too_many_requests

# ---- asked again ---------------------------------------------------------------------------------------------------

refused key_missing 400 "$fan" POST /points/charges "${JSON[@]}" -d '{"amount":5}'
again=$(key)
as "$fan" POST /points/charges "${JSON[@]}" -H "$again" -d '{"amount":5}'
refused key_reused 422 "$fan" POST /points/charges "${JSON[@]}" -H "$again" -d '{"amount":6}'

as "$fan" GET /account
account=$(field .account_id)
mkfifo "$http_dir/writer"
mariadb --no-defaults --socket="$FRONTROW_RUN/mariadb.sock" --user="$(id -un)" frontrow <"$http_dir/writer" &
writer=$!
exec 7>"$http_dir/writer"
echo "BEGIN; INSERT INTO idempotency (account_id, idempotency_key, fingerprint, answer, created_at)
    VALUES ($account, 'still-running', REPEAT('x', 32), '{}', UTC_TIMESTAMP(3)); DO GET_LOCK('written', 0);" >&7
is_written()
{
    [[ $(sql "SELECT IS_USED_LOCK('written') IS NOT NULL") == 1 ]]
}
try "(another request is writing the same key)" poll 10 is_written
refused key_running 409 "$fan" POST /points/charges "${JSON[@]}" -H 'Idempotency-Key: still-running' -d '{"amount":5}'
retry_is_told key_running
echo "ROLLBACK;" >&7
exec 7>&-
wait "$writer"

redis HSET "user$account" somebody:1 1 >/dev/null
redis PEXPIRE "user$account" 60000 >/dev/null
refused busy 409 "$fan" POST /points/charges "${JSON[@]}" -H "$(key)" -d '{"amount":5}'
retry_is_told busy
redis DEL "user$account" >/dev/null

# ---- the queue -----------------------------------------------------------------------------------------------------

new_concert '{"opens_at": "2030-01-01T00:00:00.000Z"}'
as "$fan" POST "/concerts/$CONCERT/queue"
is "(before the opening fans gather)" "201 waiting" "$STATUS $(field .state)"
refused not_open_yet 403 "$fan" POST "/concerts/$CONCERT/holds" "${JSON[@]}" -d '{"seats":[1]}'

new_concert
closed=$CONCERT
as operator@demo.test POST "/operator/concerts/$closed/queue/close"
is "(the operator closes a queue)" 200 "$STATUS"
refused closed 403 "$fan" POST "/concerts/$closed/queue"

new_concert '{"sections": [{"section": "A", "grade": "R", "rows": 1, "seats_per_row": 1}]}'
try "(the only seat is sold)" buy "$other" "$CONCERT" 1
sold=$CONCERT
refused sold_out 409 "$fan" POST "/concerts/$CONCERT/queue"

# ---- seats ---------------------------------------------------------------------------------------------------------

new_concert
hall=$CONCERT
as operator@demo.test GET "/concerts/$hall"
date=$(field '.date | gsub("-"; "")')
refused not_admitted 403 "$fan" POST "/concerts/$hall/holds" "${JSON[@]}" -d '{"seats":[1]}'
try "(one is admitted)" in_queue "$fan" "$hall"
try "(and another)" in_queue "$other" "$hall"
as "$other" POST "/concerts/$hall/holds" "${JSON[@]}" -d '{"seats":[7,8]}'
is "(and holds two seats)" 201 "$STATUS"
refused seat_taken 409 "$fan" POST "/concerts/$hall/holds" "${JSON[@]}" -d '{"seats":[6,7,8]}'
says seat_taken "it names the seats" '.seats | sort | tojson' '[7,8]'
as "$fan" POST "/concerts/$hall/holds" "${JSON[@]}" -d '{"seats":[1,2,3]}'
is "(three are held, of four that a fan may)" 201 "$STATUS"
refused hold_limit 409 "$fan" POST "/concerts/$hall/holds" "${JSON[@]}" -d '{"seats":[4,5]}'
as "$fan" POST "/concerts/$hall/holds/extend"
is "(the time is extended)" 200 "$STATUS"
is_used_up()
{
    as "$fan" POST "/concerts/$hall/holds/extend"
    [[ $STATUS == 409 ]]
}
try "(a repetition of the same request is over after a while)" poll 30 is_used_up
refused extension_used 409 "$fan" POST "/concerts/$hall/holds/extend"
refused not_found 404 "$fan" DELETE "/holds/$date.$hall.7"

# ---- paying --------------------------------------------------------------------------------------------------------

refused hold_expired 410 "$fan" POST /payments "${JSON[@]}" -H "$(key)" \
    -d "{\"reservation_numbers\":[\"$date.$hall.20\"]}"
new_concert "$rich"
dear=$CONCERT
try "(a dear seat is held)" in_queue "$fan" "$CONCERT"
as "$fan" POST "/concerts/$CONCERT/holds" "${JSON[@]}" -d '{"seats":[1]}'
number=$(field '.holds[0].reservation_number')
refused points_too_few 402 "$fan" POST /payments "${JSON[@]}" -H "$(key)" -d "{\"reservation_numbers\":[\"$number\"]}"
new_concert '{"cancel_until": "2026-01-01T00:00:00.000Z"}'
try "(a seat that cannot be cancelled any more is bought)" buy "$fan" "$CONCERT" 1
late=$CONCERT
refused too_late 409 "$fan" DELETE "/reservations/$NUMBER" -H "$(key)"
refused not_found 404 "$other" DELETE "/reservations/$NUMBER" -H "$(key)"
new_concert
try "(a seat is bought)" buy "$fan" "$CONCERT" 1
as "$fan" DELETE "/reservations/$NUMBER" -H "$(key)"
is "(and cancelled)" 200 "$STATUS"
refused cancelled 410 "$fan" GET "/reservations/$NUMBER/ticket.svg"

# ---- what an operator sees of it -------------------------------------------------------------------------------------

# counted CONCERT {CODE: TIMES…}: each refusal above was one in either language; a row is written every ten seconds.
count()
{
    as operator@demo.test GET "/operator/concerts/$1/stats"
    field '[.series[].refused | to_entries[]] | group_by(.key) | map({key: .[0].key, value: (map(.value) | add)}) |
        from_entries | del(.extension_used) | tojson'
}
is_counted()
{
    [[ $(count "$1") == "$2" ]]
}
counted()
{
    poll 30 is_counted "$1" "$2"
    is "the operator's series count by code" "$2" "$(count "$1")"
    count "$1" >/dev/null
    is "and all of them: $2" 0 "$(field '[.series[] | .refusals - ([.refused[]] | add // 0)] | add')"
}

counted "$closed" '{"closed":2}'
counted "$sold" '{"sold_out":2}'
counted "$hall" '{"hold_expired":2,"hold_limit":2,"not_admitted":2,"seat_taken":2}'
counted "$dear" '{"points_too_few":2}'
counted "$late" '{"too_late":2}'

# ---- what nginx refuses by itself ------------------------------------------------------------------------------------

# by_nginx CODE STATUS CURL-OPTION…
by_nginx()
{
    local code=$1 status=$2
    shift 2
    told+=("$code")
    ask GET /concerts -H 'Accept-Language: ko' "$@"
    is "$code: the status and the code" "$status $code application/problem+json" \
        "$STATUS $(field .code) $(header Content-Type)"
    like "$code: the title is Korean" '[^ -~]' "$(field .title)"
    is "$code: the request is named" "$(header X-Request-Id)" "$(field .request_id)"
}

long=$(head -c 9000 /dev/zero | tr '\0' x)
by_nginx headers_too_large 431 -H "X-Long: $long"
ask GET "/concerts?x=$long"
is "address_too_long: the status and the code" "414 address_too_long" "$STATUS $(field .code)"
by_nginx bad_request 400 -H 'Host:' -H 'Host: a b'
ask PUT // -d x
is "a page takes no PUT" "405 method_not_allowed" "$STATUS $(field .code)"
like "and says what it takes" 'GET' "$(header Allow)"

# More at once than the burst that is allowed; a fifth of a second later one more is.
asks_too_often()
{
    curl -sS -Z --parallel-max 20 -o /dev/null --interface 127.0.0.2 -X POST "${JSON[@]}" -d '{}' \
        "$FRONTROW_URL/api/v1/sessions?n=[1-200]" 2>/dev/null
    ask POST /sessions --interface 127.0.0.2 "${JSON[@]}" -d '{}'
    [[ $STATUS == 429 ]]
}
poll 20 asks_too_often
is "an address that asks too often is told so by nginx" "429 too_many_requests" "$STATUS $(field .code)"
retry_is_told "too_many_requests by nginx"

# ---- all of them? ----------------------------------------------------------------------------------------------------

known=$(sed -n 's/^OUTCOME([A-Z_]*, "\([a-z_]*\)".*/\1/p' "$FRONTROW_SRC/src/base/outcome.def" |
    grep -vxE 'done|misdirected|unavailable' | sort -u)
is "every code had its story" "" "$(comm -23 <(echo "$known") <(printf '%s\n' "${told[@]}" | sort -u))"
tap_end
