#!/usr/bin/env bash
# The two commands of a newcomer: ./quickstart starts all, Ctrl-C ends all, the second start finds the data again.
set -u
. "$FRONTROW_SRC/tests/tap.sh"

if [[ ! -w $FRONTROW_SRC ]]; then
    skip "quickstart" "it builds below its own folder, and this one is read-only"
    tap_end
    exit
fi
dir=$FRONTROW_BUILD/tests/quickstart
quickstart=
forget()
{
    [[ -z $quickstart ]] || { kill -TERM "$quickstart" && wait "$quickstart"; } 2>/dev/null
    rm -rf "$http_dir"
    [[ ${STACK_KEEP:-no} == yes ]] || rm -rf "$dir"
}
. "$FRONTROW_SRC/tests/system/http.sh"
trap forget EXIT
trap 'exit 143' INT TERM
rm -rf "$dir"
mkdir -p "$dir"

free_port()
{
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Every process that works in our folder, whatever it is called.
ours()
{
    local link
    for link in /proc/[0-9]*/cwd; do
        [[ $(readlink "$link" 2>/dev/null) == "$dir"/* ]] && printf '%s\n' "${link//[!0-9]/}"
    done
    return 0
}

nothing_left()
{
    [[ -z $(ours) ]]
}

start()
{
    : >"$http_dir/out"
    env --default-signal=INT,TERM "$FRONTROW_SRC/quickstart" --dir "$dir" --port "$port" "$@" >"$http_dir/out" 2>"$http_dir/err" &
    quickstart=$!
    poll 180 is_ready
}

is_ready()
{
    grep -q "^ready http://127.0.0.1:$port\$" "$http_dir/out" || ! kill -0 "$quickstart" 2>/dev/null
}

has_ended()
{
    ! kill -0 "$quickstart" 2>/dev/null
}

# ended SIGNAL: how it ended and what it left.
ended()
{
    local status=0
    try "$1: it ends within seconds" poll 40 has_ended
    wait "$quickstart" || status=$?
    quickstart=
    is "$1: with $2" "$2" "$status"
    try "$1: no process is left" poll 5 nothing_left
    is "$1: nor a socket" "" "$(find "$dir/" -type s)"
    ask GET //healthz
    is "$1: nobody answers any more" 000 "$STATUS"
}

port=$(free_port)
FRONTROW_URL=http://127.0.0.1:$port
start --workers 1 --threads 4
is "one line on standard output: ready" "ready $FRONTROW_URL" "$(<"$http_dir/out")"
like "progress is shown with its times" 'migrations +[0-9.]+ s' "$(<"$http_dir/err")"
ask GET /concerts
is "it answers" 200 "$STATUS"
is "all of it works in its own folder" 1 "$(($(ours | wc -l) >= 12))"
is "it listens on loopback alone" "" "$(ss -Hltnp 2>/dev/null | grep -E "pid=($(ours | paste -sd '|'))," | grep -v '127\.0\.0\.1:')"
is "no password can be read by others" "" "$(find "$dir/etc" "$dir/run/" -type f -perm /077 -name '*[.]*' 2>/dev/null |
    grep -E 'secret|password|\.conf$')"
memory=$(ours | sed 's|.*|/proc/&/status|' | xargs cat 2>/dev/null |
    awk '/^Name:/ { name = $2 } /^VmRSS:/ && name ~ /^frontrow/ { sum += $2 } END { print int(sum / 1024) }')
is "Frontrow's processes are small ($memory MB)" 1 "$((memory < 80))"
as fan1@demo.test POST /points/charges "${JSON[@]}" -H "$(key)" -d '{"amount":12345}'
balance=$(field .balance)
like "(something is changed)" '^[1-9][0-9]*$' "$balance"
is "--status says it is ready" 0 "$("$FRONTROW_SRC/quickstart" --dir "$dir" --status >/dev/null 2>&1; echo $?)"
said=$("$FRONTROW_SRC/quickstart" --dir "$dir" --port "$port" 2>&1)
like "a second one in the same folder is refused" 'running already' "$said"
said=$("$FRONTROW_SRC/quickstart" --dir "$dir.other" --port "$port" 2>&1)
like "a taken port is named" "port $port is taken" "$said"
rm -rf "$dir.other"
kill -INT "$quickstart"
ended "Ctrl-C" 0

start --workers 1 --threads 4
as fan1@demo.test GET /points
is "the second start finds the data again" "200 $balance" "$STATUS $(field .balance)"
ask GET /concerts/2/board
is "and leaves nobody of the demo in a queue" "200 0 0" "$STATUS $(field .waiting) $(field .active)"
victim=$(<"$dir/run/gate.pid")
kill -KILL "$victim"
is_revived()
{
    [[ $(<"$dir/run/gate.pid") != "$victim" ]] && kill -0 "$(<"$dir/run/gate.pid")" 2>/dev/null
} 2>/dev/null
try "what dies is started again" poll 20 is_revived
kill -TERM "$quickstart"
ended "SIGTERM" 143

start --workers 1 --threads 4
kill -KILL "$quickstart"
wait "$quickstart" 2>/dev/null
quickstart=
try "kill -9 of the script itself ends its programs, too" poll 40 nothing_left

said=$(timeout 180 "$FRONTROW_SRC/quickstart" --dir "$dir" --port "$port" --detach 2>/dev/null)
is "--detach returns when it is ready" "ready $FRONTROW_URL" "$said"
as fan1@demo.test GET /points
is "after a kill -9 the data are there" "200 $balance" "$STATUS $(field .balance)"
"$FRONTROW_SRC/quickstart" --dir "$dir" --stop >/dev/null 2>&1
try "--stop ends it" poll 20 nothing_left
is "--status says that it is not running" 3 "$("$FRONTROW_SRC/quickstart" --dir "$dir" --status >/dev/null 2>&1; echo $?)"

# The sale of a seat through a real broker, in a folder that has seen Redis Streams before.
buy_a_seat()
{
    in_queue fan2@demo.test 1 || return 1
    as fan2@demo.test POST /concerts/1/holds "${JSON[@]}" -d '{"best":{"count":1}}'
    as fan2@demo.test POST /payments "${JSON[@]}" -H "$(key)" -d "$(field '{reservation_numbers: [.holds[].reservation_number]}')"
    [[ $STATUS == 201 ]]
}
broker()
{
    sed -n 's|^listeners=PLAINTEXT://\([0-9.:]*\),.*|\1|p' "$dir/etc/kafka.properties"
}
events_in_topic()
{
    [[ $(kcat -q -C -e -b "$(broker)" -t frontrow.payment -f '%k\n' 2>/dev/null | wc -l) == 1 ]]
}
all_groups_have_it()
{
    [[ $(FRONTROW_RUN=$dir/run sql 'SELECT COUNT(*) FROM outbox') == 0 ]]
}
start --kafka --workers 1 --threads 4
is "--kafka is ready" "ready $FRONTROW_URL" "$(<"$http_dir/out")"
try "a seat is sold" buy_a_seat
try "its event is in the topic of the broker, once" poll 20 events_in_topic
try "and every group has it" poll 20 all_groups_have_it
kill -INT "$quickstart"
ended "Ctrl-C with Kafka" 0

for wrong in '--port 0' '--port x' '--nonsense' '--workers'; do
    # shellcheck disable=SC2086
    is "$wrong is refused" 2 "$("$FRONTROW_SRC/quickstart" --dir "$dir" $wrong >/dev/null 2>&1; echo $?)"
done
tap_end
