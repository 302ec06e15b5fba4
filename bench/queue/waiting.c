/*
 * Fans who wait and ask as they are told, through nginx, in real time, each as the page does (ui/js/pages/wait.js): the
 * board when its table says so for the distance, the own place when next_poll_ms is over or the board has come to the
 * own number. Who is admitted goes in within ten seconds, leaves half a minute later, and a new fan joins the line.
 *
 *   waiting PORT CONCERT TOKENS FANS SECONDS
 *
 * First all fans join. Then they ask as if they had waited for long: each is somewhere between two questions. Prints
 * "joined" and the seconds it took, then a row a second: how many asked for the board and for the own place, joined,
 * entered, left, failed, and how late (ms) the latest question was.
 */
#include <curl/curl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"

enum {
    AT_ONCE = 128,
    BODY_ROOM = 4096,
    POLL_ROWS_MAX = 16,
    SLACK_MS = 200, /* as in the page */
    ENTER_MS = 10000,
    INSIDE_MS = 30000,
    SECOND_MS = 1000,
};

enum where { OUT, WAITING, ADMITTED, INSIDE, GONE };
enum kind { BOARD, OWN, JOIN, LEAVE, KINDS };

struct fan {
    char *token;
    uint64_t number;
    uint64_t ahead;
    int64_t told_ms;    /* how long the server said not to ask for */
    int64_t own_due_ms; /* when that is over */
    int64_t due_ms;     /* of the next question, whichever it is */
    enum where where;
};

struct asker {
    CURL *easy;
    struct curl_slist *headers;
    uint32_t fan;
    enum kind kind;
    char body[BODY_ROOM];
    size_t length;
    struct asker *next_idle;
};

static struct {
    const char *url;
    CURLM *multi;
    struct asker *idle;
    struct fan *fan;
    uint32_t fans;    /* with a token */
    uint32_t arrived; /* have begun to join */
    uint32_t *heap;   /* fans by due_ms */
    uint32_t timers;
    uint64_t serving;
    struct {
        uint64_t ahead;
        int64_t ms;
    } poll[POLL_ROWS_MAX]; /* the board's table */
    size_t poll_rows;
    uint32_t joined;
    bool all_joined;
    struct {
        uint64_t asked[KINDS], entered, failed;
        int64_t latest_ms;
    } row;
} crowd;

static int64_t now_ms(void)
{
    return clock_steady_ns() / 1000000;
}

static int64_t share_of(int64_t ms, double least, double most)
{
    return (int64_t)((double)ms * (least + (most - least) * drand48()));
}

/* ---- timers: a binary heap ---- */

static int64_t due_at(uint32_t at)
{
    return crowd.fan[crowd.heap[at]].due_ms;
}

static void swap(uint32_t a, uint32_t b)
{
    uint32_t fan = crowd.heap[a];

    crowd.heap[a] = crowd.heap[b];
    crowd.heap[b] = fan;
}

static void ask_at(uint32_t fan, int64_t due_ms)
{
    uint32_t at = crowd.timers++;

    crowd.fan[fan].due_ms = due_ms;
    crowd.heap[at] = fan;
    for (; at > 0 && due_at((at - 1) / 2) > due_at(at); at = (at - 1) / 2)
        swap(at, (at - 1) / 2);
}

static uint32_t next_fan(void)
{
    uint32_t first = crowd.heap[0];
    uint32_t at = 0;

    crowd.heap[0] = crowd.heap[--crowd.timers];
    for (;;) {
        uint32_t child = at * 2 + 1;
        if (child + 1 < crowd.timers && due_at(child + 1) < due_at(child))
            child++;
        if (child >= crowd.timers || due_at(child) >= due_at(at))
            return first;
        swap(at, child);
        at = child;
    }
}

/* ---- asking ---- */

static size_t keep(char *bytes, size_t size, size_t count, void *arg)
{
    struct asker *asker = arg;

    if (asker->length + count * size >= BODY_ROOM)
        return 0;
    memcpy(asker->body + asker->length, bytes, count * size);
    asker->length += count * size;
    return count * size;
}

static void ask(struct asker *asker, uint32_t fan, enum kind kind)
{
    static const char *const method[KINDS] = {"GET", "GET", "POST", "DELETE"};
    char text[512];

    asker->fan = fan;
    asker->kind = kind;
    asker->length = 0;
    snprintf(text, sizeof(text), "Authorization: Bearer %s", crowd.fan[fan].token);
    curl_slist_free_all(asker->headers);
    asker->headers = must(curl_slist_append(NULL, text));
    curl_easy_setopt(asker->easy, CURLOPT_HTTPHEADER, asker->headers);
    snprintf(text, sizeof(text), "%s/%s", crowd.url, kind == BOARD ? "board" : "queue");
    curl_easy_setopt(asker->easy, CURLOPT_URL, text);
    if (kind == JOIN)
        curl_easy_setopt(asker->easy, CURLOPT_COPYPOSTFIELDS, "");
    else
        curl_easy_setopt(asker->easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(asker->easy, CURLOPT_CUSTOMREQUEST, method[kind]);
    crowd.row.asked[kind]++;
    if (curl_multi_add_handle(crowd.multi, asker->easy) != CURLM_OK)
        abort();
}

static void make_askers(void)
{
    crowd.multi = must(curl_multi_init());
    curl_multi_setopt(crowd.multi, CURLMOPT_MAXCONNECTS, (long)AT_ONCE);
    for (int i = 0; i < AT_ONCE; i++) {
        struct asker *asker = must(calloc(1, sizeof(*asker)));
        asker->easy = must(curl_easy_init());
        curl_easy_setopt(asker->easy, CURLOPT_PRIVATE, asker);
        curl_easy_setopt(asker->easy, CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(asker->easy, CURLOPT_WRITEDATA, asker);
        curl_easy_setopt(asker->easy, CURLOPT_TIMEOUT_MS, 10000L);
        curl_easy_setopt(asker->easy, CURLOPT_NOSIGNAL, 1L);
        asker->next_idle = crowd.idle;
        crowd.idle = asker;
    }
}

/* ---- what a fan hears ---- */

static int64_t ms_for(uint64_t ahead)
{
    int64_t ms = 2 * SECOND_MS; /* until the first board came */

    for (size_t i = 0; i < crowd.poll_rows && crowd.poll[i].ahead <= ahead; i++)
        ms = crowd.poll[i].ms;
    return ms;
}

/* The page asks the board again when its table or the server says so, whichever is sooner. */
static void wait_for_board(uint32_t n)
{
    struct fan *fan = &crowd.fan[n];
    int64_t by_board = ms_for(fan->ahead);

    ask_at(n, now_ms() + share_of(by_board < fan->told_ms ? by_board : fan->told_ms, 0.85, 1.15));
}

static void arrive(void)
{
    if (crowd.arrived < crowd.fans)
        ask_at(crowd.arrived++, now_ms());
}

static void enter(uint32_t n)
{
    crowd.fan[n].where = INSIDE;
    crowd.row.entered++;
    ask_at(n, now_ms() + share_of(INSIDE_MS, 0.7, 1.3));
    arrive();
}

static uint64_t number_of(struct json_object *answer, const char *name)
{
    return (uint64_t)json_object_get_int64(json_object_object_get(answer, name));
}

static void hear_waiting(uint32_t n, struct json_object *answer)
{
    struct fan *fan = &crowd.fan[n];
    bool is_first = fan->where == OUT;

    fan->where = WAITING;
    fan->number = number_of(answer, "number");
    fan->ahead = number_of(answer, "ahead");
    fan->told_ms = (int64_t)number_of(answer, "next_poll_ms");
    fan->own_due_ms = now_ms() + fan->told_ms;
    crowd.joined += is_first;
    if (!is_first || crowd.all_joined)
        wait_for_board(n);
}

static void hear_own(uint32_t n, struct json_object *answer)
{
    const char *state = json_object_get_string(json_object_object_get(answer, "state"));
    struct fan *fan = &crowd.fan[n];

    if (state != NULL && strcmp(state, "waiting") == 0) {
        hear_waiting(n, answer);
    } else if (state != NULL && strcmp(state, "active") == 0) {
        enter(n);
    } else if (state != NULL && strcmp(state, "admitted") == 0) {
        fan->where = ADMITTED;
        ask_at(n, now_ms() + share_of(ENTER_MS, 0.1, 1));
    } else {
        fan->where = GONE;
        crowd.row.failed++;
    }
}

static void read_board(struct json_object *board)
{
    struct json_object *poll = json_object_object_get(board, "poll");
    size_t rows = poll == NULL ? 0 : json_object_array_length(poll);

    crowd.serving = number_of(board, "serving");
    crowd.poll_rows = rows < POLL_ROWS_MAX ? rows : POLL_ROWS_MAX;
    for (size_t i = 0; i < crowd.poll_rows; i++) {
        crowd.poll[i].ahead = number_of(json_object_array_get_idx(poll, i), "ahead");
        crowd.poll[i].ms = (int64_t)number_of(json_object_array_get_idx(poll, i), "ms");
    }
}

/* True when the own place is to be asked for at once. */
static bool hear_board(uint32_t n, struct json_object *board)
{
    struct fan *fan = &crowd.fan[n];

    read_board(board);
    if (now_ms() + SLACK_MS >= fan->own_due_ms || crowd.serving >= fan->number)
        return true;
    if (fan->number - crowd.serving - 1 < fan->ahead)
        fan->ahead = fan->number - crowd.serving - 1;
    wait_for_board(n);
    return false;
}

static bool hear(struct asker *asker, CURLcode code)
{
    struct fan *fan = &crowd.fan[asker->fan];
    bool again = false;
    long status = 0;

    curl_easy_getinfo(asker->easy, CURLINFO_RESPONSE_CODE, &status);
    asker->body[asker->length] = '\0';
    if (code != CURLE_OK || status < 200 || status > 299) {
        crowd.row.failed++;
        ask_at(asker->fan, now_ms() + SECOND_MS);
        return false;
    }
    if (asker->kind == LEAVE) {
        fan->where = GONE;
        return false;
    }
    struct json_object *answer = must(json_tokener_parse(asker->body));
    if (asker->kind == BOARD)
        again = hear_board(asker->fan, answer);
    else
        hear_own(asker->fan, answer);
    json_object_put(answer);
    return again;
}

/* ---- time ---- */

static void ask_what_is_due(int64_t now)
{
    static const enum kind asks[] = {[OUT] = JOIN, [WAITING] = BOARD, [ADMITTED] = JOIN, [INSIDE] = LEAVE};

    while (crowd.timers > 0 && due_at(0) <= now && crowd.idle != NULL) {
        struct asker *asker = crowd.idle;
        crowd.idle = asker->next_idle;
        uint32_t fan = next_fan();
        if (now - crowd.fan[fan].due_ms > crowd.row.latest_ms)
            crowd.row.latest_ms = now - crowd.fan[fan].due_ms;
        ask(asker, fan, asks[crowd.fan[fan].where]);
    }
}

static void take_answers(void)
{
    struct asker *asker;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(crowd.multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &asker);
        curl_multi_remove_handle(crowd.multi, asker->easy);
        if (hear(asker, code)) {
            ask(asker, asker->fan, OWN);
        } else {
            asker->next_idle = crowd.idle;
            crowd.idle = asker;
        }
    }
}

static void go_on(int64_t until_ms)
{
    int64_t now = now_ms();
    int running;

    ask_what_is_due(now);
    curl_multi_perform(crowd.multi, &running);
    take_answers();
    if (crowd.idle != NULL && crowd.timers > 0 && due_at(0) < until_ms)
        until_ms = due_at(0);
    now = now_ms();
    if (until_ms > now)
        curl_multi_poll(crowd.multi, NULL, 0, (int)(until_ms - now), NULL);
}

static void print_row(int second)
{
    printf("%d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 "\n", second,
           crowd.row.asked[BOARD], crowd.row.asked[OWN], crowd.row.asked[JOIN], crowd.row.entered,
           crowd.row.asked[LEAVE], crowd.row.failed, crowd.row.latest_ms);
    fflush(stdout);
    memset(&crowd.row, 0, sizeof(crowd.row));
}

/* Each is somewhere between two questions, of both kinds. The first fan brings the board's table. */
static void spread(uint32_t fans)
{
    ask_at(0, now_ms());
    while (crowd.poll_rows == 0)
        go_on(now_ms() + SECOND_MS);
    for (uint32_t n = 1; n < fans; n++) {
        struct fan *fan = &crowd.fan[n];
        fan->own_due_ms = now_ms() + share_of(fan->told_ms, 0, 1);
        ask_at(n, now_ms() + share_of(ms_for(fan->ahead), 0, 1));
    }
}

static void all_join(uint32_t fans)
{
    int64_t began = now_ms();

    crowd.heap = must(calloc(crowd.fans, sizeof(*crowd.heap)));
    while (crowd.arrived < fans)
        arrive();
    while (crowd.joined < fans)
        go_on(now_ms() + SECOND_MS);
    crowd.all_joined = true;
    printf("joined %.1f\n", (double)(now_ms() - began) / SECOND_MS);
    fflush(stdout);
    spread(fans);
    memset(&crowd.row, 0, sizeof(crowd.row));
}

static void read_tokens(const char *path)
{
    FILE *file = must(fopen(path, "r"));
    char line[512];
    uint32_t room = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (crowd.fans == room) {
            room = 2 * room + 1024;
            crowd.fan = must(realloc(crowd.fan, room * sizeof(*crowd.fan)));
        }
        crowd.fan[crowd.fans++] = (struct fan){.token = must(strdup(line))};
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    char url[128];

    if (argc != 6) {
        fprintf(stderr, "usage: waiting PORT CONCERT TOKENS FANS SECONDS\n");
        return 2;
    }
    snprintf(url, sizeof(url), "http://127.0.0.1:%s/api/v1/concerts/%s", argv[1], argv[2]);
    crowd.url = url;
    read_tokens(argv[3]);
    uint32_t fans = (uint32_t)strtoul(argv[4], NULL, 10);
    if (fans == 0 || fans > crowd.fans)
        return 2;
    srand48(1);
    make_askers();
    all_join(fans);
    int64_t began = now_ms();
    for (int second = 1; second <= atoi(argv[5]); second++) {
        while (now_ms() < began + (int64_t)second * SECOND_MS)
            go_on(began + (int64_t)second * SECOND_MS);
        print_row(second);
    }
    return EXIT_SUCCESS;
}
