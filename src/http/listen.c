#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "http/edge.h"

static int failed(int socket, const char *address)
{
    log_error("listen_failed address=%s errno=\"%s\"", address, strerror(errno));
    if (socket >= 0)
        close(socket);
    return -1;
}

static int listen_unix(const char *path, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return failed(listener, path);
    }
    strcpy(address.sun_path, path);
    unlink(path);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        chmod(path, 0660) != 0 || listen(listener, backlog) != 0)
        return failed(listener, path);
    return listener;
}

static int listen_tcp(const char *text, int backlog)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    const char *colon = strrchr(text, ':');
    char host[256];
    int yes = 1;

    snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return failed(-1, text);
    }
    int listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool good = listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
                bind(listener, found->ai_addr, found->ai_addrlen) == 0 && listen(listener, backlog) == 0;
    freeaddrinfo(found);
    return good ? listener : failed(listener, text);
}

int edge_listen(const char *address, int backlog)
{
    return strchr(address, '/') == NULL && strrchr(address, ':') != NULL ? listen_tcp(address, backlog)
                                                                         : listen_unix(address, backlog);
}
