/*
 * The ceiling that the bench holds frontrow-web against: the same edge, the same threads, the same
 * script with the same keys, and nothing else. No token is read, no body parsed, no answer made;
 * which account and which seat it is comes from a counter.
 *
 *   bare_worker SOCKET REDIS_SOCKET PROCESSES THREADS CONCERT ACCOUNTS SEATS
 *
 * GET …/queue runs queues_find, POST …/queue queues_join, POST …/holds seat_holds_place; anything else
 * is answered without a script (the "hello" of FastCGI).
 */
#include <fcgiapp.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"
#include "http/edge.h"
#include "store/scripts.h"

enum { WORDS_MAX = 24, ANSWER_BYTES = 400, SEATS_A_FAN = 4 };

/* Set once by main, before there are threads; each request takes the next number. */
static struct {
    const char *redis_socket;
    uint64_t concert;
    uint64_t accounts;
    uint64_t seats;
    _Atomic uint64_t *next;
} bare;

static void *connect_thread(void *shared, size_t thread)
{
    static const enum script scripts[] = {SCRIPT_QUEUES_FIND, SCRIPT_QUEUES_JOIN, SCRIPT_SEAT_HOLDS_PLACE};
    redisContext *redis = must(redisConnectUnix(bare.redis_socket));

    (void)shared;
    (void)thread;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        freeReplyObject(must(redisCommand(redis, "SCRIPT LOAD %s", script_texts[scripts[i]].lua)));
    return redis;
}

static void disconnect_thread(void *redis)
{
    redisFree(redis);
}

/* EVALSHA of a script on the keys "name:{cN}"; a name with a colon is one account's own. */
struct question {
    enum script script;
    const char *names[WORDS_MAX];
    const char *args[WORDS_MAX];
    size_t names_count;
    size_t args_count;
};

static bool ask(redisContext *redis, const struct question *question)
{
    char keys[WORDS_MAX][48];
    char count[8];
    const char *words[WORDS_MAX] = {"EVALSHA", script_texts[question->script].sha1, count};
    size_t used = 3;

    snprintf(count, sizeof(count), "%zu", question->names_count);
    for (size_t i = 0; i < question->names_count; i++) {
        const char *rest = strchrnul(question->names[i], ':');
        snprintf(keys[i], sizeof(keys[i]), "%.*s:{c%" PRIu64 "}%s", (int)(rest - question->names[i]),
                 question->names[i], bare.concert, rest);
        words[used++] = keys[i];
    }
    memcpy(words + used, question->args, question->args_count * sizeof(*words));
    redisReply *reply = redisCommandArgv(redis, (int)(used + question->args_count), words, NULL);
    bool good = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements >= 6;
    if (reply != NULL)
        freeReplyObject(reply);
    return good;
}

#define SESSION "00112233445566778899aabbccddeeff"

static bool find(redisContext *redis, const char *account)
{
    return ask(redis, &(struct question){SCRIPT_QUEUES_FIND,
                                         {"wait", "admitted", "active", "places", "sold", "concert", "revoked"},
                                         {account, SESSION},
                                         7,
                                         2});
}

static bool join(redisContext *redis, const char *account)
{
    return ask(redis, &(struct question){
                          SCRIPT_QUEUES_JOIN,
                          {"wait", "admitted", "active", "places", "seq", "restored:0", "sold", "concert", "revoked"},
                          {account, "0", "0", SESSION},
                          9,
                          4});
}

static bool place(redisContext *redis, const char *account, const char *seat)
{
    char held[40];
    char extended[40];

    snprintf(held, sizeof(held), "held:%s", account);
    snprintf(extended, sizeof(extended), "extended:%s", account);
    return ask(redis, &(struct question){SCRIPT_SEAT_HOLDS_PLACE,
                                         {"admitted", "active", "places", "sold", "hold", "holds", held, "hold_bits",
                                          "version", extended, "wait", "concert", "revoked"},
                                         {account, "600000", "1", seat, SESSION},
                                         13,
                                         5});
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static bool run_script(FCGX_Request *fcgi, redisContext *redis)
{
    const char *path = must(FCGX_GetParam("REQUEST_URI", fcgi->envp));
    const char *method = must(FCGX_GetParam("REQUEST_METHOD", fcgi->envp));
    uint64_t number = atomic_fetch_add_explicit(bare.next, 1, memory_order_relaxed);
    char account[24];
    char seat[24];

    if (ends_with(path, "/holds")) {
        /* As the load generator does it: one seat a request, four to a fan. */
        number %= bare.seats;
        snprintf(account, sizeof(account), "%" PRIu64, number / SEATS_A_FAN + 1);
        snprintf(seat, sizeof(seat), "%" PRIu64, number + 1);
        return place(redis, account, seat);
    }
    if (!ends_with(path, "/queue"))
        return true;
    snprintf(account, sizeof(account), "%" PRIu64, number % bare.accounts + 1);
    return strcmp(method, "GET") == 0 ? find(redis, account) : join(redis, account);
}

static void serve(FCGX_Request *fcgi, void *redis)
{
    static const char head[] = "Content-Type: application/json\r\nCache-Control: no-store\r\n\r\n";
    char body[4096];
    char answer[sizeof(head) + ANSWER_BYTES];

    while (FCGX_GetStr(body, sizeof(body), fcgi->in) > 0)
        continue;
    if (!run_script(fcgi, redis)) {
        FCGX_PutS("Status: 500 Internal Server Error\r\n\r\n", fcgi->out);
        return;
    }
    memcpy(answer, head, sizeof(head) - 1);
    memset(answer + sizeof(head) - 1, ' ', ANSWER_BYTES);
    memcpy(answer + sizeof(head) - 1, "{}", 2);
    FCGX_PutStr(answer, (int)sizeof(head) - 1 + ANSWER_BYTES, fcgi->out);
}

static _Noreturn void run_process(int listener, const int hand_over[2], size_t threads)
{
    struct edge *edge = edge_start(&(struct edge_options){.listen_socket = listener,
                                                          .give_socket = hand_over[0],
                                                          .take_socket = hand_over[1],
                                                          .threads = threads,
                                                          .serve = serve,
                                                          .thread_start = connect_thread,
                                                          .thread_stop = disconnect_thread});
    sigset_t awaited;
    int signal_number;

    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    while (edge == NULL || sigwait(&awaited, &signal_number) != 0)
        continue;
    _exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    sigset_t blocked;

    if (argc != 8) {
        fprintf(stderr, "usage: bare_worker SOCKET REDIS_SOCKET PROCESSES THREADS CONCERT ACCOUNTS SEATS\n");
        return 2;
    }
    bare.redis_socket = argv[2];
    bare.concert = strtoull(argv[5], NULL, 10);
    bare.accounts = strtoull(argv[6], NULL, 10);
    bare.seats = strtoull(argv[7], NULL, 10);
    bare.next = mmap(NULL, sizeof(*bare.next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    int hand_over[2];
    int listener = edge_listen(argv[1], 511);
    if (listener < 0 || !edge_hand_over_pair(&hand_over[0], &hand_over[1]))
        return EXIT_FAILURE;
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            run_process(listener, hand_over, (size_t)strtol(argv[4], NULL, 10));
        }
    }
    int signal_number;
    sigwait(&blocked, &signal_number);
    kill(0, SIGTERM);
    while (wait(NULL) > 0)
        continue;
    return EXIT_SUCCESS;
}
