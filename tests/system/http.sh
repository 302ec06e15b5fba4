# shellcheck shell=bash
# Asking Frontrow with curl. To be sourced, after tap.sh.
#
#   ask METHOD PATH [CURL-OPTION]…   sets STATUS, HEADERS and BODY; PATH is below /api/v1 unless it begins with //
#   as FAN@… METHOD PATH […]         the same, signed in (once per account)
#   field NAME                       a member of BODY, as jq writes it: field .holds[0].seat
#   header NAME                      of the last answer
#   JSON is an array of the curl options that say a body is JSON: ask POST /sessions "${JSON[@]}" -d '{…}'

STATUS='' HEADERS='' BODY=''
# shellcheck disable=SC2034
JSON=(-H 'Content-Type: application/json')
declare -A TOKEN=()
http_dir=$(mktemp -d)
trap 'rm -rf "$http_dir"' EXIT

ask()
{
    local method=$1 path=$2 url
    shift 2
    url=$FRONTROW_URL/api/v1$path
    [[ $path != //* ]] || url=$FRONTROW_URL${path#/}
    STATUS=$(curl -sS --max-time 20 --path-as-is -X "$method" -o "$http_dir/body" -D "$http_dir/headers" -w '%{http_code}' \
        "$@" "$url" 2>/dev/null) || STATUS=000
    BODY=$(tr -d '\0' <"$http_dir/body" 2>/dev/null)
    HEADERS=$(tr -d '\r' <"$http_dir/headers" 2>/dev/null)
    : >"$http_dir/body"
}

sign_in()
{
    ask POST /sessions "${JSON[@]}" -d "{\"email\":\"$1\",\"password\":\"${2:-demo-password}\"}"
    TOKEN[$1]=$(field .token)
}

as()
{
    local who=$1 method=$2 path=$3
    shift 3
    [[ -v TOKEN[$who] ]] || sign_in "$who"
    ask "$method" "$path" -H "Authorization: Bearer ${TOKEN[$who]}" "$@"
}

field()
{
    jq -r "$1" 2>/dev/null <<<"$BODY"
}

header()
{
    sed -n "s/^$1: //Ip" <<<"$HEADERS" | tail -n 1
}

# poll SECONDS COMMAND…: until it succeeds. So long it may take on a machine with nothing else to do; here there may be.
poll()
{
    local deadline=$((SECONDS + 4 * $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

# in_queue FAN CONCERT: join, and wait to be active.
in_queue()
{
    as "$1" POST "/concerts/$2/queue"
    poll 15 is_active "$1" "$2"
}

is_active()
{
    as "$1" GET "/concerts/$2/queue"
    [[ $(field .state) == active ]] && return 0
    [[ $(field .state) != admitted ]] || as "$1" POST "/concerts/$2/queue"
    [[ $(field .state) == active ]]
}

is_warm()
{
    ask GET "/concerts/$CONCERT/board"
    [[ $STATUS == 200 ]]
}

# A fresh key for every request that needs one.
key()
{
    printf 'Idempotency-Key: test-%s-%s' "$(date +%s%N)" "$RANDOM"
}

# What is in MySQL and in Redis, a line for each table and key, but for what changes by itself.
facts()
{
    local tables
    tables=$(sql "SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables
        WHERE table_schema = 'frontrow' AND table_name NOT IN ('event_retry', 'inbox', 'concert_count')")
    sql "CHECKSUM TABLE $tables EXTENDED"
    redis EVAL "$(<"$FRONTROW_SRC/tests/system/facts.lua")" 0
}

sql()
{
    mariadb --no-defaults --socket="$FRONTROW_RUN/mariadb.sock" --user="$(id -un)" -N frontrow -e "$1"
}

redis()
{
    redis-cli -s "$FRONTROW_RUN/redis.sock" "$@"
}

# Until no event is on its way any more.
settled()
{
    poll 10 is_settled
}

is_settled()
{
    local now
    now=$(facts)
    [[ $(sql 'SELECT COUNT(*) FROM outbox') == 0 ]] && sleep 0.3 && [[ $(facts) == "$now" ]]
}

# new_concert JSON-OF-CHANGES: made by the operator; its number goes to CONCERT.
new_concert()
{
    local concert='{"title": "TestConcert", "starts_at": "2031-03-01T10:00:00.000Z", "grades": [{"grade": "R", "price": 1000}],
        "sections": [{"section": "A", "grade": "R", "rows": 5, "seats_per_row": 10}]}'
    as operator@demo.test POST /operator/concerts "${JSON[@]}" -d "$(jq -c ". + ${1:-{\}}" <<<"$concert")"
    # shellcheck disable=SC2034
    CONCERT=$(field .concert_id)
    # Being asked for the first time is what brings a concert into Redis.
    poll 10 is_warm
}
