#!/bin/sh
# Turn src/store/lua/*.lua into C.
#   scripts.sh header FILE…  prints an enum of their names
#   scripts.sh source FILE…  prints their texts and SHA-1 sums
# A line "-- include: NAME" is replaced by the file _NAME.lua beside it; files that start with an underscore are
# such parts. Whole-line comments are left out: Redis need not read them. A line "-- answer: FORM" says how its answers
# look (src/store/redis_form.h), those of its parts included.
set -eu
what=$1
shift

script() {
    awk -v dir="$(dirname "$1")" '
        function put(line) { if (line !~ /^[ \t]*(--|$)/) print line }
        /^-- include: / { part = dir "/_" $3 ".lua"; while ((got = (getline line < part)) > 0) put(line); if (got < 0) exit 1; next }
        { put($0) }' "$1"
}

answer_of() {
    awk -v dir="$(dirname "$1")" '
        function form(line) { if (sub(/^-- answer: /, "", line)) { forms = forms (forms == "" ? "" : " | ") line; own++ } }
        /^-- include: / { before = own; part = dir "/_" $3 ".lua"; while ((getline line < part) > 0) form(line); own = before; next }
        { form($0) }
        END { if (own != 1) { print FILENAME ": there must be one line \"-- answer:\"" >"/dev/stderr"; exit 1 } print forms }' "$1"
}

is_part() { case $(basename "$1") in _*) return 0 ;; *) return 1 ;; esac; }

name_of() { basename "$1" .lua; }

if [ "$what" = header ]; then
    printf '/* Made from src/store/lua by build-aux/scripts.sh. */\n#ifndef FRONTROW_STORE_SCRIPTS_H\n'
    printf '#define FRONTROW_STORE_SCRIPTS_H\n\nenum script {\n'
    for file; do is_part "$file" || printf '    SCRIPT_%s,\n' "$(name_of "$file" | tr a-z A-Z)"; done
    printf '    SCRIPTS\n};\n\nstruct script_text {\n    const char *name;\n    const char *sha1;\n    const char *answer;\n    const char *lua;\n};\n\n'
    printf 'extern const struct script_text script_texts[SCRIPTS];\n\n#endif\n'
else
    printf '/* Made from src/store/lua by build-aux/scripts.sh. */\n#include "store/scripts.h"\n\n'
    printf 'const struct script_text script_texts[SCRIPTS] = {\n'
    for file; do
        is_part "$file" && continue
        sha1=$(script "$file" | sha1sum | cut -d' ' -f1)
        answer=$(answer_of "$file")
        printf '    {"%s", "%s", "%s",\n' "$(name_of "$file")" "$sha1" "$answer"
        script "$file" | sed 's/\\/\\\\/g; s/"/\\"/g; s/^/     "/; s/$/\\n"/'
        printf '    },\n'
    done
    printf '};\n'
fi
