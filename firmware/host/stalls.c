#include "stalls.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "clock.h"

#define LINE_SIZE  96
#define TEXT_SIZE  64
#define NO_FILE    (-1)
#define NOT_OPENED (-2)

static int s_file = NO_FILE;

/* The kernel's account of this thread: "<ns on a processor> <ns ready, but without one> <times>". Linux, <linux/sched/stat.h> */
static _Thread_local int s_account = NOT_OPENED;
static _Thread_local int64_t s_waited_ns;

void stalls_start(void)
{
    const char *path = getenv("VB_STALLS_FILE");
    if (path != NULL) {
        s_file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    }
}

/** How long this thread was ready and had no processor, since its start; 0 where the system doesn't tell. */
static int64_t read_waited_ns(void)
{
    if (s_account == NOT_OPENED) {
        s_account = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    }
    char text[TEXT_SIZE];
    ssize_t length = s_account == NO_FILE ? 0 : pread(s_account, text, sizeof(text) - 1, 0);
    if (length <= 0) {
        return 0;
    }
    text[length] = '\0';
    char *after_run;
    strtoll(text, &after_run, 10);
    return strtoll(after_run, NULL, 10);
}

/** Notes that nothing ran from `from_ns` until now. */
static void note(int64_t from_ns, int64_t now_ns)
{
    char line[LINE_SIZE];
    int length = snprintf(line, sizeof(line), "{\"kind\":\"board-stall\",\"fromNs\":%" PRId64 ",\"toNs\":%" PRId64 "}\n",
                          from_ns, now_ns);
    /* One call a line: threads don't mix theirs. A disk that is full keeps the board from nothing. */
    ssize_t written = write(s_file, line, length);
    (void)written;
}

void stalls_look_after_wait(int64_t due_ns)
{
    if (s_file == NO_FILE) {
        return;
    }
    int after_wait = errno;
    int64_t now_ns = clock_host_ns();
    int64_t waited_ns = read_waited_ns();
    int64_t without_processor_ns = waited_ns - s_waited_ns;
    int64_t overdue_ns = now_ns - due_ns;
    int64_t stall_ns = overdue_ns > without_processor_ns ? overdue_ns : without_processor_ns;
    s_waited_ns = waited_ns;
    if (stall_ns >= STALLS_LEAST_NS) {
        note(now_ns - stall_ns, now_ns);
    }
    errno = after_wait;
}

void stalls_look(void)
{
    stalls_look_after_wait(INT64_MAX);
}
