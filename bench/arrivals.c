/*
 * A crowd that does not wait for answers before more of it arrives: requests, or whole fans' stories, start at a rate
 * that is set beforehand, and their time counts from the moment at which they were due. wrk sends the next request
 * when the last was answered, so it slows down with the server and cannot show an overload.
 *
 *   arrivals PORT KIND RATE:SECONDS[,RATE:SECONDS…] TOKENS CONCERT DATE FIRST CONNECTIONS SEATS
 *
 *   status   one's own place in the queue
 *   hold     one seat, four to a fan, SEATS in each of the concerts from CONCERT on
 *   pay      a seat that the fan of the same number holds, SEATS in each of the concerts from CONCERT on
 *   story    join, be admitted, look at the seats, hold two, pay, look at the reservations
 *
 * It looks at the clock and at its connections a few times a millisecond, all of them at once: often with a processor
 * that nginx needs as well, so what it takes for itself must be little. How late it was itself is in the report.
 *
 * Prints one object of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"

enum {
    PHASES_MAX = 16,
    CONNECTIONS_MAX = 20000,
    CONNECTIONS_AT_FIRST = 1000,
    REQUEST_ROOM = 1024,
    ANSWER_ROOM = 65536,
    SEATS_A_FAN = 4,
    SEATS_A_STORY = 2,
    SLOT_MS = 100,
    SLOTS_MAX = 6000,
    LOOK_US = 250,
    EVENTS_AT_ONCE = 256,
    THINK_MS = 400,
    GIVE_UP_S = 10,
};

enum kind { STATUS, HOLD, PAY, STORY, KINDS };
static const char *const kind_names[KINDS] = {"status", "hold", "pay", "story"};

enum step { JOIN, LOOK, SEATS, TAKE, BUY, OWN, STEPS };
static const char *const step_names[STEPS] = {"join", "look", "seats", "hold", "pay", "reservations"};

enum end { OK, REFUSED, OTHER, BROKEN, ENDS };
static const char *const end_names[ENDS] = {"ok", "refused", "other", "broken"};

struct phase {
    double rate;
    double seconds;
};

/* Durations in microseconds. */
struct durations {
    uint32_t *us;
    size_t count;
    size_t room;
};

/* One request, or one fan on the way through a story. */
struct arrival {
    uint64_t number;
    int64_t due_ns;  /* of this step */
    int64_t born_ns; /* of the first one */
    enum step step;
    struct arrival *next; /* in a list of those that wait */
};

struct connection {
    int socket;
    struct arrival *arrival; /* NULL while idle */
    char request[REQUEST_ROOM];
    size_t to_send;
    size_t sent;
    char *answer;
    size_t got;
    struct connection *next_idle;
};

static struct {
    struct sockaddr_in server;
    enum kind kind;
    char **tokens;
    size_t fans;
    uint64_t concert;
    const char *date;
    uint64_t seats;
    int connections_max;
    int epoll;
    int open;
    struct connection *idle;
    struct arrival *waiting; /* for a connection; oldest first */
    struct arrival *last_waiting;
    struct arrival *thinking; /* fans between two steps; soonest first, as all think for as long */
    struct arrival *last_thinking;
    size_t under_way;
    int64_t began_ns;
    int64_t ends_ns; /* nothing arrives from then on */
    uint64_t in_time[ENDS];
    struct durations took[ENDS];
    struct durations took_step[STEPS];
    struct durations late;            /* from when somebody was due until we came to it */
    struct durations slot[SLOTS_MAX]; /* of those that were answered, by when they were due */
    uint64_t ends_by_slot[SLOTS_MAX][ENDS];
    uint64_t refused_without_hint;
} crowd;

static void remember(struct durations *durations, int64_t took_ns)
{
    if (durations->count == durations->room) {
        durations->room = durations->room == 0 ? 64 : 2 * durations->room;
        durations->us = must(realloc(durations->us, durations->room * sizeof(*durations->us)));
    }
    durations->us[durations->count++] = took_ns < 0 ? 0 : (uint32_t)(took_ns / 1000);
}

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

static uint32_t percentile(struct durations *durations, double share)
{
    if (durations->count == 0)
        return 0;
    qsort(durations->us, durations->count, sizeof(*durations->us), by_size);
    size_t index = (size_t)ceil(share * (double)durations->count);
    return durations->us[index == 0 ? 0 : index - 1];
}

/* ---- lists ---- */

static void append(struct arrival **first, struct arrival **last, struct arrival *arrival)
{
    arrival->next = NULL;
    if (*first == NULL)
        *first = arrival;
    else
        (*last)->next = arrival;
    *last = arrival;
}

static struct arrival *take_first(struct arrival **first)
{
    struct arrival *arrival = *first;

    *first = arrival->next;
    return arrival;
}

/* ---- what is asked ---- */

static int put(char *request, const char *method, const char *path, const struct arrival *arrival, const char *body)
{
    const char *token = crowd.tokens[arrival->number % crowd.fans];
    bool has_body = body[0] != '\0';

    return snprintf(request, REQUEST_ROOM,
                    "%s /api/v1%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                    "Idempotency-Key: %" PRId64 "-%" PRIu64 "\r\n%sContent-Length: %zu\r\n\r\n%s",
                    method, path, token, crowd.began_ns, arrival->number,
                    has_body ? "Content-Type: application/json\r\n" : "", strlen(body), body);
}

static int put_status(char *request, const struct arrival *arrival)
{
    char path[64];

    snprintf(path, sizeof(path), "/concerts/%" PRIu64 "/queue", crowd.concert);
    return put(request, "GET", path, arrival, "");
}

static int put_hold(char *request, const struct arrival *arrival)
{
    uint64_t seat = arrival->number % crowd.seats;
    char path[64];
    char body[64];
    struct arrival fan = {.number = seat / SEATS_A_FAN};

    snprintf(path, sizeof(path), "/concerts/%" PRIu64 "/holds", crowd.concert + arrival->number / crowd.seats);
    snprintf(body, sizeof(body), "{\"seats\":[%" PRIu64 "]}", seat + 1);
    return put(request, "POST", path, &fan, body);
}

static int put_pay(char *request, const struct arrival *arrival)
{
    char body[128];

    snprintf(body, sizeof(body), "{\"reservation_numbers\":[\"%s.%" PRIu64 ".%" PRIu64 "\"]}", crowd.date,
             crowd.concert + arrival->number / crowd.seats, arrival->number % crowd.seats + 1);
    return put(request, "POST", "/payments", arrival, body);
}

static int put_step(char *request, const struct arrival *arrival)
{
    uint64_t seat = arrival->number * SEATS_A_STORY + 1;
    char path[64];
    char body[160];

    switch (arrival->step) {
    case JOIN: snprintf(path, sizeof(path), "/concerts/%" PRIu64 "/queue", crowd.concert); break;
    case LOOK: return put_status(request, arrival);
    case SEATS:
        snprintf(path, sizeof(path), "/concerts/%" PRIu64 "/seats", crowd.concert);
        return put(request, "GET", path, arrival, "");
    case TAKE:
        snprintf(path, sizeof(path), "/concerts/%" PRIu64 "/holds", crowd.concert);
        snprintf(body, sizeof(body), "{\"seats\":[%" PRIu64 ",%" PRIu64 "]}", seat, seat + 1);
        return put(request, "POST", path, arrival, body);
    case BUY:
        snprintf(body, sizeof(body),
                 "{\"reservation_numbers\":[\"%s.%" PRIu64 ".%" PRIu64 "\",\"%s.%" PRIu64 ".%" PRIu64 "\"]}",
                 crowd.date, crowd.concert, seat, crowd.date, crowd.concert, seat + 1);
        return put(request, "POST", "/payments", arrival, body);
    case OWN: return put(request, "GET", "/reservations", arrival, "");
    case STEPS: break;
    }
    return put(request, "POST", path, arrival, "");
}

static int put_request(char *request, const struct arrival *arrival)
{
    switch (crowd.kind) {
    case STATUS: return put_status(request, arrival);
    case HOLD: return put_hold(request, arrival);
    case PAY: return put_pay(request, arrival);
    case STORY: return put_step(request, arrival);
    case KINDS: break;
    }
    abort();
}

/* ---- connections ---- */

static void note_end(const struct arrival *arrival, enum end end, int64_t now_ns)
{
    int64_t slot = (arrival->born_ns - crowd.began_ns) / 1000000 / SLOT_MS;

    remember(&crowd.took[end], now_ns - arrival->due_ns);
    if (now_ns <= crowd.ends_ns)
        crowd.in_time[end]++;
    if (slot >= 0 && slot < SLOTS_MAX) {
        crowd.ends_by_slot[slot][end]++;
        if (end == OK)
            remember(&crowd.slot[slot], now_ns - arrival->due_ns);
    }
}

static void finish(struct arrival *arrival, enum end end, int64_t now_ns)
{
    note_end(arrival, end, now_ns);
    crowd.under_way--;
    free(arrival);
}

static void send_rest(struct connection *connection)
{
    ssize_t sent = send(connection->socket, connection->request + connection->sent,
                        connection->to_send - connection->sent, MSG_NOSIGNAL);

    if (sent > 0)
        connection->sent += (size_t)sent;
}

static void start_on(struct connection *connection, struct arrival *arrival)
{
    connection->arrival = arrival;
    connection->to_send = (size_t)put_request(connection->request, arrival);
    connection->sent = connection->got = 0;
    send_rest(connection);
}

static struct connection *connect_one(void)
{
    struct connection *connection = must(calloc(1, sizeof(*connection)));
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    int yes = 1;

    connection->answer = must(malloc(ANSWER_ROOM));
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (connection->socket < 0 ||
        (connect(connection->socket, (struct sockaddr *)&crowd.server, sizeof(crowd.server)) != 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, connection->socket, &event) != 0) {
        perror("connect");
        exit(EXIT_FAILURE);
    }
    crowd.open++;
    return connection;
}

static void drop(struct connection *connection, int64_t now_ns)
{
    if (connection->arrival != NULL)
        finish(connection->arrival, BROKEN, now_ns);
    close(connection->socket);
    crowd.open--;
    free(connection->answer);
    free(connection);
}

/* Idle connections that nginx closed are noticed when they are used next: reading gives the end. */
static void start(struct arrival *arrival)
{
    struct connection *connection = crowd.idle;

    if (connection != NULL)
        crowd.idle = connection->next_idle;
    else if (crowd.open < crowd.connections_max)
        connection = connect_one();
    if (connection == NULL)
        append(&crowd.waiting, &crowd.last_waiting, arrival);
    else
        start_on(connection, arrival);
}

static void release(struct connection *connection)
{
    connection->arrival = NULL;
    if (crowd.waiting != NULL) {
        start_on(connection, take_first(&crowd.waiting));
        return;
    }
    connection->next_idle = crowd.idle;
    crowd.idle = connection;
}

/* As browsers do that have loaded the page: what is measured is how requests are answered, not how hands are shaken. */
static void connect_some(void)
{
    while (crowd.open < CONNECTIONS_AT_FIRST && crowd.open < crowd.connections_max)
        release(connect_one());
}

/* ---- answers ---- */

/* The length of the whole answer; 0 while its head is not there yet. */
static size_t whole_length(const struct connection *connection)
{
    const char *end = memmem(connection->answer, connection->got, "\r\n\r\n", 4);
    const char *field = connection->answer;

    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - connection->answer) + 4;
    while ((field = memmem(field, head - (size_t)(field - connection->answer), "\r\n", 2)) != NULL) {
        field += 2;
        if (strncasecmp(field, "Content-Length:", 15) == 0)
            return head + strtoul(field + 15, NULL, 10);
        if (field >= end)
            break;
    }
    return head;
}

static bool says(const struct connection *connection, const char *words)
{
    return memmem(connection->answer, connection->got, words, strlen(words)) != NULL;
}

static enum end end_of(const struct connection *connection)
{
    int status = connection->got > 12 ? atoi(connection->answer + 9) : 0;

    if (status >= 200 && status < 300)
        return OK;
    if (status != 429 && status != 503)
        return OTHER;
    if (!says(connection, "\r\nRetry-After: "))
        crowd.refused_without_hint++;
    return REFUSED;
}

/* The next step of a story, after a little thought where a person would take it. */
static void go_on(struct arrival *arrival, bool still_waits, int64_t now_ns)
{
    bool thinks = arrival->step == JOIN || still_waits;

    if (!still_waits)
        arrival->step++;
    arrival->due_ns = thinks ? now_ns + (int64_t)THINK_MS * 1000000 : now_ns;
    if (thinks)
        append(&crowd.thinking, &crowd.last_thinking, arrival);
    else
        start(arrival);
}

static void take_answer(struct connection *connection)
{
    struct arrival *arrival = connection->arrival;
    int64_t now_ns = clock_steady_ns();
    enum end end = end_of(connection);

    if (crowd.kind != STORY) {
        release(connection);
        finish(arrival, end, now_ns);
        return;
    }
    bool still_waits = arrival->step == LOOK && says(connection, "\"state\":\"waiting\"");
    if (end == OK)
        remember(&crowd.took_step[arrival->step], now_ns - arrival->due_ns);
    else
        fprintf(stderr, "%s: %.*s\n", step_names[arrival->step], (int)connection->got, connection->answer);
    release(connection);
    if (end == OK && arrival->step + 1 < STEPS)
        go_on(arrival, still_waits, now_ns);
    else
        finish(arrival, end, now_ns);
}

/* Less than there was room for is all there is, so only the connection's end has to be read by itself. */
static void read_some(struct connection *connection, bool to_its_end)
{
    for (;;) {
        size_t room = ANSWER_ROOM - connection->got;
        ssize_t got = recv(connection->socket, connection->answer + connection->got, room, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            /* An idle one is left in its list; it breaks when it is used. */
            if (connection->arrival != NULL)
                drop(connection, clock_steady_ns());
            return;
        }
        connection->got += (size_t)got;
        size_t whole = whole_length(connection);
        if (whole != 0 && connection->got >= whole && connection->arrival != NULL)
            take_answer(connection);
        if (connection->got == ANSWER_ROOM)
            connection->got = ANSWER_ROOM / 2; /* a long body is only counted */
        if ((size_t)got < room && !to_its_end)
            return;
    }
}

/* ---- time ---- */

static void let_think_end(int64_t now_ns)
{
    while (crowd.thinking != NULL && crowd.thinking->due_ns <= now_ns)
        start(take_first(&crowd.thinking));
}

static void serve_sockets(void)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(crowd.epoll, events, EVENTS_AT_ONCE, 0);

    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;
        if ((events[i].events & EPOLLOUT) != 0 && connection->arrival != NULL && connection->sent < connection->to_send)
            send_rest(connection);
        if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            read_some(connection, (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
    if (count < EVENTS_AT_ONCE)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_US * 1000}, NULL);
}

static void arrive(uint64_t number, int64_t due_ns)
{
    struct arrival *arrival = must(calloc(1, sizeof(*arrival)));

    *arrival = (struct arrival){.number = number, .due_ns = due_ns, .born_ns = due_ns};
    crowd.under_way++;
    start(arrival);
}

/* Independent people: the time between two arrivals is exponentially distributed, and the same in each run. */
static uint64_t run_phase(const struct phase *phase, uint64_t number, int64_t begin_ns)
{
    int64_t end_ns = begin_ns + (int64_t)(phase->seconds * 1e9);
    double due_ns = (double)begin_ns;

    for (;;) {
        int64_t now_ns = clock_steady_ns();
        for (; due_ns <= (double)now_ns && due_ns < (double)end_ns; number++) {
            remember(&crowd.late, now_ns - (int64_t)due_ns);
            arrive(number, (int64_t)due_ns);
            due_ns += -log(1 - drand48()) * 1e9 / phase->rate;
        }
        if (now_ns >= end_ns)
            return number;
        let_think_end(now_ns);
        serve_sockets();
    }
}

static void let_end(void)
{
    int64_t until_ns = clock_steady_ns() + (int64_t)GIVE_UP_S * 1000000000;

    while (crowd.under_way > 0 && clock_steady_ns() < until_ns) {
        let_think_end(clock_steady_ns());
        serve_sockets();
    }
}

/* ---- the report ---- */

static void print_durations(const char *name, struct durations *durations)
{
    printf("\"%s\":{\"count\":%zu,\"p50_us\":%u,\"p99_us\":%u,\"p999_us\":%u,\"max_us\":%u}", name, durations->count,
           percentile(durations, 0.5), percentile(durations, 0.99), percentile(durations, 0.999),
           percentile(durations, 1));
}

static void report(uint64_t due, int64_t slots)
{
    printf("{\"due\":%" PRIu64 ",\"unanswered\":%zu,\"refused_without_hint\":%" PRIu64 ",\"slot_ms\":%d,", due,
           crowd.under_way, crowd.refused_without_hint, SLOT_MS);
    print_durations("late", &crowd.late);
    for (int end = 0; end < ENDS; end++) {
        printf(",");
        print_durations(end_names[end], &crowd.took[end]);
    }
    printf(",\"in_time\":{\"ok\":%" PRIu64 ",\"refused\":%" PRIu64 "},", crowd.in_time[OK], crowd.in_time[REFUSED]);
    printf("\"steps\":{");
    for (int step = 0; crowd.kind == STORY && step < STEPS; step++) {
        printf("%s", step == 0 ? "" : ",");
        print_durations(step_names[step], &crowd.took_step[step]);
    }
    printf("},\"slots\":[");
    for (int64_t i = 0; i < slots && i < SLOTS_MAX; i++)
        printf("%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%u]", i == 0 ? "" : ",", crowd.ends_by_slot[i][OK],
               crowd.ends_by_slot[i][REFUSED], crowd.ends_by_slot[i][OTHER] + crowd.ends_by_slot[i][BROKEN],
               percentile(&crowd.slot[i], 0.99));
    printf("]}\n");
}

/* ---- the command line ---- */

static size_t read_phases(char *text, struct phase *phases)
{
    size_t count = 0;

    for (char *part = strtok(text, ","); part != NULL && count < PHASES_MAX; part = strtok(NULL, ","))
        if (sscanf(part, "%lf:%lf", &phases[count].rate, &phases[count].seconds) == 2)
            count++;
    return count;
}

static void read_tokens(const char *path)
{
    FILE *file = must(fopen(path, "r"));
    size_t room = 0;
    char line[512];

    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (crowd.fans == room) {
            room = room == 0 ? 1024 : 2 * room;
            crowd.tokens = must(realloc(crowd.tokens, room * sizeof(*crowd.tokens)));
        }
        crowd.tokens[crowd.fans++] = must(strdup(line));
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    struct phase phases[PHASES_MAX];

    if (argc != 10) {
        fprintf(stderr, "usage: arrivals PORT KIND RATE:SECONDS[,…] TOKENS CONCERT DATE FIRST CONNECTIONS SEATS\n");
        return 2;
    }
    crowd.server = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    while (crowd.kind < KINDS && strcmp(kind_names[crowd.kind], argv[2]) != 0)
        crowd.kind++;
    size_t count = read_phases(argv[3], phases);
    read_tokens(argv[4]);
    crowd.concert = strtoull(argv[5], NULL, 10);
    crowd.date = argv[6];
    crowd.connections_max = atoi(argv[8]);
    crowd.seats = strtoull(argv[9], NULL, 10);
    if (crowd.kind == KINDS || crowd.seats == 0 || count == 0 || crowd.fans == 0 ||
        crowd.connections_max > CONNECTIONS_MAX)
        return 2;
    crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
    connect_some();
    uint64_t first = strtoull(argv[7], NULL, 10);
    uint64_t number = first;
    int64_t at_ns = crowd.began_ns = clock_steady_ns();
    srand48(1);
    crowd.ends_ns = at_ns;
    for (size_t i = 0; i < count; i++)
        crowd.ends_ns += (int64_t)(phases[i].seconds * 1e9);
    for (size_t i = 0; i < count; i++) {
        number = run_phase(&phases[i], number, at_ns);
        at_ns += (int64_t)(phases[i].seconds * 1e9);
    }
    let_end();
    report(number - first, (at_ns - crowd.began_ns) / 1000000 / SLOT_MS);
    return EXIT_SUCCESS;
}
