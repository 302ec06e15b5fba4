/*
 * Concerts in MySQL. What never changes of one (its plan) is kept in the process once it was read.
 */
#ifndef FRONTROW_STORE_CONCERTS_H
#define FRONTROW_STORE_CONCERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/clock.h"

enum {
    CONCERT_GRADES_MAX = 50,
    CONCERT_SECTIONS_MAX = 500,
    CONCERT_SEATS_MAX = 50000,
    CONCERT_TITLE_CHARACTERS_MAX = 200, /* and of a venue */
    CONCERT_LABEL_CHARACTERS_MAX = 32,  /* of a grade or a section */
    CONCERT_PRICE_MAX = 100000000,
    CONCERT_ROWS_MAX = 500, /* of a section, and seats of a row */
};

struct grade {
    const char *grade;
    int64_t price;
};

struct section {
    const char *section;
    size_t grade; /* index into the plan's grades */
    uint32_t rows;
    uint32_t seats_per_row;
    uint32_t first_seat;
};

/* What never changes after a concert was created. */
struct plan {
    uint64_t concert_id;
    const char *title;
    const char *venue;
    const char *time_zone;
    char date[CLOCK_DATE_SIZE]; /* at the venue */
    int64_t starts_ms;
    int64_t cancel_until_ms; /* 0: until it starts */
    int64_t created_ms;
    uint32_t seats_total;
    const struct grade *grades;
    size_t grades_count;
    const struct section *sections;
    size_t sections_count;
};

/* What operators change while it runs. */
struct policy {
    int64_t revision;  /* grows with each change */
    const char *state; /* open, paused, draining, closed */
    int64_t opens_ms;  /* 0: at once */
    int64_t capacity;
    int64_t rate_per_minute; /* 0: the capacity alone decides */
    int64_t active_ttl_s;
    int64_t admit_ttl_s;
    int64_t hold_ttl_s;
    int64_t seats_per_fan;
    const char *rejoin; /* keep, refresh */
};

struct concert {
    const struct plan *plan;
    struct policy policy;
    int64_t sold; /* derived from events: may lag behind for a moment */
};

struct concert_cache;
struct concert_cache *concert_cache_new(const void *mem);

/*
 * Tell Redis the highest number of a concert. With it a crowd that asks for concerts which do not
 * exist is answered without MySQL. DONE or UNAVAILABLE.
 */
enum outcome concerts_announce_highest(struct call *call);

/* The plan; from MySQL the first time. DONE, NOT_FOUND or UNAVAILABLE. Lives as long as the process. */
enum outcome concerts_plan(struct call *call, uint64_t concert_id, const struct plan **plan);

/* The concert as it is now, on call->mem. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome concerts_read(struct call *call, uint64_t concert_id, struct concert *concert);

/* Up to limit concerts with an id below before (0: from the newest), newest first. DONE or UNAVAILABLE. */
enum outcome concerts_list(struct call *call, uint64_t before, size_t limit, struct concert **concerts, size_t *count);

/* Ids of concerts that have not ended long ago and are not closed for good: those the gate looks after. */
enum outcome concerts_running(struct call *call, uint64_t **concert_ids, size_t *count);

/* Write a new concert with its grades and sections; *concert_id is its number. DONE or UNAVAILABLE. */
enum outcome concerts_create(struct call *call, const struct plan *plan, const struct policy *policy,
                             uint64_t *concert_id);

/* Which members of a policy to change; a bit is 1 << enum. */
enum policy_part {
    POLICY_OPENS_AT,
    POLICY_CAPACITY,
    POLICY_RATE,
    POLICY_ACTIVE_TTL,
    POLICY_ADMIT_TTL,
    POLICY_HOLD_TTL,
    POLICY_SEATS_PER_FAN,
    POLICY_REJOIN,
};

/* Change parts of the policy. DONE, NOT_FOUND or UNAVAILABLE. Redis hears of it from concert_refresh(). */
enum outcome concerts_set_policy(struct call *call, uint64_t concert_id, unsigned parts, const struct policy *policy);

/* Set the state: open, paused, draining or closed. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome concerts_set_state(struct call *call, uint64_t concert_id, const char *state);

/* Where a seat is. seat is 1 to plan->seats_total. row and number count from 1 within the section. */
struct seat_place {
    const struct section *section;
    const struct grade *grade;
    uint32_t row;
    uint32_t number;
};
struct seat_place plan_seat(const struct plan *plan, uint32_t seat);

#endif
