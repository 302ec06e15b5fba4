/*
 * Changes of points that share a transaction. A change that comes while others are under way waits
 * for the next free connection together with those that come after it, and one thread runs them all:
 * the same statements, in a few texts and one commit. Who is refused goes, and the others try
 * once more; what fails together is run one by one. So nobody is refused for what another account did.
 */
#ifndef FRONTROW_DOMAIN_CHANGE_GROUP_H
#define FRONTROW_DOMAIN_CHANGE_GROUP_H

#include "domain/idempotency.h"

/*
 * Run the change's steps in a transaction, with others or alone. Ends as transact() does. When it was kept its kept()
 * has been called and its lock is free, as far as Redis answers: points_locks_release() says.
 */
enum transaction_end change_group_run(struct call *call, struct change *change);

/* Call kept(), for who learnt only later that it was kept: the answer to COMMIT was lost. */
void change_tell(struct call *call, struct change *change);

#endif
