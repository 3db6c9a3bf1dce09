/*
 * ESP-IDF's esp_timer has a header but no code on the linux target (seen in v6.0). Weak: where there is code, that is
 * used.
 */
#include "esp_timer.h"

#include <time.h>

__attribute__((weak)) int64_t esp_timer_get_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}
