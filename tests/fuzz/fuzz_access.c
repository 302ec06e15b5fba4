/*
 * Who is calling. The input: lines NAME=VALUE of a request, with @F, @O and @T for what we sealed. Nobody gets
 * in who does not show one of our tokens unchanged.
 */
#include <assert.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "http/access.h"
#include "tests/fuzz/fuzz.h"

enum { PARAMETERS_MAX = 16 };

void fuzz_start(void)
{
    fuzz_ticket();
    fuzz_token(ROLE_FAN);
}

static size_t split(char *text, char **parameters)
{
    size_t count = 0;

    for (char *line = strtok(text, "\n"); line != NULL && count < PARAMETERS_MAX; line = strtok(NULL, "\n"))
        if (strchr(line, '=') != NULL)
            parameters[count++] = line;
    parameters[count] = NULL;
    return count;
}

static bool is_shown(char **parameters, const char *token)
{
    for (; *parameters != NULL; parameters++)
        if (strstr(*parameters, token) != NULL)
            return true;
    return false;
}

static bool is_from_elsewhere(char **parameters)
{
    const char *site = FCGX_GetParam("HTTP_SEC_FETCH_SITE", parameters);

    return site != NULL && strcmp(site, "cross-site") == 0;
}

static void check(void *mem, char **parameters, const char *method, enum access access)
{
    static const uint8_t good[] = "*1\r\n$4\r\ngood\r\n";
    const struct route route = {.method = method, .access = access};
    struct request request = {.call = {.mem = mem, .store = fuzz_store(), .now_ms = 1800000000000}};

    fuzz_redis(good, sizeof(good) - 1);
    enum outcome outcome = access_check(&request, &route, parameters);
    if (outcome != OUTCOME_DONE) {
        assert(access != PUBLIC || outcome == OUTCOME_CROSS_SITE);
        return;
    }
    bool has_bearer = FCGX_GetParam("HTTP_AUTHORIZATION", parameters) != NULL;
    assert(strcmp(method, "GET") == 0 || has_bearer || !is_from_elsewhere(parameters));
    if (access == PUBLIC)
        return;
    assert(request.call.account_id == 7);
    assert(is_shown(parameters, fuzz_token(request.call.role)));
    assert(access != OPERATOR || request.call.role == ROLE_OPERATOR);
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
    void *mem = must(talloc_new(NULL));
    char *parameters[PARAMETERS_MAX + 1];

    split(fuzz_text(mem, bytes, size), parameters);
    check(mem, parameters, "GET", FAN);
    check(mem, parameters, "POST", FAN_BY_SCRIPT);
    check(mem, parameters, "POST", OPERATOR);
    check(mem, parameters, "DELETE", PUBLIC);
    talloc_free(mem);
}
