#!/bin/sh
# Turn the named statements of sql/query/*.sql into C.
#   statements.sh header FILE…  prints an enum of their names
#   statements.sh source FILE…  prints their texts
# A statement starts at "-- name: NAME" and ends at the last semicolon before the next one.
set -eu
what=$1
shift
awk -v what="$what" '
function flush() {
    if (name == "") return
    sub(/;[ \n]*$/, "", sql)
    gsub(/[ \n]+/, " ", sql)
    sub(/^ /, "", sql)
    if (sql == "") { print FILENAME ": no statement after name " name > "/dev/stderr"; failed = 1; exit 1 }
    if (seen[name]++) { print FILENAME ": twice: " name > "/dev/stderr"; failed = 1; exit 1 }
    names[++count] = name
    texts[count] = sql
    name = ""
}
/^-- name: / { flush(); name = $3; sql = ""; next }
/^[ \t]*--/ { next }
{ sql = sql $0 "\n" }
END {
    if (failed) exit 1
    flush()
    if (failed) exit 1
    if (what == "header") {
        print "/* Made from sql/query by build-aux/statements.sh. */"
        print "#ifndef FRONTROW_STORE_STATEMENTS_H\n#define FRONTROW_STORE_STATEMENTS_H\n"
        print "enum statement {"
        for (i = 1; i <= count; i++) print "    SQL_" toupper(names[i]) ","
        print "    STATEMENTS\n};\n"
        print "struct statement_text {\n    const char *name;\n    const char *sql;\n    unsigned long length;\n};\n"
        print "extern const struct statement_text statement_texts[STATEMENTS];\n\n#endif"
    } else {
        print "/* Made from sql/query by build-aux/statements.sh. */"
        print "#include \"store/statements.h\"\n\nconst struct statement_text statement_texts[STATEMENTS] = {"
        for (i = 1; i <= count; i++) {
            text = texts[i]
            gsub(/\\/, "\\\\", text)
            gsub(/"/, "\\\"", text)
            printf "    {\"%s\", \"%s\", sizeof(\"%s\") - 1},\n", names[i], text, text
        }
        print "};"
    }
}' "$@"
