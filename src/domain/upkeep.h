/*
 * What a gate does beside admitting: find out which concerts run, and bring Redis in line with MySQL.
 * It waits for MySQL, so it has a thread and a store of its own; admission goes on with the concerts
 * known last while MySQL hangs.
 */
#ifndef FRONTROW_DOMAIN_UPKEEP_H
#define FRONTROW_DOMAIN_UPKEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct upkeep;

/* Upkeep over this store, which nobody else uses meanwhile. Lives as long as mem. */
struct upkeep *upkeep_new(const void *mem, struct store *store);

/*
 * One round: list the running concerts, bring a few of those whose turn it is in line, forget dead
 * sessions. What fails was logged where it failed and is tried again in the next round. May wait as
 * long as MySQL's time limits allow.
 */
void upkeep_round(struct upkeep *upkeep, int64_t now_ms);

/*
 * The running concerts as MySQL said last, on mem, for another thread. False, and nothing is touched,
 * when they are the same list as at *version.
 */
bool upkeep_running(struct upkeep *upkeep, const void *mem, uint64_t *version, uint64_t **ids, size_t *count);

#endif
