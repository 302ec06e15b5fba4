#!/usr/bin/env bash
# Measure the forms of the payment's transaction (bench/payment_forms.c) beside each other: medians of rounds in which
# they take turns, on a MariaDB of its own.
#   payment_forms.sh [--rounds N] [--seconds N] [--clients N] [--delays "MICROSECONDS…"]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=build-aux/stack.sh
. "$root/build-aux/stack.sh"

rounds=5
seconds=3
clients=16
delays="0 250 1000"
forms=(separate implicit two batch one procedure together)

while (($# > 1)); do
    case $1 in
    --rounds | --seconds | --clients | --delays) declare "${1#--}=$2" && shift 2 ;;
    *) break ;;
    esac
done
(($# == 0)) || { sed -n '2,4s/^# *//p' "${BASH_SOURCE[0]}" && exit 2; }

dir=$(mktemp -d /tmp/frontrow-forms-XXXXXX)
# shellcheck disable=SC2046
gcc -O2 -std=gnu11 -pthread "$root/bench/payment_forms.c" -o "$dir/payment_forms" \
    $(pkg-config --cflags --libs libmariadb)

empty_database()
{
    stack_sql -e 'DROP DATABASE IF EXISTS forms; CREATE DATABASE forms'
    local file
    for file in "$root"/sql/migrate/*.sql; do
        stack_sql forms <"$file"
    done
}

median()
{
    sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

forget()
{
    rm -rf "$dir"
}

stack_open "$dir/stack"
stack_guard forget
# shellcheck disable=SC2119
stack_start_mariadb
printf 'microseconds to the server, form: payments per second, median ms, 99th percentile ms (%s clients)\n' "$clients"
for delay in $delays; do
    empty_database
    for ((round = 0; round < rounds; round++)); do
        for form in "${forms[@]}"; do
            # As many payments at once as with the others: each client of "together" makes eight.
            together=$((clients > 8 ? clients / 8 : 1))
            [[ $form == together ]] || together=$clients
            "$dir/payment_forms" "$STACK_RUN/mariadb.sock" forms "$form" "$together" "$seconds" "$delay" >>"$dir/$delay"
        done
    done
    for form in "${forms[@]}"; do
        row=("$(awk -v f="$form" '$1 == f { print $3 }' "$dir/$delay" | median)"
            "$(awk -v f="$form" '$1 == f { print $4 }' "$dir/$delay" | median)"
            "$(awk -v f="$form" '$1 == f { print $5 }' "$dir/$delay" | median)")
        printf '%5d %-10s %6.0f %7.2f %7.2f\n' "$delay" "$form" "${row[@]}"
    done
done
