/*
 * A chip's heap, as far as the client can see it: what ESP-IDF's Wi-Fi examples find free at their start, roughly, less what
 * the process has allocated since it was asked first.
 */
#include "esp_system.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

#define HEAP_SIZE (280 * 1024)

uint32_t esp_get_free_heap_size(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    static size_t s_used_at_first;
    static bool s_asked;
    size_t used = mallinfo2().uordblks;
    if (!s_asked) {
        s_asked = true;
        s_used_at_first = used;
    }
    size_t left = HEAP_SIZE + s_used_at_first;
    return used < left ? left - used : 0;
#else
    /* Other C libraries don't tell. */
    return HEAP_SIZE;
#endif
}
