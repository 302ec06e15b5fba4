/*
 * The ceiling that the bench holds frontrow-web against: the same edge, the same threads, and either one
 * script or one transaction, with the keys and rows of the real thing. No token is read, no body
 * parsed, no lock taken, no answer made; which account and which seat it is comes from a counter.
 *
 *   bare_worker CONFIG SOCKET PROCESSES THREADS CONCERT HALL ACCOUNTS SEATS
 *
 * CONCERT is the one to queue for and to hold seats of, HALL the first of those to pay for; each has SEATS.
 *
 *   GET  …/queue     the script queues_find
 *   POST …/queue     the script queues_join
 *   POST …/holds     the script seat_holds_place, for a seat that is free
 *   POST …/contended the same, for one of a few that everybody wants
 *   POST …/charges   the transaction of a charge
 *   POST …/payments  the transaction of a payment for one seat
 *   anything else    nothing: the "hello" of FastCGI
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
#include <talloc.h>
#include <unistd.h>

#include "base/call.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/must.h"
#include "base/secret.h"
#include "http/edge.h"
#include "store/accounts.h"
#include "store/idempotency.h"
#include "store/mysql.h"
#include "store/outbox.h"
#include "store/payments.h"
#include "store/points_ledger.h"
#include "store/reservations.h"
#include "store/scripts.h"
#include "store/store.h"
#include "store/transaction.h"

enum { WORDS_MAX = 32, ANSWER_BYTES = 400, SEATS_A_FAN = 4, CONTENDED = 50, AMOUNT = 100, WORKER_NICE = 5 };

#define DATE "20990301"

/* Set once by main, before there are threads; each request takes the next number. */
static struct {
    const struct config *config;
    uint64_t concert;
    uint64_t hall;
    uint64_t accounts;
    uint64_t seats;
    _Atomic uint64_t *next; /* one for payments, one for all else */
} bare;

struct thread {
    redisContext *redis;
    struct store *store;
    const char *run; /* of Redis */
    void *mem;
};

static const char *read_run(struct thread *thread)
{
    redisReply *info = must(redisCommand(thread->redis, "INFO server"));
    const char *at = (const char *)must(strstr(info->str, "run_id:")) + strlen("run_id:");
    const char *run = must(talloc_strndup(thread, at, strcspn(at, "\r\n")));

    freeReplyObject(info);
    return run;
}

static void *start_thread(void *shared, size_t number)
{
    static const enum script scripts[] = {SCRIPT_QUEUES_FIND, SCRIPT_QUEUES_JOIN, SCRIPT_SEAT_HOLDS_PLACE};
    struct thread *thread = must(talloc_zero(NULL, struct thread));

    (void)number;
    thread->store = store_new(thread, shared);
    thread->mem = must(talloc_pool(thread, 64 * 1024));
    thread->redis = must(redisConnectUnix(bare.config->redis_socket));
    thread->run = read_run(thread);
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        freeReplyObject(must(redisCommand(thread->redis, "SCRIPT LOAD %s", script_texts[scripts[i]].lua)));
    return thread;
}

static void stop_thread(void *data)
{
    struct thread *thread = data;

    redisFree(thread->redis);
    talloc_free(thread);
}

/* ---- scripts ---- */

/* EVALSHA of a script on the keys "name:{cN}"; a name with a colon is one account's own. */
struct question {
    enum script script;
    const char *names[WORDS_MAX];
    const char *args[WORDS_MAX];
    size_t names_count;
    size_t args_count;
    size_t words_least; /* of an answer that is one: that the concert is cold has fewer */
};

static bool ask(redisContext *redis, const struct question *question)
{
    char keys[WORDS_MAX][48];
    char count[8];
    const char *words[WORDS_MAX] = {"EVALSHA", script_texts[question->script].sha1, count};
    size_t used = 3;

    if (used + question->names_count + question->args_count > WORDS_MAX)
        abort();
    snprintf(count, sizeof(count), "%zu", question->names_count);
    for (size_t i = 0; i < question->names_count; i++) {
        const char *rest = strchrnul(question->names[i], ':');
        snprintf(keys[i], sizeof(keys[i]), "%.*s:{c%" PRIu64 "}%s", (int)(rest - question->names[i]),
                 question->names[i], bare.concert, rest);
        words[used++] = keys[i];
    }
    memcpy(words + used, question->args, question->args_count * sizeof(*words));
    redisReply *reply = redisCommandArgv(redis, (int)(used + question->args_count), words, NULL);
    bool good = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements >= question->words_least;
    if (reply != NULL)
        freeReplyObject(reply);
    return good;
}

#define SESSION "00112233445566778899aabbccddeeff"

static bool find(const struct thread *thread, const char *account)
{
    struct question asked = {
        .script = SCRIPT_QUEUES_FIND,
        .names = {"wait", "admitted", "active", "places", "early", "away", "sold", "gate", "seen", "early_seen",
                  "totals", "concert", "revoked"},
        .names_count = 13,
        .args = {account, thread->run, SESSION},
        .args_count = 3,
        .words_least = 6,
    };

    return ask(thread->redis, &asked);
}

static bool join(const struct thread *thread, const char *account)
{
    struct question asked = {
        .script = SCRIPT_QUEUES_JOIN,
        .names = {"wait", "admitted", "active", "places", "early", "away", "seq", "restored:0", "sold", "gate", "draw",
                  "seen", "early_seen", "entered", "totals", "concert", "revoked"},
        .names_count = 17,
        .args = {account, "0", "0", "number", thread->run, SESSION},
        .args_count = 6,
        .words_least = 6,
    };

    return ask(thread->redis, &asked);
}

/* words_least: 6 when it has to be held; 2 when "taken" and the seat are an answer, too. */
static bool place(const struct thread *thread, const char *account, const char *seat, size_t words_least)
{
    char held[40];
    char extended[40];
    struct question asked = {
        .script = SCRIPT_SEAT_HOLDS_PLACE,
        .names = {"admitted", "active", "places", "sold", "hold", "holds", held, "hold_bits", "version", extended,
                  "totals", "concert", "revoked"},
        .names_count = 13,
        .args = {account, "60000", "1", seat, thread->run, SESSION},
        .args_count = 6,
        .words_least = words_least,
    };

    snprintf(held, sizeof(held), "held:%s", account);
    snprintf(extended, sizeof(extended), "extended:%s", account);
    return ask(thread->redis, &asked);
}

/* ---- transactions ---- */

static enum tx charge(struct call *call, void *args)
{
    struct point_entry entry = {.account_id = call->account_id, .delta = AMOUNT, .reason = "charge", .reference = ""};
    struct sql_done done[TRANSACTION_ASKS];

    (void)args;
    points_ledger_ask_credit(call, &entry);
    if (transact_ask(call, done, TRANSACTION_ASKS) != TX_KEEP || points_ledger_credited(done, &entry) != 1)
        return TX_BROKEN;
    return idempotency_insert(call, "{}") == 1 ? TX_KEEP : TX_BROKEN;
}

/* The event is a real one: what comes after a payment is the same for both sides. */
static const char *payload_of(struct call *call, const struct event *event, const struct reservation *reservation)
{
    return must(
        talloc_asprintf(call->mem,
                        "{\"event_id\":\"%s\",\"type\":\"payment.completed\",\"version\":1,\"payment_id\":%" PRIu64
                        ",\"account_id\":%" PRIu64 ",\"concert_id\":%" PRIu64
                        ",\"place\":0,\"amount\":%d,\"paid_at\":\"2027-03-01T10:00:00.000Z\",\"reservations\":["
                        "{\"reservation_number\":\"%s\",\"seat\":%" PRIu32 ",\"price\":%d}]}",
                        event->id, reservation->payment_id, call->account_id, reservation->concert_id, AMOUNT,
                        reservation->reservation_number, reservation->seat, AMOUNT));
}

static enum tx pay(struct call *call, void *args)
{
    struct reservation *reservation = args;
    char reference[24];
    struct payment_made made;
    struct event event = {
        .aggregatetype = "payment", .aggregateid = reference, .type = "payment.completed", .created_ms = call->now_ms};
    struct sql_done done[TRANSACTION_ASKS];

    payments_ask_debit(call, AMOUNT);
    payments_ask_insert(call, reservation->concert_id, AMOUNT);
    if (transact_ask(call, done, TRANSACTION_ASKS) != TX_KEEP || payments_debited(done, &made) != 1)
        return TX_BROKEN;
    reservation->payment_id = made.payment_id;
    if (idempotency_insert(call, "{}") != 1 || reservations_insert(call, made.payment_id, reservation) != 1)
        return TX_BROKEN;
    snprintf(reference, sizeof(reference), "%" PRIu64, reservation->payment_id);
    struct point_entry entry = {.account_id = call->account_id,
                                .delta = -AMOUNT,
                                .reason = "payment",
                                .reference = reference,
                                .balance_after = made.balance};
    secret_uuid(event.id);
    event.payload = payload_of(call, &event, reservation);
    return points_ledger_insert(call, &entry) == 1 && outbox_insert(call, &event) == 1 ? TX_KEEP : TX_BROKEN;
}

/* Seat after seat, hall after hall: no seat is paid for twice while the bench runs. */
static bool transact_one(struct thread *thread, const char *key, uint64_t number, bool is_payment)
{
    struct reservation reservation = {
        .concert_id = bare.hall + number / bare.seats, .seat = (uint32_t)(number % bare.seats) + 1, .price = AMOUNT};
    struct call call = {.mem = thread->mem,
                        .store = thread->store,
                        .now_ms = clock_now_ms(),
                        .account_id = number % bare.accounts + 1,
                        .request_id = "",
                        .idempotency_key = key};

    reservation.reservation_number =
        must(talloc_asprintf(thread->mem, DATE ".%" PRIu64 ".%" PRIu32, reservation.concert_id, reservation.seat));
    enum transaction_end end = is_payment ? transact(&call, pay, &reservation) : transact(&call, charge, NULL);
    talloc_free_children(thread->mem);
    return end == TRANSACTION_KEPT;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static bool work(FCGX_Request *fcgi, struct thread *thread)
{
    const char *path = must(FCGX_GetParam("REQUEST_URI", fcgi->envp));
    const char *key = FCGX_GetParam("HTTP_IDEMPOTENCY_KEY", fcgi->envp);
    bool is_get = strcmp(must(FCGX_GetParam("REQUEST_METHOD", fcgi->envp)), "GET") == 0;
    bool is_payment = ends_with(path, "/payments");
    uint64_t number = atomic_fetch_add_explicit(&bare.next[is_payment], 1, memory_order_relaxed);
    char account[24];
    char seat[24];

    if (ends_with(path, "/holds")) {
        /* As the load generator does it: one seat a request, four to a fan. */
        number %= bare.seats;
        snprintf(account, sizeof(account), "%" PRIu64, number / SEATS_A_FAN + 1);
        snprintf(seat, sizeof(seat), "%" PRIu64, number + 1);
        return place(thread, account, seat, 6);
    }
    if (ends_with(path, "/contended")) {
        snprintf(account, sizeof(account), "%" PRIu64, number % bare.accounts + 1);
        snprintf(seat, sizeof(seat), "%" PRIu64, number % CONTENDED + 1);
        return place(thread, account, seat, 2);
    }
    if (is_payment || ends_with(path, "/charges"))
        return transact_one(thread, must(key), number, is_payment);
    if (!ends_with(path, "/queue"))
        return true;
    snprintf(account, sizeof(account), "%" PRIu64, number % bare.accounts + 1);
    return is_get ? find(thread, account) : join(thread, account);
}

static void serve(FCGX_Request *fcgi, void *thread)
{
    static const char head[] = "Content-Type: application/json\r\nCache-Control: no-store\r\n\r\n";
    char body[4096];
    char answer[sizeof(head) + ANSWER_BYTES];

    while (FCGX_GetStr(body, sizeof(body), fcgi->in) > 0)
        continue;
    if (!work(fcgi, thread)) {
        FCGX_PutS("Status: 500 Internal Server Error\r\n\r\n", fcgi->out);
        return;
    }
    memcpy(answer, head, sizeof(head) - 1);
    memset(answer + sizeof(head) - 1, ' ', ANSWER_BYTES);
    memcpy(answer + sizeof(head) - 1, "{}", 2);
    FCGX_PutStr(answer, (int)sizeof(head) - 1 + ANSWER_BYTES, fcgi->out);
}

/* ---- processes ---- */

static _Noreturn void run_process(int listener, const int hand_over[2], size_t threads)
{
    struct store_shared *shared = must(store_shared_new(NULL, bare.config));
    struct edge *edge = must(edge_start(&(struct edge_options){.listen_socket = listener,
                                                               .give_socket = hand_over[0],
                                                               .take_socket = hand_over[1],
                                                               .threads = threads,
                                                               .serve = serve,
                                                               .thread_start = start_thread,
                                                               .thread_stop = stop_thread,
                                                               .shared = shared}));
    sigset_t awaited;
    int signal_number;

    (void)edge;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    while (sigwait(&awaited, &signal_number) != 0)
        continue;
    _exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    sigset_t blocked;
    int hand_over[2];
    int signal_number;

    bare.config = argc == 9 ? config_read(NULL, argv[1]) : NULL;
    if (bare.config == NULL) {
        fprintf(stderr, "usage: bare_worker CONFIG SOCKET PROCESSES THREADS CONCERT HALL ACCOUNTS SEATS\n");
        return 2;
    }
    bare.concert = strtoull(argv[5], NULL, 10);
    bare.hall = strtoull(argv[6], NULL, 10);
    bare.accounts = strtoull(argv[7], NULL, 10);
    bare.seats = strtoull(argv[8], NULL, 10);
    bare.next = mmap(NULL, 2 * sizeof(*bare.next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    /* As frontrow-web steps back behind nginx. */
    if (nice(WORKER_NICE) == -1)
        return EXIT_FAILURE;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    int listener = edge_listen(argv[2], 511);
    if (listener < 0 || !edge_hand_over_pair(&hand_over[0], &hand_over[1]))
        return EXIT_FAILURE;
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            run_process(listener, hand_over, (size_t)strtol(argv[4], NULL, 10));
        }
    }
    sigwait(&blocked, &signal_number);
    kill(0, SIGTERM);
    while (wait(NULL) > 0)
        continue;
    return EXIT_SUCCESS;
}
