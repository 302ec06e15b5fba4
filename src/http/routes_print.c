#include "http/routes_print.h"

#include "http/route.h"

void routes_print(FILE *file)
{
    for (size_t i = 0; i < routes_count; i++)
        fprintf(file, "%s %s %s %s %s\n", routes[i].method, routes[i].path, pool_name(routes[i].pool),
                access_name(routes[i].access), routes[i].key == KEY_REQUIRED ? "KEY" : "-");
}
