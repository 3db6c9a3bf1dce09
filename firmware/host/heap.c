/* A chip's heap, as far as the client can see it: what the process has allocated, taken from what an ESP32 has. */
#include "esp_system.h"

#include <malloc.h>
#include <stdlib.h>

/* What ESP-IDF's Wi-Fi examples find free at their start, roughly. */
#define HEAP_SIZE (280 * 1024)

uint32_t esp_get_free_heap_size(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    size_t used = mallinfo2().uordblks;
    return used < HEAP_SIZE ? HEAP_SIZE - used : 0;
#else
    /* Other C libraries don't tell. */
    return HEAP_SIZE;
#endif
}
