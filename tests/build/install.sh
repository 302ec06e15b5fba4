#!/usr/bin/env bash
# make install DESTDIR=… puts every file where it belongs, and what it installs works from there.
set -u

: "${FRONTROW_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FRONTROW_BUILD:=$PWD}"
. "$FRONTROW_SRC/tests/tap.sh"

root=$(mktemp -d) && trap 'rm -rf "$root"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS

installed()
{
    make -C "$FRONTROW_BUILD" install DESTDIR="$root" prefix=/usr sysconfdir=/etc
}

there()
{
    local file missing=0
    for file in "$@"; do
        [[ -e $root/$file ]] || { printf 'missing: %s\n' "$file" && missing=1; }
    done
    return "$missing"
}

try "make install DESTDIR=" installed
try "daemons are in sbin" there usr/sbin/frontrow-{web,gate,relay,consumer}
try "frontrowctl is in bin" there usr/bin/frontrowctl
try "the configuration is in etc" there etc/frontrow.conf
try "pages, nginx's configuration and the API document are in share" \
    there usr/share/frontrow/{ui/index.html,ui/js/api.js,nginx/render,nginx/frontrow.conf.in,docs/openapi.yaml}
try "the service units are in share" there usr/share/frontrow/systemd
try "and what can put nginx first" there usr/share/frontrow/systemd/nginx.service.d/frontrow.conf
is "and can be bound together" "" "$(grep -L '^Slice=frontrow.slice$' "$root"/usr/share/frontrow/systemd/*.service)"
is "nothing is installed elsewhere" "" \
    "$(cd "$root" && find . -type f | grep -vE '^\./(usr/(s?bin|share/frontrow)/|etc/frontrow\.conf$)')"
is "nothing installed names the place where it was built" "" \
    "$(grep -rlF "$FRONTROW_SRC" "$root/usr/share" "$root/etc")"
try "the installed configuration is good" "$root/usr/sbin/frontrow-web" -t -c "$root/etc/frontrow.conf"
try "the installed nginx configuration can be filled in" bash "$root/usr/share/frontrow/nginx/render" "$root/nginx"
like "the version is told" '^[0-9]+\.[0-9]+\.[0-9]+$' "$("$root/usr/bin/frontrowctl" --version)"

make -C "$FRONTROW_BUILD" uninstall DESTDIR="$root" prefix=/usr sysconfdir=/etc >/dev/null 2>&1
is "make uninstall leaves nothing" "" "$(cd "$root" && find usr etc -type f)"
tap_end
