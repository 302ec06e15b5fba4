/*
 * A wire to MySQL that can be cut at the worst moment: around COMMIT. It listens on a socket of its
 * own and passes everything on.
 */
#ifndef FRONTROW_TESTS_WIRE_H
#define FRONTROW_TESTS_WIRE_H

#include <stdbool.h>

enum wire_cut {
    WIRE_WHOLE,
    WIRE_CUT_BEFORE_COMMIT, /* the server never sees it */
    WIRE_CUT_AFTER_COMMIT,  /* the server has done it, the client never hears */
};

struct wire;

/* A wire from the socket wire_path() to the server's. Lives until wire_close(). */
struct wire *wire_open(const char *server_socket);
const char *wire_path(const struct wire *wire);
void wire_close(struct wire *wire);

/* Cut the next connection that commits. When dead, nobody gets through afterwards until wire_mend(). */
void wire_cut_next(struct wire *wire, enum wire_cut cut, bool dead);
void wire_mend(struct wire *wire);

/* How many times the client has sent something and waited. */
int wire_trips(const struct wire *wire);

/* How often it was cut. */
int wire_cuts(const struct wire *wire);

#endif
