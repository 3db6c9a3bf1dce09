#define _GNU_SOURCE /* pthread_getcpuclockid */
#include "task_watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "clock.h"
#include "panic.h"
#include "sdkconfig.h"

#define MAX_TASKS  16
#define NS_PER_S   1000000000LL
#define TIMEOUT_NS (CONFIG_ESP_TASK_WDT_TIMEOUT_S * NS_PER_S)
#define LOOK_NS    100000000LL
/* Of the timeout: who has run for less of it was not busy but waited where we don't see it, or the host was busy. */
#define LEAST_RUN  20

typedef struct {
    bool is_used;
    pthread_t thread;
    clockid_t cpu;
    int64_t fed_ns;     /*!< When it waited last */
    int64_t fed_cpu_ns; /*!< How long it had run by then */
} watched_t;

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static watched_t s_tasks[MAX_TASKS];
static _Thread_local watched_t *s_own;
static pthread_key_t s_at_end;

static int64_t read_ns(clockid_t clock)
{
    struct timespec now = { 0 };
    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void forget(void *task)
{
    pthread_mutex_lock(&s_lock);
    ((watched_t *)task)->is_used = false;
    pthread_mutex_unlock(&s_lock);
}

void task_watchdog_watch(void)
{
    pthread_mutex_lock(&s_lock);
    for (size_t i = 0; i < MAX_TASKS && s_own == NULL; i++) {
        if (!s_tasks[i].is_used) {
            s_own = &s_tasks[i];
            *s_own = (watched_t) { .is_used = true, .thread = pthread_self(), .fed_ns = clock_host_ns() };
            pthread_getcpuclockid(s_own->thread, &s_own->cpu);
        }
    }
    pthread_mutex_unlock(&s_lock);
    pthread_setspecific(s_at_end, s_own);
}

void task_watchdog_feed(void)
{
    if (s_own == NULL) {
        return;
    }
    pthread_mutex_lock(&s_lock);
    s_own->fed_ns = clock_host_ns();
    s_own->fed_cpu_ns = read_ns(s_own->cpu);
    pthread_mutex_unlock(&s_lock);
}

static void look(void)
{
    int64_t now_ns = clock_host_ns();
    pthread_mutex_lock(&s_lock);
    for (size_t i = 0; i < MAX_TASKS; i++) {
        const watched_t *task = &s_tasks[i];
        if (task->is_used && now_ns - task->fed_ns > TIMEOUT_NS
                && read_ns(task->cpu) - task->fed_cpu_ns > TIMEOUT_NS / LEAST_RUN) {
            pthread_kill(task->thread, SIGNAL_TASK_WATCHDOG);
        }
    }
    pthread_mutex_unlock(&s_lock);
}

__attribute__((noreturn)) static void *watch(void *arg)
{
    (void)arg;
    for (;;) {
        clock_sleep_until_ns(clock_host_ns() + LOOK_NS);
        look();
    }
}

void task_watchdog_start(void)
{
    pthread_key_create(&s_at_end, forget);
    pthread_t thread;
    pthread_create(&thread, NULL, watch, NULL);
    pthread_detach(thread);
}
