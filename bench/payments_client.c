/*
 * Clients of a payment system, each with one kept connection and one request at a time.
 *
 *   payments_client PORT TOKENS CONCERT DATE FIRST pay CLIENTS SECONDS    seats from FIRST on, by the fan of each number
 *   payments_client PORT TOKENS CONCERT DATE FIRST one CLIENTS SECONDS    the same, all by the fan of number 1
 *   payments_client PORT TOKENS CONCERT DATE FIRST hold PAIRS             two fans at a time hold a seat each
 *   payments_client PORT TOKENS CONCERT DATE FIRST race PAIRS             two fans at a time want the same seat
 *   payments_client PORT TOKENS CONCERT DATE FIRST charge CLIENTS SECONDS BURST
 *                                                                  the fans of FIRST and after charge points, one after
 *                                                                  the other; every quarter of a second the fan of
 *                                                                  number 1 sends BURST charges at once (0: none)
 *
 * The fan of number n has the nth token. Prints what came of it: seats or charges, a second, median and 99th
 * percentile in microseconds; of a race these are the loser's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"

enum {
    CLIENTS_MAX = 512,
    SAMPLES_MAX = 400000,
    REQUEST_ROOM = 1024,
    ANSWER_ROOM = 8192,
    TOKENS_MAX = 100000,
    BUSY_PAUSE_US = 10000,
    BURST_EVERY_US = 250000,
};

struct client {
    pthread_t thread;
    int index;
    int socket;
    uint32_t *samples_us;
    size_t count;
    size_t refused;
    char answer[ANSWER_ROOM + 1];
};

static struct {
    struct sockaddr_in server;
    char *tokens[TOKENS_MAX];
    size_t tokens_count;
    const char *concert;
    const char *date;
    unsigned first;
    const char *kind;
    int clients;
    atomic_uint next;
    atomic_bool stop;
    int64_t began_ns;
    pthread_barrier_t pair;
} bench;

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* ---- one request ---- */

static int connect_one(void)
{
    int yes = 1;
    int link = socket(AF_INET, SOCK_STREAM, 0);

    if (link < 0 || connect(link, (struct sockaddr *)&bench.server, sizeof(bench.server)) != 0)
        die("connect");
    setsockopt(link, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    return link;
}

static void send_request(int link, unsigned fan, const char *path, const char *body, unsigned key)
{
    char request[REQUEST_ROOM];
    int length = snprintf(request, sizeof(request),
                          "POST /api/v1%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nIdempotency-Key: "
                          "%" PRId64 "-%u\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                          path, bench.tokens[(fan - 1) % bench.tokens_count], bench.began_ns, key, strlen(body), body);

    if (write(link, request, (size_t)length) != length)
        die("write");
}

/* Is the answer there to its end? */
static bool is_whole(const char *answer, size_t got)
{
    const char *head = strstr(answer, "\r\n\r\n");
    const char *length = strcasestr(answer, "\r\nContent-Length:");

    if (head == NULL)
        return false;
    return length == NULL || length > head || got >= (size_t)(head - answer) + 4 + strtoul(length + 17, NULL, 10);
}

static int read_status(int link, char *answer)
{
    size_t got = 0;

    do {
        ssize_t some = read(link, answer + got, ANSWER_ROOM - got);
        if (some <= 0)
            die("read");
        got += (size_t)some;
        answer[got] = '\0';
    } while (!is_whole(answer, got));
    return atoi(answer + 9);
}

static int ask(struct client *client, unsigned fan, const char *path, const char *body, unsigned key)
{
    int64_t asked_ns = clock_steady_ns();

    send_request(client->socket, fan, path, body, key);
    int status = read_status(client->socket, client->answer);
    if (client->count < SAMPLES_MAX)
        client->samples_us[client->count] = (uint32_t)((clock_steady_ns() - asked_ns) / 1000);
    return status;
}

static void unexpected(const struct client *client)
{
    fprintf(stderr, "unexpected: %s\n", client->answer);
    exit(EXIT_FAILURE);
}

/* ---- what the clients do ---- */

static void pay_seats(struct client *client)
{
    char body[128];
    bool by_one = strcmp(bench.kind, "one") == 0;

    while (!bench.stop) {
        unsigned seat = atomic_fetch_add(&bench.next, 1);
        snprintf(body, sizeof(body), "{\"reservation_numbers\":[\"%s.%s.%u\"]}", bench.date, bench.concert, seat);
        int status;
        while ((status = ask(client, by_one ? 1 : seat, "/payments", body, seat)) != 201 && !bench.stop) {
            if (status != 429 && status != 409)
                unexpected(client);
            client->refused++;
            usleep(BUSY_PAUSE_US);
        }
        client->count += status == 201;
    }
}

static void hold_seats(struct client *client)
{
    char path[64];
    char body[64];
    bool same = strcmp(bench.kind, "race") == 0;

    snprintf(path, sizeof(path), "/concerts/%s/holds", bench.concert);
    for (int pair = 0; pair < bench.clients; pair++) {
        unsigned fan = bench.first + 2 * (unsigned)pair + (unsigned)client->index;
        snprintf(body, sizeof(body), "{\"seats\":[%u]}", same ? fan - (unsigned)client->index : fan);
        pthread_barrier_wait(&bench.pair);
        int status = ask(client, fan, path, body, fan);
        if (status != 201 && (status != 409 || !same))
            unexpected(client);
        client->count += same ? status == 409 : status == 201;
    }
}

static void charge_points(struct client *client)
{
    for (unsigned key = 0; !bench.stop; key++) {
        if (ask(client, bench.first + (unsigned)client->index, "/points/charges", "{\"amount\":1}", key) != 201)
            unexpected(client);
        client->count++;
    }
}

static void *run_client(void *args)
{
    struct client *client = args;

    client->socket = connect_one();
    client->samples_us = must(calloc(SAMPLES_MAX, sizeof(*client->samples_us)));
    if (strcmp(bench.kind, "charge") == 0)
        charge_points(client);
    else if (strcmp(bench.kind, "pay") == 0 || strcmp(bench.kind, "one") == 0)
        pay_seats(client);
    else
        hold_seats(client);
    close(client->socket);
    return NULL;
}

/* ---- one account with very many requests ---- */

struct burst {
    int size;
    size_t sent;
    size_t done;
    size_t told_to_come_back;
};

static void send_burst(struct burst *burst, const int *links)
{
    static char answer[ANSWER_ROOM + 1];

    for (int i = 0; i < burst->size; i++)
        send_request(links[i], 1, "/points/charges", "{\"amount\":1}", 1000000 + (unsigned)burst->sent++);
    for (int i = 0; i < burst->size; i++) {
        int status = read_status(links[i], answer);
        burst->done += status == 201;
        burst->told_to_come_back += status == 429 || status == 409 || status == 503;
    }
}

static void *run_bursts(void *args)
{
    struct burst *burst = args;
    int links[CLIENTS_MAX];

    for (int i = 0; i < burst->size; i++)
        links[i] = connect_one();
    while (!bench.stop && burst->size > 0) {
        send_burst(burst, links);
        usleep(BURST_EVERY_US);
    }
    for (int i = 0; i < burst->size; i++)
        close(links[i]);
    return NULL;
}

/* ---- the report ---- */

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

static void report(struct client *clients, int count, double seconds, const struct burst *burst)
{
    size_t total = 0;
    size_t refused = 0;
    uint32_t *all = must(calloc((size_t)count * SAMPLES_MAX, sizeof(*all)));

    for (int i = 0; i < count; i++) {
        memcpy(all + total, clients[i].samples_us, clients[i].count * sizeof(*all));
        total += clients[i].count;
        refused += clients[i].refused;
    }
    qsort(all, total, sizeof(*all), by_size);
    printf("%s %zu %.0f %u %u", bench.kind, total, (double)total / seconds, total > 0 ? all[total / 2] : 0,
           total > 0 ? all[total * 99 / 100] : 0);
    if (refused > 0)
        printf(" refused=%zu", refused);
    if (burst->sent > 0)
        printf(" burst=%zu done=%zu told_to_come_back=%zu", burst->sent, burst->done, burst->told_to_come_back);
    printf("\n");
}

static void read_tokens(const char *path)
{
    FILE *file = must(fopen(path, "r"));
    char line[512];

    while (bench.tokens_count < TOKENS_MAX && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        bench.tokens[bench.tokens_count++] = must(strdup(line));
    }
    fclose(file);
}

static void run(int count, double seconds, int burst_size)
{
    struct client *clients = must(calloc((size_t)count, sizeof(*clients)));
    struct burst burst = {.size = burst_size};
    pthread_t bursts;

    bench.began_ns = clock_steady_ns();
    for (int i = 0; i < count; i++) {
        clients[i].index = i;
        pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
    }
    pthread_create(&bursts, NULL, run_bursts, &burst);
    if (seconds > 0)
        usleep((useconds_t)(seconds * 1e6));
    bench.stop = seconds > 0;
    for (int i = 0; i < count; i++)
        pthread_join(clients[i].thread, NULL);
    double took_s = (double)(clock_steady_ns() - bench.began_ns) / 1e9;
    bench.stop = true;
    pthread_join(bursts, NULL);
    report(clients, count, took_s, &burst);
}

int main(int argc, char **argv)
{
    if (argc < 8 || atoi(argv[7]) < 1) {
        fprintf(stderr, "usage: payments_client PORT TOKENS CONCERT DATE FIRST KIND CLIENTS|PAIRS [SECONDS [BURST]]\n");
        return 2;
    }
    bench.server = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    read_tokens(argv[2]);
    bench.concert = argv[3];
    bench.date = argv[4];
    bench.first = (unsigned)atoi(argv[5]);
    bench.kind = argv[6];
    bench.clients = atoi(argv[7]);
    bench.next = bench.first;
    pthread_barrier_init(&bench.pair, NULL, 2);
    bool pairs = strcmp(bench.kind, "hold") == 0 || strcmp(bench.kind, "race") == 0;
    run(pairs ? 2 : bench.clients, argc > 8 ? atof(argv[8]) : 0, argc > 9 ? atoi(argv[9]) : 0);
    return EXIT_SUCCESS;
}
