#!/bin/sh
# Print sources.am: the files of each room. Run it after adding or removing one:
#   build-aux/sources.sh >sources.am
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C

echo '# Made by build-aux/sources.sh.'
for room in base store domain http events ctl; do
    printf '%s_sources =' "$room"
    find "src/$room" -name '*.[ch]' -o -name '*.def' | sort | while read -r file; do printf ' \\\n\t%s' "$file"; done
    printf '\n'
done
