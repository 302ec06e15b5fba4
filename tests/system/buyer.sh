#!/usr/bin/env bash
# One buyer's story, with curl, as the README tells it.
set -u
. "$FRONTROW_SRC/tests/tap.sh"
. "$FRONTROW_SRC/tests/system/http.sh"

fan=fan1@demo.test

ask GET /concerts
is "the concerts are listed" 200 "$STATUS"
is "the demo's concerts are among them" "MuseConcert PsyConcert StadiumConcert" \
    "$(field '[.concerts[] | select(.concert_id <= 3) | .title] | sort | join(" ")')"
is "MuseConcert has 27 seats left" 27 "$(field '.concerts[] | select(.title == "MuseConcert") | .seats_left')"
is "a concert has all its members" "" "$(field '.concerts[] | select(has("concert_id") and has("title") and has("venue")
    and has("date") and has("starts_at") and has("opens_at") and has("state") and has("seats_total") and has("seats_left")
    and has("price_from") | not)')"
like "and the time to count down by" '^20[0-9-]+T[0-9:.]+Z$' "$(field .server_now)"

total=$(field '.concerts | length')
ask GET "/concerts?limit=$total"
is "a page with the last of them says that it is the last" "$total null" "$(field '.concerts | length') $(field .next_cursor)"
ask GET "/concerts?limit=$((total - 1))"
cursor=$(field .next_cursor)
ask GET "/concerts?limit=$total&cursor=$cursor"
is "and the page before leads to it" "1 null" "$(field '.concerts | length') $(field .next_cursor)"
ask GET /concerts/1
like "which one concert has as well" '^20[0-9-]+T[0-9:.]+Z$' "$(field .server_now)"

ask POST /sessions "${JSON[@]}" -d "{\"email\":\"$fan\",\"password\":\"demo-password\"}"
is "signing in" 201 "$STATUS"
TOKEN[$fan]=$(field .token)
like "the token has an end" '^20[0-9-]+T[0-9:.]+Z$' "$(field .expires_at)"
like "the cookie is for the server alone" 'frontrow_session=[A-Za-z0-9_-]+; Path=/;.*HttpOnly; SameSite=Lax' "$(header Set-Cookie)"
cookie=$(header Set-Cookie)
cookie=${cookie%%;*}

as "$fan" GET /account
is "the account" "200 $fan fan" "$STATUS $(field .email) $(field .role)"
ask GET /account -H "Cookie: $cookie"
is "the cookie does as well as the token" "200 $fan" "$STATUS $(field .email)"

as "$fan" GET /concerts/1/queue
is "before joining there is no place" "200 none" "$STATUS $(field .state)"
as "$fan" POST /concerts/1/queue
is "joining" 201 "$STATUS"
like "a place has a number, a ticket and a time to ask again" '^[1-9][0-9]* [A-Za-z0-9_-]{20,} [1-9][0-9]*$' \
    "$(field '"\(.number) \(.ticket) \(.next_poll_ms)"')"
number=$(field .number)
try "being admitted, within seconds" in_queue "$fan" 1
as "$fan" POST /concerts/1/queue
is "joining again keeps the place" "200 active $number" "$STATUS $(field .state) $(field .number)"
like "an active fan is told until when" '^20.*Z$' "$(field .expires_at)"

ask GET /concerts/1/board
is "the board" 200 "$STATUS"
is "the board has all its members" true "$(field 'has("state") and has("serving") and has("last") and has("waiting") and
    has("active") and has("capacity") and has("rate_per_minute") and has("seats_left") and (.poll[0] | has("ahead")
    and has("ms")) and has("numbers_from") and has("server_now")')"

ask GET '/concerts/1/layout'
is "the layout shows every seat" "200 50" "$STATUS $(field '[.sections[].seats[]] | length')"
ask GET '/concerts/1/seats?format=list'
is "the free seats" 200 "$STATUS"
mapfile -t free < <(field '.available[:2][]')
is "there are two at least" 2 "${#free[@]}"

as "$fan" POST /concerts/1/holds "${JSON[@]}" -d "{\"seats\":[${free[0]},${free[1]}]}"
is "holding two" 201 "$STATUS"
numbers=$(field '[.holds[].reservation_number] | tojson')
first=$(field '.holds[0].reservation_number')
like "a reservation number is date, concert and seat" "^[0-9]{8}\.1\.${free[0]}$" "$first"
amount=$(field .amount)
is "the amount is the sum of the prices" "$(field '[.holds[].price] | add')" "$amount"
as "$fan" GET /concerts/1/holds
is "the own holds" "200 2" "$STATUS $(field '.holds | length')"
seat_is_not_free()
{
    ask GET '/concerts/1/seats?format=list'
    [[ $(field ".available | index(${free[0]})") == null ]]
}
try "nobody else is offered them" poll 5 seat_is_not_free
as "$fan" POST /concerts/1/holds/extend
is "more time, once" 200 "$STATUS"

as "$fan" GET /points
before=$(field .balance)
as "$fan" POST /points/charges "${JSON[@]}" -H "Idempotency-Key: buyer-charge-$$" -d '{"amount":50000}'
is "charging points" "201 $((before + 50000))" "$STATUS $(field .balance)"
charged=$BODY
as "$fan" POST /points/charges "${JSON[@]}" -H "Idempotency-Key: buyer-charge-$$" -d '{"amount":50000}'
is "asking again with the same key gives the same answer" "201 $charged" "$STATUS $BODY"
as "$fan" GET /points
is "and charges nothing" "$((before + 50000))" "$(field .balance)"

as "$fan" POST /payments "${JSON[@]}" -H "Idempotency-Key: buyer-pay-$$" -d "{\"reservation_numbers\":$numbers}"
is "paying" "201 $amount $((before + 50000 - amount))" "$STATUS $(field .amount) $(field .balance)"
paid=$BODY
as "$fan" POST /payments "${JSON[@]}" -H "Idempotency-Key: buyer-pay-$$" -d "{\"reservation_numbers\":$numbers}"
is "paying again with the same key is the same payment" "201 $paid" "$STATUS $BODY"

as "$fan" GET /reservations
is "the reservations" "200 $(jq -cS sort <<<"$numbers")" \
    "$STATUS $(field '[.reservations[] | select(.state == "paid") | .reservation_number] | sort | tojson')"
as "$fan" GET "/reservations/$first"
is "one of them" "200 PsyConcert paid" "$STATUS $(field .title) $(field .state)"
room_is_given_back()
{
    as "$fan" GET /concerts/1/queue
    [[ $(field .state) == none ]]
}
try "whoever has paid makes room" poll 10 room_is_given_back

as "$fan" DELETE "/reservations/$first" -H "$(key)"
is "cancelling one" "200 $((amount / 2)) $((before + 50000 - amount / 2))" "$STATUS $(field .refunded) $(field .balance)"
as "$fan" GET "/reservations/$first"
is "it is cancelled" "200 cancelled" "$STATUS $(field .state)"
seat_is_free()
{
    ask GET '/concerts/1/seats?format=list'
    [[ $(field ".available | index(${free[0]})") != null ]]
}
try "its seat is on sale again" poll 5 seat_is_free
as "$fan" GET /points/entries
is "the ledger tells it all, newest first" "refund payment charge opening" "$(field '[.entries[].reason] | join(" ")')"
is "each balance follows from the one before" "" "$(field '[.entries, (.entries[1:] + [{"balance_after": 0}])] | transpose[] |
    select(.[1] != null and .[0].balance_after != .[1].balance_after + .[0].delta)')"

as "$fan" DELETE /sessions/current
is "signing out" 204 "$STATUS"
as "$fan" GET /account
is "the token is dead at once" "401 not_signed_in" "$STATUS $(field .code)"
as "$fan" GET /concerts/1/queue
is "in every pool" "401 not_signed_in" "$STATUS $(field .code)"
ask GET /account -H "Cookie: $cookie"
is "and so is the cookie" 401 "$STATUS"

ask GET //
is "there are pages" 200 "$STATUS"
ask GET //docs
is "and the document of the API" 200 "$STATUS"
ask GET //docs/openapi.yaml
like "which says so" '^# The contract' "$BODY"
tap_end
