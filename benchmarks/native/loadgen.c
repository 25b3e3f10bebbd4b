/* The load generator of the benchmarks: many WebSocket clients in one thread, cheap enough not to be the bottleneck.
 *
 * It connects one client per line of a file ("path<TAB>room", the room may be empty), joins the rooms, and then runs a
 * closed loop: each message in flight belongs to one client, which sends the next when it has come back to it. Frames
 * are counted by walking their headers; a message carries its number and the moment it was sent in its text, so every
 * receiver knows its latency without keeping anything.
 *
 * It speaks to its driver in lines of JSON on stdout: "ready" (all connected and joined), "window" (measuring begins),
 * "result" (the figures). With --hold it stops after "ready" until its stdin closes. Stalled clients stop reading when
 * the loop starts, and read again when a byte comes in on stdin. With --spin the loop never sleeps, so that no server
 * is charged for waking another core on each write. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS 512
#define READ_SIZE (256 * 1024)
#define MAX_FRAME (1024 * 1024)
#define MAX_IN_FLIGHT 1000
#define MAX_PIDS 64
#define CONNECTING_AT_ONCE 64
#define SETUP_TIMEOUT 120
/* The nonce and the answer to it of RFC 6455's own example; a benchmark needs no second one. */
#define NONCE "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
/* A message's text begins with this mark, then 3 digits of its number, ':', 16 hex digits of nanoseconds, ':'. */
#define MARK "#~"
#define MARK_LENGTH 2

enum dialect { PLAIN, SOCKETIO };
enum state { IDLE, CONNECTING, UPGRADING, GREETING, JOINING, READY, CLOSED };

struct client {
    int fd;
    enum state state;
    bool stalled;     /* stops reading once the window opens */
    int close_code;   /* what the server closed it with; 0: open, -1: cut without a close frame */
    const char *path, *room;
    char *carry;      /* the beginning of a frame whose end has not come yet */
    size_t carried;
};

static struct {
    const char *host, *clients_file, *origin;
    int port, in_flight, stalled, text_bytes, sources;
    double warmup, seconds;
    enum dialect dialect;
    bool hold, spin;
    int pids[MAX_PIDS], pid_count;
} options = {.host = "127.0.0.1", .in_flight = 1, .text_bytes = 100, .sources = 1, .warmup = 1, .seconds = 4};

static struct client *clients;
static struct client *owners[MAX_IN_FLIGHT]; /* of each message in flight */
static uint64_t sent;
static int client_count, connecting, ready, next_client, epoll_fd;
static char *buffer; /* what is being read; frames never outlive a call */
static bool measuring, running;
static uint64_t run_nonce;

static struct {
    uint64_t deliveries, acknowledgements, returned, errors, bytes, reads;
} counted;

/* Latency in microseconds, in buckets of 1/64 of their power of two. */
#define SUB 64
static uint64_t histogram[64 * SUB];
static uint64_t worst;

static const char *mesaj_prefix, *onay_prefix, *hata_prefix;
static char first_error[512];

static void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("loadgen: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* CPU time (user and system, all threads, ended ones too) the watched processes have used. */
static double watched_cpu(void)
{
    double total = 0;
    for (int i = 0; i < options.pid_count; i++) {
        clockid_t clock;
        struct timespec time;
        if (clock_getcpuclockid(options.pids[i], &clock) == 0 && clock_gettime(clock, &time) == 0)
            total += (double)time.tv_sec + (double)time.tv_nsec / 1e9;
    }
    return total;
}

static double own_cpu(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void record(uint64_t microseconds)
{
    if (microseconds > worst)
        worst = microseconds;
    if (microseconds < SUB) {
        histogram[microseconds]++;
        return;
    }
    int power = 63 - __builtin_clzll(microseconds) - 6; /* 6: log2(SUB) */
    histogram[(power + 1) * SUB + (int)((microseconds >> power) - SUB)]++;
}

static double percentile(double share)
{
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < 64 * SUB; i++)
        total += histogram[i];
    for (int i = 0; i < 64 * SUB; i++) {
        seen += histogram[i];
        if (total && (double)seen >= share * (double)total)
            return i < SUB ? i : (double)((uint64_t)(SUB + i % SUB) << (i / SUB - 1));
    }
    return 0;
}

static void lose(struct client *client, int close_code)
{
    if (client->state == CLOSED)
        return;
    if (client->state != READY && close_code >= 0)
        die("%s was closed with %d before it was ready", client->path, close_code);
    if (client->state != READY)
        die("%s was cut before it was ready", client->path);
    client->state = CLOSED;
    client->close_code = close_code;
    close(client->fd);
}

/* Small requests always fit in an empty socket buffer; a client whose buffer is full has been given up by its server. */
static void write_all(struct client *client, const void *data, size_t length)
{
    if (send(client->fd, data, length, MSG_NOSIGNAL) != (ssize_t)length)
        lose(client, -1);
}

static void send_frame(struct client *client, int opcode, const char *payload, size_t length)
{
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char frame[4096];
    size_t head = 0;
    if (length > sizeof frame - 16)
        die("a request of %zu bytes", length);
    frame[head++] = (unsigned char)(0x80 | opcode);
    if (length < 126) {
        frame[head++] = (unsigned char)(0x80 | length);
    } else {
        frame[head++] = 0x80 | 126;
        frame[head++] = (unsigned char)(length >> 8);
        frame[head++] = (unsigned char)length;
    }
    memcpy(frame + head, mask, 4);
    head += 4;
    for (size_t i = 0; i < length; i++)
        frame[head + i] = (unsigned char)payload[i] ^ mask[i & 3];
    write_all(client, frame, head + length);
}

/* Send `{"tip":tip, ...}` in the dialect: as it is, or as a Socket.IO event named by its tip. */
static void send_request(struct client *client, const char *tip, const char *fields)
{
    char text[3072];
    int length = options.dialect == SOCKETIO ? snprintf(text, sizeof text, "42[\"%s\",{%s}]", tip, fields)
                                             : snprintf(text, sizeof text, "{\"tip\":\"%s\",%s}", tip, fields);
    send_frame(client, 1, text, (size_t)length);
}

static void send_message(int number)
{
    struct client *client = owners[number];
    static char filler[2048];
    char fields[2900];
    static const char words[] = "altın yükseldi, ışıklar söndü; alıcı bekliyor ";
    int length = options.text_bytes - 23;
    if (!filler[0])
        for (size_t i = 0; i < sizeof filler - 1; i++)
            filler[i] = words[i % (sizeof words - 1)];
    while (((unsigned char)filler[length] & 0xc0) == 0x80)
        length--; /* a letter of two bytes is sent whole or not at all */
    sent++;
    snprintf(fields, sizeof fields,
             "\"oda_id\":\"%s\",\"istemci_id\":\"%08llx-%03d-%08llu\",\"icerik\":\"" MARK "%03d:%016llx:%.*s\"", client->room,
             (unsigned long long)(run_nonce & 0xffffffff), number, (unsigned long long)sent, number,
             (unsigned long long)now_ns(), length, filler);
    send_request(client, "mesaj_gonder", fields);
}

static void join(struct client *client)
{
    char fields[256];
    if (!client->room[0]) {
        client->state = READY;
        ready++, connecting--;
        return;
    }
    client->state = JOINING;
    snprintf(fields, sizeof fields, "\"oda_id\":\"%s\"", client->room);
    send_request(client, "oda_katil", fields);
}

static uint64_t parse_hex(const char *digits)
{
    uint64_t value = 0;
    for (int i = 0; i < 16; i++) {
        unsigned c = (unsigned char)digits[i];
        value = value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* A message has come to one client: count it, note its latency, and keep the loop going if it is its own. */
static void on_message(struct client *client, const char *payload, size_t length, uint64_t now)
{
    static size_t offset; /* where the mark was last time; nearly always where it is now */
    if (offset + MARK_LENGTH + 21 > length || memcmp(payload + offset, MARK, MARK_LENGTH)) {
        const char *found = memmem(payload, length, MARK, MARK_LENGTH);
        if (!found)
            return;
        offset = (size_t)(found - payload);
    }
    const char *text = payload + offset + MARK_LENGTH;
    if (measuring) {
        counted.deliveries++;
        record((now - parse_hex(text + 4)) / 1000);
    }
    int number = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    if (running && number >= 0 && number < options.in_flight && owners[number] == client) {
        counted.returned += measuring;
        send_message(number);
    }
}

static bool starts(const char *payload, size_t length, const char *prefix)
{
    size_t size = strlen(prefix);
    return length >= size && memcmp(payload, prefix, size) == 0;
}

static void on_text(struct client *client, const char *payload, size_t length, uint64_t now)
{
    if (starts(payload, length, mesaj_prefix)) {
        on_message(client, payload, length, now);
    } else if (starts(payload, length, onay_prefix)) {
        counted.acknowledgements += measuring;
    } else if (starts(payload, length, hata_prefix)) {
        counted.errors++;
        if (!first_error[0])
            snprintf(first_error, sizeof first_error, "%.*s", (int)length, payload);
        if (client->state == JOINING)
            die("could not join: %s", first_error);
    } else if (options.dialect == SOCKETIO && length && payload[0] == '2') {
        send_frame(client, 1, "3", 1);
    } else if (client->state == GREETING) {
        if (options.dialect == SOCKETIO && payload[0] == '0')
            send_frame(client, 1, "40", 2);
        else
            join(client);
    } else if (client->state == JOINING && memmem(payload, length, "\"oda_katilim\"", 13)) {
        client->state = READY;
        ready++, connecting--;
    }
}

static void on_frame(struct client *client, int opcode, const char *payload, size_t length, uint64_t now)
{
    if (opcode == 1 || opcode == 2)
        on_text(client, payload, length, now);
    else if (opcode == 9)
        send_frame(client, 10, payload, length);
    else if (opcode == 8)
        lose(client, length >= 2 ? (unsigned char)payload[0] << 8 | (unsigned char)payload[1] : 1005);
}

/* Handle every whole frame in `data`; return how many bytes they took. */
static size_t walk(struct client *client, const char *data, size_t length)
{
    size_t at = 0;
    uint64_t now = now_ns();
    while (length - at >= 2 && client->state != CLOSED) {
        const unsigned char *head = (const unsigned char *)data + at;
        size_t size = head[1] & 0x7f, skip = 2;
        if (size == 126) {
            if (length - at < 4)
                break;
            size = (size_t)head[2] << 8 | head[3], skip = 4;
        } else if (size == 127) {
            if (length - at < 10)
                break;
            size = 0, skip = 10;
            for (int i = 2; i < 10; i++)
                size = size << 8 | head[i];
            if (size > MAX_FRAME)
                die("a frame of %zu bytes", size);
        }
        if (length - at < skip + size)
            break;
        on_frame(client, head[0] & 0x0f, data + at + skip, size, now);
        at += skip + size;
    }
    return at;
}

static size_t finish_upgrade(struct client *client, const char *data, size_t length)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (!starts(data, length, "HTTP/1.1 101") || !memmem(data, (size_t)(end - data), ACCEPT, strlen(ACCEPT)))
        die("%s was not upgraded: %.*s", client->path, (int)length, data);
    client->state = GREETING;
    size_t used = (size_t)(end - data) + 4;
    return used + walk(client, data + used, length - used);
}

static void on_readable(struct client *client)
{
    if (client->carried)
        memcpy(buffer, client->carry, client->carried);
    ssize_t got = recv(client->fd, buffer + client->carried, READ_SIZE, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        lose(client, -1);
        return;
    }
    counted.reads += measuring;
    counted.bytes += measuring ? (uint64_t)got : 0;
    size_t length = client->carried + (size_t)got;
    size_t used = client->state == UPGRADING ? finish_upgrade(client, buffer, length) : walk(client, buffer, length);
    client->carried = length - used;
    if (client->carried) {
        client->carry = realloc(client->carry, client->carried);
        memcpy(client->carry, buffer + used, client->carried);
    }
}

static void upgrade(struct client *client)
{
    char request[2048], origin[256] = "";
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error)
        die("connecting to port %d: %s", options.port, strerror(error));
    if (options.origin)
        snprintf(origin, sizeof origin, "Origin: %s\r\n", options.origin);
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s"
                          "Sec-WebSocket-Key: " NONCE "\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          client->path, options.host, options.port, origin);
    client->state = UPGRADING;
    write_all(client, request, (size_t)length);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

static void start_connecting(int index)
{
    struct client *client = &clients[index];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    struct sockaddr_in source = {.sin_family = AF_INET};
    int one = 1, small = 16384;
    inet_pton(AF_INET, options.host, &address.sin_addr);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (client->fd < 0)
        die("socket: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (client->stalled)
        setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (options.sources > 1) {
        source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(index % options.sources));
        setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(client->fd, (struct sockaddr *)&source, sizeof source))
            die("bind: %s", strerror(errno));
    }
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
        die("connecting to %s:%d: %s", options.host, options.port, strerror(errno));
    client->state = CONNECTING;
    connecting++;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = client};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, client->fd, &event);
}

/* Let those that never read read now: what was under way comes first, then how the server closed them. */
static void release_stalled(void)
{
    for (int i = client_count - options.stalled; i < client_count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, clients[i].fd, &event);
    }
}

/* The driver has written on our stdin, or closed it. */
static void on_stdin(void)
{
    char byte;
    if (read(STDIN_FILENO, &byte, 1) == 1)
        release_stalled();
    else
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
}

/* Serve the sockets until `deadline` (nanoseconds), or until every client is ready when that comes first. */
static void serve(uint64_t deadline, bool until_ready)
{
    struct epoll_event events[MAX_EVENTS];
    for (;;) {
        while (next_client < client_count && connecting < CONNECTING_AT_ONCE)
            start_connecting(next_client++);
        uint64_t now = now_ns();
        if (now >= deadline || (until_ready && ready == client_count))
            return;
        int wait = (int)((deadline - now) / 1000000) + 1;
        if (wait > 100)
            wait = 100;
        if (running && options.spin)
            wait = 0;
        int count = epoll_wait(epoll_fd, events, MAX_EVENTS, wait);
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            if (client == NULL)
                on_stdin();
            else if (client->state == CONNECTING)
                upgrade(client);
            else if (client->state != CLOSED)
                on_readable(client);
        }
    }
}

/* Wait for the driver to close our stdin while the sockets are served. */
static void hold(void)
{
    char byte;
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    do
        serve(now_ns() + 100000000u, false);
    while (read(STDIN_FILENO, &byte, 1) != 0);
}

static void load_clients(void)
{
    char line[2048];
    int capacity = 0;
    FILE *file = fopen(options.clients_file, "r");
    if (!file)
        die("%s: %s", options.clients_file, strerror(errno));
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *tab = strchr(line, '\t');
        if (tab)
            *tab = 0;
        if (client_count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            clients = realloc(clients, (size_t)capacity * sizeof *clients);
        }
        clients[client_count++] =
            (struct client){.path = strdup(line), .room = strdup(tab ? tab + 1 : "")};
    }
    fclose(file);
    /* Senders are spread over the room, so that no server answers them first or last of all; in a room smaller than the
     * number in flight they have several on their way. Stalled clients are the last ones and send nothing. */
    int readers = client_count - options.stalled;
    if (readers < 1 || options.in_flight > MAX_IN_FLIGHT)
        die("%d messages in flight among %d clients", options.in_flight, readers);
    for (int i = 0; i < options.in_flight; i++)
        owners[i] = &clients[(int)((int64_t)i * readers / options.in_flight)];
    for (int i = readers; i < client_count; i++)
        clients[i].stalled = true;
}

static void parse_options(int argc, char **argv)
{
    static const struct option names[] = {
        {"host", 1, 0, 'h'},    {"port", 1, 0, 'p'},    {"clients", 1, 0, 'c'}, {"in-flight", 1, 0, 'k'},
        {"stalled", 1, 0, 's'}, {"text", 1, 0, 't'},    {"warmup", 1, 0, 'w'},  {"seconds", 1, 0, 'd'},
        {"dialect", 1, 0, 'x'}, {"hold", 0, 0, 'o'},    {"sources", 1, 0, 'a'}, {"cpu-of", 1, 0, 'u'},
        {"origin", 1, 0, 'g'},  {"spin", 0, 0, 'b'},    {0},
    };
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'h': options.host = optarg; break;
        case 'p': options.port = atoi(optarg); break;
        case 'c': options.clients_file = optarg; break;
        case 'k': options.in_flight = atoi(optarg); break;
        case 's': options.stalled = atoi(optarg); break;
        case 't': options.text_bytes = atoi(optarg); break;
        case 'w': options.warmup = atof(optarg); break;
        case 'd': options.seconds = atof(optarg); break;
        case 'x': options.dialect = strcmp(optarg, "socketio") ? PLAIN : SOCKETIO; break;
        case 'o': options.hold = true; break;
        case 'b': options.spin = true; break;
        case 'a': options.sources = atoi(optarg); break;
        case 'g': options.origin = optarg; break;
        case 'u':
            for (char *pid = strtok(optarg, ","); pid && options.pid_count < MAX_PIDS; pid = strtok(NULL, ","))
                options.pids[options.pid_count++] = atoi(pid);
            break;
        default: exit(2);
        }
    }
    if (!options.port || !options.clients_file || options.text_bytes < 23 || options.text_bytes > 2000)
        die("needs --port, --clients and a --text of 23 to 2000 bytes");
    bool socketio = options.dialect == SOCKETIO;
    mesaj_prefix = socketio ? "42[\"mesaj\"," : "{\"tip\":\"mesaj\",";
    onay_prefix = socketio ? "42[\"mesaj_onay\"," : "{\"tip\":\"mesaj_onay\",";
    hata_prefix = socketio ? "42[\"hata\"," : "{\"tip\":\"hata\",";
}

static void print_result(double elapsed, double server_cpu, double generator_cpu, int lost_readers)
{
    printf("{\"event\":\"result\",\"clients\":%d,\"in_flight\":%d,\"seconds\":%.4f,\"deliveries\":%llu,"
           "\"acknowledgements\":%llu,\"returned\":%llu,\"errors\":%llu,\"bytes\":%llu,\"reads\":%llu,"
           "\"server_cpu\":%.6f,\"generator_cpu\":%.6f,\"p50_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%llu,"
           "\"lost_readers\":%d,\"stalled_close_codes\":[",
           client_count, options.in_flight, elapsed, (unsigned long long)counted.deliveries,
           (unsigned long long)counted.acknowledgements, (unsigned long long)counted.returned,
           (unsigned long long)counted.errors, (unsigned long long)counted.bytes, (unsigned long long)counted.reads,
           server_cpu, generator_cpu, percentile(0.50), percentile(0.99), (unsigned long long)worst, lost_readers);
    for (int i = client_count - options.stalled; i < client_count; i++)
        printf("%s%d", i == client_count - options.stalled ? "" : ",", clients[i].close_code);
    /* The server's own words, quotes dropped: they only explain a failed run. */
    for (char *c = first_error; *c; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < 32)
            *c = '\'';
    printf("],\"first_error\":\"%s\"}\n", first_error);
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    load_clients();
    run_nonce = now_ns() >> 10;
    buffer = malloc(MAX_FRAME + READ_SIZE + 16);
    epoll_fd = epoll_create1(0);

    serve(now_ns() + (uint64_t)SETUP_TIMEOUT * 1000000000u, true);
    if (ready != client_count)
        die("only %d of %d clients were ready after %d s", ready, client_count, SETUP_TIMEOUT);
    printf("{\"event\":\"ready\",\"clients\":%d}\n", ready);
    if (options.hold) {
        hold();
        return 0;
    }

    for (int i = client_count - options.stalled; i < client_count; i++)
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, clients[i].fd, NULL);
    if (options.stalled) {
        struct epoll_event event = {.events = EPOLLIN};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    }
    running = true;
    for (int i = 0; i < options.in_flight; i++)
        send_message(i);
    serve(now_ns() + (uint64_t)(options.warmup * 1e9), false);

    puts("{\"event\":\"window\"}");
    double cpu = watched_cpu(), own = own_cpu();
    uint64_t begin = now_ns();
    measuring = true;
    serve(begin + (uint64_t)(options.seconds * 1e9), false);
    measuring = false;
    uint64_t end = now_ns();
    cpu = watched_cpu() - cpu, own = own_cpu() - own;
    int lost_readers = 0;
    running = false;
    for (int i = 0; i < client_count - options.stalled; i++)
        lost_readers += clients[i].state == CLOSED;
    if (options.stalled) {
        release_stalled();
        serve(now_ns() + 1500000000u, false);
    }
    print_result((double)(end - begin) / 1e9, cpu, own, lost_readers);
    return 0;
}
