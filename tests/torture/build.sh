# shellcheck shell=bash
# What is tortured: a build with fail points, or one that lacks a defence.
#
#   torture_build                    in $FRONTROW_BUILD, unless it is there
#   torture_build_without DEFENCE    a copy of the sources with the patch, built apart; sets build
#   torture_patch DEFENCE            the patch's path

torture_build()
{
    [[ -x $FRONTROW_BUILD/frontrow-web ]] && return 0
    say "building in $FRONTROW_BUILD"
    (torture_make "$FRONTROW_SRC" "$FRONTROW_BUILD") >"$FRONTROW_SRC/var/torture.log" 2>&1 && return 0
    tail -n 20 "$FRONTROW_SRC/var/torture.log"
    return 1
}

# Of what is built before all else, a single program's rule knows nothing.
torture_make()
{
    local src=$1 programs=(frontrow-web frontrow-gate frontrow-relay frontrow-consumer frontrowctl)
    mkdir -p "$2" && cd "$2" || return 1
    [[ -x $src/configure ]] || (cd "$src" && autoreconf --install) || return 1
    [[ -f Makefile ]] || "$src/configure" --quiet --enable-fail-points || return 1
    make -s src/store/statements.h src/store/scripts.h && make -s -j "$(nproc)" "${programs[@]}"
}

torture_patch()
{
    local patch
    for patch in "$FRONTROW_SRC"/tests/{torture,proof}/without/"$1".patch; do
        [[ ! -f $patch ]] || { printf '%s\n' "$patch" && return 0; }
    done
    say "there is no tests/torture/without/$1.patch" >&2
    return 1
}

torture_build_without()
{
    local patch src=$dir.src
    patch=$(torture_patch "$1") || return 1
    say "building without $1"
    rm -rf "$src"
    build=$dir.build
    mkdir -p "$src"
    (cd "$FRONTROW_SRC" && tar -cf - --exclude=./var --exclude=./.git .) | tar -xf - -C "$src"
    if ! patch -d "$src" -p1 --no-backup-if-mismatch <"$patch" >"$dir.log" 2>&1 ||
        ! (torture_make "$src" "$build") >>"$dir.log" 2>&1; then
        tail -n 20 "$dir.log"
        return 1
    fi
}
