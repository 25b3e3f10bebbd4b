/* The floor: what the kernel charges for one `write` per recipient, with next to nothing around it.
 *
 * One room, one epoll loop. A message is made into the same JSON as Meydan's `mesaj` frame once, framed once, and
 * written to each member by its own `write`. It is a measuring stick, not a server: it knows one handshake nonce (that
 * of RFC 6455's example), believes its clients, stores nothing and takes each request as it comes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENTS 65536
#define MAX_EVENTS 512
#define READ_SIZE 16384

static const char *const UPGRADED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct client {
    bool upgraded;
    int seat; /* where it sits in `room`, or -1 */
    char name[64];
};

static struct client clients[MAX_CLIENTS]; /* by file descriptor */
static int room[MAX_CLIENTS], members;
static uint64_t sira;

static void write_all(int fd, const void *data, size_t length)
{
    const char *at = data;
    while (length) {
        ssize_t written = write(fd, at, length);
        if (written > 0) {
            at += written, length -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, 1000);
        } else {
            return; /* it has gone; epoll will say so */
        }
    }
}

/* Put a text frame's head before `length` bytes at `frame + 4` and return where the whole begins. */
static char *framed(char *frame, size_t length, size_t *whole)
{
    if (length < 126) {
        frame[2] = (char)0x81, frame[3] = (char)length;
        *whole = length + 2;
        return frame + 2;
    }
    frame[0] = (char)0x81, frame[1] = 126, frame[2] = (char)(length >> 8), frame[3] = (char)length;
    *whole = length + 4;
    return frame;
}

static void answer(int fd, const char *json)
{
    char frame[1024];
    size_t length = strlen(json), whole;
    memcpy(frame + 4, json, length);
    const char *begin = framed(frame, length, &whole);
    write_all(fd, begin, whole);
}

/* Copy the string value of `key` out of a request. */
static void value_of(const char *json, const char *key, char *value, size_t size)
{
    const char *at = strstr(json, key);
    size_t length = 0;
    if (at) {
        at += strlen(key);
        length = strcspn(at, "\"");
        length = length < size ? length : size - 1;
        memcpy(value, at, length);
    }
    value[length] = 0;
}

static void broadcast(int sender, const char *json)
{
    char text[4096], token[64], name[64], frame[8192], acknowledgement[256];
    struct timespec time;
    struct tm parts;
    value_of(json, "\"icerik\":\"", text, sizeof text);
    value_of(json, "\"istemci_id\":\"", token, sizeof token);
    value_of(json, "\"oda_id\":\"", name, sizeof name);
    clock_gettime(CLOCK_REALTIME, &time);
    gmtime_r(&time.tv_sec, &parts);
    sira++;
    int length = snprintf(
        frame + 4, sizeof frame - 4,
        "{\"tip\":\"mesaj\",\"oda_id\":\"%s\",\"sira\":%llu,\"mesaj\":{\"id\":\"01jd00000000000000%08llx\","
        "\"oda_id\":\"%s\",\"sira\":%llu,\"gonderen_id\":\"%s\",\"gonderen_ad\":\"%s\",\"icerik\":\"%s\","
        "\"tip\":\"metin\",\"zaman\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\",\"misafir\":true,\"simulated\":false,"
        "\"yanit\":null,\"yanit_ozet\":null,\"duzenlendi\":null,\"silindi\":false,\"tepkiler\":[],"
        "\"bahsedilenler\":[],\"istemci_id\":\"%s\",\"ekler\":[]}}",
        name, (unsigned long long)sira, (unsigned long long)sira, name, (unsigned long long)sira, clients[sender].name,
        clients[sender].name, text, parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
        parts.tm_sec, time.tv_nsec / 1000000, token);
    size_t whole;
    const char *begin = framed(frame, (size_t)length, &whole);
    for (int i = 0; i < members; i++)
        write_all(room[i], begin, whole);
    snprintf(acknowledgement, sizeof acknowledgement, "{\"tip\":\"mesaj_onay\",\"istemci_id\":\"%s\",\"sira\":%llu}", token,
             (unsigned long long)sira);
    answer(sender, acknowledgement);
}

static void leave(int fd)
{
    int seat = clients[fd].seat;
    if (seat >= 0) {
        room[seat] = room[--members];
        clients[room[seat]].seat = seat;
    }
    close(fd);
}

static void on_request(int fd, const char *json)
{
    if (strstr(json, "\"tip\":\"mesaj_gonder\"")) {
        broadcast(fd, json);
    } else if (strstr(json, "\"tip\":\"oda_katil\"") && clients[fd].seat < 0) {
        clients[fd].seat = members;
        room[members++] = fd;
        answer(fd, "{\"tip\":\"oda_katilim\"}");
    }
}

static void on_readable(int fd)
{
    unsigned char data[READ_SIZE + 1];
    ssize_t got = read(fd, data, READ_SIZE);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            leave(fd);
        return;
    }
    if (!clients[fd].upgraded) {
        data[got] = 0;
        const char *path = strstr((char *)data, "/ws/");
        clients[fd].upgraded = true;
        snprintf(clients[fd].name, sizeof clients[fd].name, "%.*s", path ? (int)strcspn(path + 4, " ?") : 0, path ? path + 4 : "");
        write_all(fd, UPGRADED, strlen(UPGRADED));
        answer(fd, "{\"tip\":\"sistem\"}");
        return;
    }
    for (ssize_t at = 0; got - at >= 6;) {
        size_t length = data[at + 1] & 0x7f, head = 2;
        if (length == 126)
            length = (size_t)data[at + 2] << 8 | data[at + 3], head = 4;
        const unsigned char *mask = data + at + head;
        char *payload = (char *)data + at + head + 4;
        if ((data[at] & 0x0f) == 8 || at + (ssize_t)(head + 4 + length) > got) {
            leave(fd);
            return;
        }
        for (size_t i = 0; i < length; i++)
            payload[i] ^= (char)mask[i & 3];
        char after = payload[length];
        payload[length] = 0;
        on_request(fd, payload);
        payload[length] = after;
        at += (ssize_t)(head + 4 + length);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0))};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), epoll_fd = epoll_create1(0);
    signal(SIGPIPE, SIG_IGN);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        perror("floor");
        return 1;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[MAX_EVENTS];
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) {
                on_readable(events[i].data.fd);
                continue;
            }
            int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (fd < 0 || fd >= MAX_CLIENTS)
                continue;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            clients[fd] = (struct client){.seat = -1};
            event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
            epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
        }
    }
}
