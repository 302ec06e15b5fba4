#include "tests/integration/receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *header_end(const char *bytes)
{
    const char *end = strstr(bytes, "\r\n\r\n");

    return end == NULL ? NULL : end + 4;
}

static size_t content_length(const char *bytes)
{
    const char *header = strcasestr(bytes, "content-length:");

    return header == NULL ? 0 : (size_t)atol(header + strlen("content-length:"));
}

/* One request, or 0 at the end of the connection. */
static int read_request(int connection, char *bytes, size_t size)
{
    size_t length = 0;

    for (;;) {
        const char *body = header_end(bytes);
        if (body != NULL && length >= (size_t)(body - bytes) + content_length(bytes))
            return 1;
        ssize_t more = read(connection, bytes + length, size - 1 - length);
        if (more <= 0)
            return 0;
        length += (size_t)more;
        bytes[length] = '\0';
    }
}

static int keep(struct receiver *receiver, const char *bytes)
{
    const char *body = header_end(bytes);
    const char *refuses = receiver->refuses;
    const char *key = strcasestr(bytes, "idempotency-key: ");
    int status = refuses != NULL && strstr(body, refuses) != NULL ? 500 : receiver->status;

    pthread_mutex_lock(&receiver->lock);
    if (++receiver->asking > receiver->most_asking)
        receiver->most_asking = receiver->asking;
    if (receiver->count < RECEIVED_MAX) {
        struct received *received = &receiver->received[receiver->count];
        received->status = status;
        snprintf(received->headers, sizeof(received->headers), "%.*s", (int)(body - bytes), bytes);
        snprintf(received->body, sizeof(received->body), "%s", body);
        if (key != NULL)
            sscanf(key + strlen("idempotency-key: "), "%63s", received->event_id);
        receiver->count++;
    }
    pthread_mutex_unlock(&receiver->lock);
    return status;
}

struct visit {
    struct receiver *receiver;
    int connection;
};

static void serve(struct receiver *receiver, int connection)
{
    char bytes[16384] = "";
    char answer[128];

    while (read_request(connection, bytes, sizeof(bytes))) {
        int status = keep(receiver, bytes);
        usleep((useconds_t)receiver->delay_ms * 1000);
        pthread_mutex_lock(&receiver->lock);
        receiver->asking--;
        pthread_mutex_unlock(&receiver->lock);
        int length = snprintf(answer, sizeof(answer), "HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok", status);
        if (write(connection, answer, (size_t)length) != length)
            break;
        bytes[0] = '\0';
    }
    close(connection);
}

static void *serve_thread(void *args)
{
    struct visit *visit = args;

    serve(visit->receiver, visit->connection);
    visit->receiver->open--;
    free(visit);
    return NULL;
}

static void *run(void *args)
{
    struct receiver *receiver = args;
    int connection;

    while ((connection = accept(receiver->listener, NULL, NULL)) >= 0) {
        struct visit *visit = malloc(sizeof(*visit));
        pthread_t thread;
        *visit = (struct visit){receiver, connection};
        receiver->open++;
        pthread_create(&thread, NULL, serve_thread, visit);
        pthread_detach(thread);
    }
    return NULL;
}

struct receiver *receiver_start(void)
{
    struct receiver *receiver = calloc(1, sizeof(*receiver));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);

    receiver->received = calloc(RECEIVED_MAX, sizeof(*receiver->received));
    receiver->status = 200;
    pthread_mutex_init(&receiver->lock, NULL);
    receiver->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(receiver->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(receiver->listener, 16) != 0 ||
        getsockname(receiver->listener, (struct sockaddr *)&address, &length) != 0)
        abort();
    snprintf(receiver->url, sizeof(receiver->url), "http://127.0.0.1:%d/events", ntohs(address.sin_port));
    pthread_create(&receiver->thread, NULL, run, receiver);
    return receiver;
}

void receiver_stop(struct receiver *receiver)
{
    shutdown(receiver->listener, SHUT_RDWR);
    pthread_join(receiver->thread, NULL);
    close(receiver->listener);
    /* Whoever sends has ended by now, and with them their connections. */
    while (receiver->open > 0)
        usleep(1000);
    free(receiver->received);
    free(receiver);
}

size_t receiver_taken(struct receiver *receiver, const char *event_id)
{
    size_t taken = 0;

    pthread_mutex_lock(&receiver->lock);
    for (size_t i = 0; i < receiver->count; i++)
        if (receiver->received[i].status == 200 && strcmp(receiver->received[i].event_id, event_id) == 0)
            taken++;
    pthread_mutex_unlock(&receiver->lock);
    return taken;
}
