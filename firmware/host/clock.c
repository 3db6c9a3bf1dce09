#include "clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include "esp_timer.h"
#include "freertos/task.h"
#include "stalls.h"

#define NS_PER_US   1000LL
#define NS_PER_S    1000000000LL
#define NS_PER_TICK (NS_PER_S / configTICK_RATE_HZ)

#define PPM_PER_UNIT 1000000LL

static int64_t s_reset_ns;
static _Atomic int64_t s_tick_zero_ns;
static int64_t s_drift_ppm;

int64_t clock_host_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/** What the chip's crystal makes of a time on the host's clock; split, so that it doesn't overflow. */
static int64_t to_chip_ns(int64_t host_ns)
{
    return host_ns + host_ns / PPM_PER_UNIT * s_drift_ppm + host_ns % PPM_PER_UNIT * s_drift_ppm / PPM_PER_UNIT;
}

/** The shortest time on the host's clock in which the chip's gets as far. */
static int64_t to_host_ns(int64_t chip_ns)
{
    int64_t rate = PPM_PER_UNIT + s_drift_ppm;
    return chip_ns / rate * PPM_PER_UNIT + (chip_ns % rate * PPM_PER_UNIT + rate - 1) / rate;
}

void clock_start(void)
{
    const char *drift_ppm = getenv("VB_CLOCK_PPM");
    s_drift_ppm = drift_ppm == NULL ? 0 : atoll(drift_ppm);
    const char *boot_us = getenv("VB_BOOT_US");
    s_reset_ns = clock_host_ns() - (boot_us == NULL ? 0 : atoll(boot_us) * NS_PER_US);
}

void clock_start_ticks(void)
{
    s_tick_zero_ns = clock_host_ns();
}

bool clock_is_ticking(void)
{
    return s_tick_zero_ns != 0;
}

int64_t clock_tick_begins_ns(TickType_t tick)
{
    /* The count wraps after 497 days; a host's test run doesn't last that long. */
    return s_tick_zero_ns + to_host_ns((int64_t)tick * NS_PER_TICK);
}

void clock_sleep_until_ns(int64_t deadline_ns)
{
    struct timespec deadline = { .tv_sec = deadline_ns / NS_PER_S, .tv_nsec = deadline_ns % NS_PER_S };
    stalls_look();
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
    }
    stalls_look_after_wait(deadline_ns);
}

int64_t esp_timer_get_time(void)
{
    return to_chip_ns(clock_host_ns() - s_reset_ns) / NS_PER_US;
}

TickType_t xTaskGetTickCount(void)
{
    return clock_is_ticking() ? (TickType_t)(to_chip_ns(clock_host_ns() - s_tick_zero_ns) / NS_PER_TICK) : 0;
}
