/* A network in a process: passes bytes on after a while, in both directions, and holds nothing back.

       cc -O2 -o delay delay.c && ./delay PORT TO MILLISECONDS

   Loopback only. Each connection to PORT is led to TO; what is read at one moment is written as many milliseconds later on the other
   side, an end of the connection as well. One thread; a timer of the kernel, which is exact to some microseconds where an event
   loop that counts in milliseconds would add one to each direction. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { READ = 1 << 18 };

struct parcel {
    struct parcel *next;
    int64_t due; /* nanoseconds of the monotonic clock */
    size_t size, sent;
    char data[];
};

struct end {
    int fd;
    int ended; /* has said that it sends no more */
    struct end *other;
    struct parcel *first, *last; /* what is to be written here */
    struct end *next;
};

static int64_t wait_for;
static int polled, timer;
static struct end *ends;
static char buffer[READ];

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct end *made(int fd) {
    int yes = 1;
    struct end *end = calloc(1, sizeof *end);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
    if (!end)
        exit(1);
    end->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(polled, EPOLL_CTL_ADD, fd, &event);
    end->next = ends;
    ends = end;
    return end;
}

static void queue(struct end *end, const char *data, size_t size) {
    struct parcel *parcel = malloc(sizeof *parcel + size);
    if (!parcel)
        exit(1);
    *parcel = (struct parcel){.due = now() + wait_for, .size = size};
    memcpy(parcel->data, data, size);
    if (end->last)
        end->last->next = parcel;
    else
        end->first = parcel;
    end->last = parcel;
}

/* Reads what there is; an end of the connection is a parcel of no size. */
static void take(struct end *end) {
    while (!end->ended) {
        ssize_t size = read(end->fd, buffer, READ);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        queue(end->other, buffer, size > 0 ? (size_t)size : 0);
        if (size <= 0) {
            end->ended = 1;
            epoll_ctl(polled, EPOLL_CTL_DEL, end->fd, NULL);
        }
    }
}

/* Writes what is due; returns when the next parcel is, or 0. A full socket is tried again soon. */
static int64_t give(struct end *end, int64_t moment) {
    while (end->first && end->first->due <= moment) {
        struct parcel *parcel = end->first;
        if (!parcel->size) {
            shutdown(end->fd, SHUT_WR);
        } else {
            ssize_t size = write(end->fd, parcel->data + parcel->sent, parcel->size - parcel->sent);
            if (size < 0 && (errno == EAGAIN || errno == EINTR))
                return moment + 50000;
            parcel->sent = size < 0 ? parcel->size : parcel->sent + (size_t)size;
            if (parcel->sent < parcel->size)
                continue;
        }
        end->first = parcel->next;
        if (!end->first)
            end->last = NULL;
        free(parcel);
    }
    return end->first ? end->first->due : 0;
}

static void give_all(void) {
    int64_t moment = now(), next = 0;
    for (struct end *end = ends; end; end = end->next) {
        int64_t due = give(end, moment);
        if (due && (!next || due < next))
            next = due;
    }
    if (next) {
        struct itimerspec when = {.it_value = {next / 1000000000, next % 1000000000}};
        timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
    }
}

int main(int count, char **words) {
    if (count != 4)
        return 2;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[2]))};
    here.sin_addr.s_addr = there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wait_for = (int64_t)(atof(words[3]) * 1e6);
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 200)) {
        perror("delay");
        return 1;
    }
    polled = epoll_create1(0);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listener}, ready[64];
    epoll_ctl(polled, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &timer;
    epoll_ctl(polled, EPOLL_CTL_ADD, timer, &event);
    for (;;) {
        int found = epoll_wait(polled, ready, 64, -1);
        for (int i = 0; i < found; i++) {
            void *which = ready[i].data.ptr;
            uint64_t times;
            if (which == &timer) {
                if (read(timer, &times, sizeof times) < 0 && errno != EAGAIN)
                    return 1;
            } else if (which == &listener) {
                int near = accept(listener, NULL, NULL), far = socket(AF_INET, SOCK_STREAM, 0);
                if (near < 0 || connect(far, (struct sockaddr *)&there, sizeof there)) {
                    close(near);
                    close(far);
                    continue;
                }
                struct end *one = made(near), *two = made(far);
                one->other = two;
                two->other = one;
            } else {
                take(which);
            }
        }
        give_all();
    }
}
