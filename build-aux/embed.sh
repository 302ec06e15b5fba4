#!/bin/sh
# Turn whole files into C: a table of their names and texts.
set -eu
printf '/* Made by build-aux/embed.sh. */\n#include "store/embedded.h"\n\n'
printf 'const struct embedded embedded_files[] = {\n'
for file; do
    printf '    {"%s", ""\n' "$(basename "$file")"
    sed 's/\\/\\\\/g; s/"/\\"/g; s/^/     "/; s/$/\\n"/' "$file"
    printf '    },\n'
done
printf '    {NULL, NULL},\n};\n'
