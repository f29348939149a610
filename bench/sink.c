/* A counting SMTP sink that costs next to nothing, so that the senders are what is measured.

       cc -O2 -o sink sink.c && ./sink PORT [--chunking] [--plain]

   One thread, epoll, loopback only. Every command is answered, every message is read to its end (the dot, or the last octet of its
   chunk) and counted, nothing is kept. On SIGTERM it prints the number of messages. What it cannot do (keep messages, be a slow
   network) is in sink.py. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 4096, READ = 1 << 20, ANSWERS = 1 << 16 };
enum mode { COMMAND, DATA, CHUNK };

struct peer {
    int fd;
    enum mode mode;
    size_t chunk;     /* octets of the chunk that are still to come */
    char line[LINE];  /* the command so far; in DATA the last octets, where the end may have begun */
    size_t length;
};

static volatile sig_atomic_t stopped;
static char buffer[READ + 8];
static char answers[ANSWERS];
static size_t answered;
static const char *offers;
static long taken;

static void stop(int signal_number) { stopped = signal_number; }

static void answer(const char *text) {
    size_t length = strlen(text);
    if (answered + length < ANSWERS) {
        memcpy(answers + answered, text, length);
        answered += length;
    }
}

static void command(struct peer *peer) {
    const char *line = peer->line;
    if (!strncasecmp(line, "EHLO", 4)) {
        answer(offers);
    } else if (!strncasecmp(line, "DATA", 4)) {
        answer("354 go ahead\r\n");
        peer->mode = DATA;
        /* the dot may stand at the very beginning */
        memcpy(peer->line, "\r\n", 2);
        peer->length = 2;
        return;
    } else if (!strncasecmp(line, "BDAT ", 5)) {
        peer->chunk = strtoul(line + 5, NULL, 10);
        peer->mode = CHUNK;
    } else {
        answer(strncasecmp(line, "QUIT", 4) ? "250 2.0.0 ok\r\n" : "221 bye\r\n");
    }
    peer->length = 0;
}

static void done(struct peer *peer) {
    answer("250 2.0.0 taken\r\n");
    taken++;
    peer->mode = COMMAND;
    peer->length = 0;
}

/* Each takes what it can of `data` and says how much. */

static size_t take_command(struct peer *peer, const char *data, size_t size) {
    const char *end = memchr(data, '\n', size);
    size_t length = end ? (size_t)(end - data) + 1 : size;
    if (peer->length + length >= LINE)
        length = LINE - 1 - peer->length;
    memcpy(peer->line + peer->length, data, length);
    peer->length += length;
    peer->line[peer->length] = 0;
    if (end || peer->length == LINE - 1)
        command(peer);
    return length;
}

static size_t take_data(struct peer *peer, const char *data, size_t size) {
    /* an end that began in an earlier read: the kept octets and the first four of this one */
    char seam[16];
    size_t kept = peer->length, more = size < 4 ? size : 4;
    memcpy(seam, peer->line, kept);
    memcpy(seam + kept, data, more);
    const char *end = memmem(seam, kept + more, "\r\n.\r\n", 5);
    size_t used;
    if (end) {
        used = (size_t)(end - seam) + 5 - kept;
    } else if ((end = memmem(data, size, "\r\n.\r\n", 5))) {
        used = (size_t)(end - data) + 5;
    } else {
        size_t rest = size < 4 ? size : 4;
        if (kept + rest > 4) {
            size_t drop = kept + rest - 4;
            memmove(peer->line, peer->line + drop, kept - drop);
            kept -= drop;
        }
        memcpy(peer->line + kept, data + size - rest, rest);
        peer->length = kept + rest;
        return size;
    }
    done(peer);
    return used;
}

static size_t take_chunk(struct peer *peer, size_t size) {
    size_t used = size < peer->chunk ? size : peer->chunk;
    peer->chunk -= used;
    if (!peer->chunk)
        done(peer);
    return used;
}

/* 0 when the connection has ended */
static int serve(struct peer *peer) {
    ssize_t size = read(peer->fd, buffer, READ);
    if (size <= 0)
        return size < 0 && (errno == EAGAIN || errno == EINTR);
    const char *at = buffer;
    answered = 0;
    while (size > 0) {
        size_t used = peer->mode == DATA    ? take_data(peer, at, (size_t)size)
                      : peer->mode == CHUNK ? take_chunk(peer, (size_t)size)
                                            : take_command(peer, at, (size_t)size);
        at += used;
        size -= (ssize_t)used;
    }
    return !answered || write(peer->fd, answers, answered) == (ssize_t)answered;
}

int main(int count, char **words) {
    int chunking = 0, plain = 0;
    for (int i = 2; i < count; i++) {
        chunking |= !strcmp(words[i], "--chunking");
        plain |= !strcmp(words[i], "--plain");
    }
    offers = chunking ? "250-sink.example\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 CHUNKING\r\n"
             : plain  ? "250-sink.example\r\n250-SIZE 50000000\r\n250 8BITMIME\r\n"
                      : "250-sink.example\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250 PIPELINING\r\n";
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1, polled = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? (uint16_t)atoi(words[1]) : 0)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, 200)) {
        perror("sink");
        return 1;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[64];
    epoll_ctl(polled, EPOLL_CTL_ADD, listener, &event);
    while (!stopped) {
        int found = epoll_wait(polled, ready, 64, -1);
        for (int i = 0; i < found; i++) {
            struct peer *peer = ready[i].data.ptr;
            if (!peer) {
                int fd = accept(listener, NULL, NULL);
                if (fd < 0 || !(peer = calloc(1, sizeof *peer)))
                    continue;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                peer->fd = fd;
                event.data.ptr = peer;
                epoll_ctl(polled, EPOLL_CTL_ADD, fd, &event);
                if (write(fd, "220 sink.example ESMTP\r\n", 24) != 24)
                    perror("sink");
            } else if (!serve(peer)) {
                close(peer->fd);
                free(peer);
            }
        }
    }
    printf("%ld\n", taken);
    return 0;
}
