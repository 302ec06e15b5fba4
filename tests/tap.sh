# shellcheck shell=bash
# TAP for tests that are shell scripts. To be sourced; the plan is printed at the end, so whoever stops halfway fails.
#
#   ok WHAT                     passed
#   not_ok WHAT [WHY]           failed; WHY is shown, line by line
#   try WHAT COMMAND…           passed when the command succeeds; its output is shown when it does not
#   is WHAT EXPECTED GOT        passed when the two are the same
#   like WHAT PATTERN GOT       passed when the extended regular expression is in it
#   skip WHAT WHY
#   tap_run NAME COMMAND…       a command that prints TAP itself becomes part of this one
#   tap_alone                   wait until no other test that does this is running: it starts servers and measures time
#   tap_end                     the plan; the status is 0 when nothing failed

tap_count=0
tap_failed=0

ok()
{
    tap_count=$((tap_count + 1))
    printf 'ok %d - %s\n' "$tap_count" "${1//#/}"
}

not_ok()
{
    tap_count=$((tap_count + 1))
    tap_failed=$((tap_failed + 1))
    printf 'not ok %d - %s\n' "$tap_count" "${1//#/}"
    [[ -z ${2:-} ]] || sed 's/^/#   /' <<<"$2"
}

skip()
{
    tap_count=$((tap_count + 1))
    printf 'ok %d - %s # SKIP %s\n' "$tap_count" "${1//#/}" "$2"
}

try()
{
    local what=$1 said
    shift
    said=$(mktemp)
    # In this very shell, so that the command may set variables.
    if "$@" >"$said" 2>&1; then
        ok "$what"
    else
        not_ok "$what" "$(<"$said")"
    fi
    rm -f "$said"
}

is()
{
    if [[ $2 == "$3" ]]; then
        ok "$1"
    else
        not_ok "$1" "$(printf 'expected: %s\n     got: %s' "$2" "$3")"
    fi
}

like()
{
    if [[ $3 =~ $2 ]]; then
        ok "$1"
    else
        not_ok "$1" "$(printf 'expected: %s\n     got: %s' "$2" "$3")"
    fi
}

# Bash notices a signal only after a foreground child has ended, so long ones run in the background.
tap_run()
{
    local name=$1 log status=0 before=$tap_failed line planned='' began=$SECONDS
    shift
    log=$(mktemp)
    printf '# %s\n' "$name"
    if declare -F stack_run >/dev/null; then
        stack_run "$@" >"$log" 2>&1 || status=$?
    else
        "$@" >"$log" 2>&1 || status=$?
    fi
    while IFS= read -r line; do
        case $line in
        1..*) planned=yes ;;
        'ok '*'# SKIP'*) skip "$name: $(tap_words "${line%%# SKIP*}")" "${line##*# SKIP }" ;;
        'ok '*) ok "$name: $(tap_words "$line")" ;;
        'not ok '*) not_ok "$name: $(tap_words "$line")" ;;
        '# ok - '* | '# not ok - '*) ;; # cmocka sums a group up
        *) printf '#   %s\n' "${line#\# }" ;;
        esac
    done <"$log"
    printf '# %s took %d s\n' "$name" "$((SECONDS - began))"
    if [[ -z $planned ]] || ((status != 0 && tap_failed == before)); then
        not_ok "$name: ended with $status$([[ -n $planned ]] || printf ' before its plan')" "$(tail -n 15 "$log")"
    fi
    rm -f "$log"
}

# Descriptor 9 is the one that the stack hands on to no server (build-aux/stack.sh).
tap_alone()
{
    mkdir -p "$FRONTROW_BUILD/tests"
    exec 9>>"$FRONTROW_BUILD/tests/lock"
    flock 9
}

# What stands behind "ok 7 - ".
tap_words()
{
    sed -E 's/^(not )?ok +[0-9]* *-? *//; s/ +$//' <<<"$1"
}

tap_end()
{
    printf '1..%d\n' "$tap_count"
    ((tap_failed == 0))
}
