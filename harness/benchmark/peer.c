/*
 * What the benchmark holds the harness against, and what it is driven by: one program, one task a call.
 *
 *   echo PORT                       the plainest ack server: recvfrom, sendto
 *   capture PORT                    each datagram to PORT as the network stack stamped it, by AF_PACKET
 *   ping PORT COUNT PERIOD_US       round trips, one after another
 *   lockstep PORT COUNT SLEEP_US    a client that sends, waits for its ack, sleeps
 *   boards PORT COUNT PERIOD_US N SKEW_PPM
 *                                   N clients on absolute deadlines; SKEW_PPM for all
 *   blast PORT RATE SECONDS         as many datagrams a second
 *   hog SECONDS [BUSY_MS IDLE_MS]   keeps a core busy; with times: before everybody else, in turns
 *   pty COUNT PERIOD_US             a serial device that writes lines with the time of their writing
 *   blob BYTES                      a serial device that writes a line without an end
 *
 * Results go to standard output, one a line; times are CLOCK_MONOTONIC in ns. Ends when its standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_BOARDS 1000

static int64_t read_clock(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static void sleep_until(int64_t at_ns)
{
    struct timespec t = { .tv_sec = at_ns / 1000000000LL, .tv_nsec = at_ns % 1000000000LL };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
    }
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int udp_to(int port)
{
    int sock = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (sock < 0 || connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0) {
        fail("socket");
    }
    return sock;
}

static void ready(void)
{
    puts("ready");
    fflush(stdout);
}

/** Wait for input on a socket or for the end of standard input. */
static int has_input(int fd)
{
    struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    poll(fds, 2, -1);
    if (fds[1].revents) {
        fflush(stdout);
        exit(0);
    }
    return fds[0].revents & POLLIN;
}

static void echo(int port)
{
    int sock = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (bind(sock, (struct sockaddr *)&at, sizeof(at)) < 0) {
        fail("bind");
    }
    ready();
    char buffer[2048];
    struct sockaddr_in from;
    while (has_input(sock)) {
        socklen_t length = sizeof(from);
        if (recvfrom(sock, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &length) >= 0) {
            sendto(sock, "Ok!", 3, 0, (struct sockaddr *)&from, length);
        }
    }
}

/** A stamp of the wall clock on the monotonic one: both are disciplined alike, so their distance holds. */
static int64_t monotonic_of(int64_t wall_ns)
{
    int64_t best_width = INT64_MAX;
    int64_t distance = 0;
    for (int i = 0; i < 8; i++) {
        int64_t before = now_ns();
        int64_t wall = read_clock(CLOCK_REALTIME);
        int64_t after = now_ns();
        if (after - before < best_width) {
            best_width = after - before;
            distance = wall - (before + after) / 2;
        }
    }
    return wall_ns - distance;
}

static void capture(int port)
{
    int sock = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
    int on = 1;
    int space = 8 << 20;
    struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = if_nametoindex("lo") };
    if (sock < 0 || bind(sock, (struct sockaddr *)&at, sizeof(at)) < 0) {
        fail("AF_PACKET");
    }
    setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof(space));
    setsockopt(sock, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    ready();
    char packet[2048];
    char control[128];
    while (has_input(sock)) {
        struct sockaddr_ll from;
        struct iovec part = { packet, sizeof(packet) - 1 };
        struct msghdr message = { &from, sizeof(from), &part, 1, control, sizeof(control), 0 };
        ssize_t length = recvmsg(sock, &message, 0);
        struct ip *ip = (struct ip *)packet;
        struct udphdr *udp = (struct udphdr *)(packet + ip->ip_hl * 4);
        char *payload = (char *)(udp + 1);
        if (length < 0 || from.sll_pkttype == PACKET_OUTGOING || ip->ip_p != IPPROTO_UDP || ntohs(udp->uh_dport) != port) {
            continue;
        }
        packet[length] = '\0';
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
                struct timespec *t = (struct timespec *)CMSG_DATA(c);
                printf("%s %lld\n", payload, (long long)monotonic_of(t->tv_sec * 1000000000LL + t->tv_nsec));
            }
        }
    }
}

/** Send and wait for the answer. @return round trip in ns, or -1 after a second without */
static int64_t ask(int sock)
{
    char buffer[64];
    struct pollfd fd = { .fd = sock, .events = POLLIN };
    int64_t sent_ns = now_ns();
    send(sock, "Hello from ESP32", 16, 0);
    if (poll(&fd, 1, 1000) != 1) {
        return -1;
    }
    recv(sock, buffer, sizeof(buffer), 0);
    return now_ns() - sent_ns;
}

static void ping(int port, int count, int period_us)
{
    int sock = udp_to(port);
    int64_t due_ns = now_ns();
    for (int i = 0; i < count; i++) {
        sleep_until(due_ns += period_us * 1000LL);
        printf("%lld\n", (long long)ask(sock));
    }
}

static void lockstep(int port, int count, int sleep_us)
{
    int sock = udp_to(port);
    for (int i = 0; i < count; i++) {
        int64_t sent_ns = now_ns();
        ask(sock);
        printf("%lld\n", (long long)sent_ns);
        sleep_until(now_ns() + sleep_us * 1000LL);
    }
}

static void boards(int port, int count, int period_us, int board_count, int skew_ppm)
{
    static int socks[MAX_BOARDS];
    struct rlimit files = { 4096, 4096 };
    setrlimit(RLIMIT_NOFILE, &files);
    for (int b = 0; b < board_count; b++) {
        socks[b] = udp_to(port);
    }
    int64_t period_ns = period_us * 1000LL * (1000000 + skew_ppm) / 1000000;
    int64_t start_ns = now_ns() + 1000000;
    for (int64_t i = 0; i < (int64_t)count * board_count; i++) {
        int b = i % board_count;
        int64_t seq = i / board_count;
        int64_t due_ns = start_ns + seq * period_ns + b * (period_ns / board_count);
        char payload[32];
        int length = snprintf(payload, sizeof(payload), "%d.%lld", b, (long long)seq);
        sleep_until(due_ns);
        while (send(socks[b], payload, length, 0) < 0 && errno == ECONNREFUSED) {
        }
        while (recv(socks[b], payload, sizeof(payload), MSG_DONTWAIT) >= 0) {
        }
    }
    printf("%d\n", count * board_count);
}

static void blast(int port, int rate, int seconds)
{
    int sock = udp_to(port);
    int64_t start_ns = now_ns();
    int64_t sent = 0;
    for (; sent < (int64_t)rate * seconds; sent++) {
        while (now_ns() - start_ns < sent * 1000000000LL / rate) {
        }
        while (send(sock, "Hello from ESP32", 16, 0) < 0) {
        }
        if (sent % 64 == 0) {
            char buffer[64];
            while (recv(sock, buffer, sizeof(buffer), MSG_DONTWAIT) >= 0) {
            }
        }
    }
    printf("%lld %.3f\n", (long long)sent, (now_ns() - start_ns) / 1e9);
}

static void hog(int seconds, int busy_ms, int idle_ms)
{
    int64_t end_ns = now_ns() + seconds * 1000000000LL;
    struct sched_param most = { .sched_priority = 50 };
    if (busy_ms > 0 && sched_setscheduler(0, SCHED_FIFO, &most) < 0) {
        fail("SCHED_FIFO");
    }
    ready();
    while (now_ns() < end_ns) {
        int64_t rest_ns = busy_ms > 0 ? now_ns() + busy_ms * 1000000LL : end_ns;
        while (now_ns() < rest_ns) {
        }
        if (idle_ms > 0) {
            sleep_until(now_ns() + idle_ms * 1000000LL);
        }
    }
}

static int open_pty(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) {
        fail("posix_openpt");
    }
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct termios raw;
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    puts(ptsname(master));
    fflush(stdout);
    /* Whoever reads says so. */
    getchar();
    return master;
}

static void pty(int count, int period_us)
{
    int master = open_pty();
    int64_t due_ns = now_ns();
    for (int i = 0; i < count; i++) {
        char line[80];
        sleep_until(due_ns += period_us * 1000LL);
        int length = snprintf(line, sizeof(line), "%06d %020lld 0123456789abcdefghijklmnopqrstuv\n", i, (long long)now_ns());
        if (write(master, line, length) != length) {
            fail("write");
        }
    }
    printf("done\n");
    fflush(stdout);
    while (getchar() != EOF) {
    }
}

static void blob(long bytes)
{
    int master = open_pty();
    char block[4096];
    memset(block, 'x', sizeof(block));
    int64_t start_ns = now_ns();
    for (long left = bytes; left > 0;) {
        ssize_t written = write(master, block, left < (long)sizeof(block) ? left : (long)sizeof(block));
        if (written < 0) {
            fail("write");
        }
        left -= written;
    }
    printf("%lld\n", (long long)start_ns);
    fflush(stdout);
    while (getchar() != EOF) {
    }
}

int main(int argc, char **argv)
{
    /* Wakes up on time, not up to 50 us after it as Linux would allow itself: a crystal does. */
    prctl(PR_SET_TIMERSLACK, 1);
    const char *task = argc > 1 ? argv[1] : "";
    long arg[6] = { 0 };
    for (int i = 2; i < argc && i < 8; i++) {
        arg[i - 2] = atol(argv[i]);
    }
    if (strcmp(task, "echo") == 0) {
        echo(arg[0]);
    } else if (strcmp(task, "capture") == 0) {
        capture(arg[0]);
    } else if (strcmp(task, "ping") == 0) {
        ping(arg[0], arg[1], arg[2]);
    } else if (strcmp(task, "lockstep") == 0) {
        lockstep(arg[0], arg[1], arg[2]);
    } else if (strcmp(task, "boards") == 0) {
        boards(arg[0], arg[1], arg[2], arg[3], arg[4]);
    } else if (strcmp(task, "blast") == 0) {
        blast(arg[0], arg[1], arg[2]);
    } else if (strcmp(task, "hog") == 0) {
        hog(arg[0], arg[1], arg[2]);
    } else if (strcmp(task, "pty") == 0) {
        pty(arg[0], arg[1]);
    } else if (strcmp(task, "blob") == 0) {
        blob(arg[0]);
    } else {
        fprintf(stderr, "usage: peer TASK [NUMBER...]\n");
        return 64;
    }
    return 0;
}
