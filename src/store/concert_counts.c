#include "store/concert_counts.h"

#include "store/mysql.h"
#include "store/store.h"

int64_t concert_counts_add(struct call *call, uint64_t concert_id, int64_t seats)
{
    return sql_queue(call->store->mysql, SQL_CONCERT_COUNTS_ADD,
                     SQL_ARGS(sql_u64(concert_id), sql_i64(seats), sql_i64(seats)));
}
