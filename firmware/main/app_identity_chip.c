#include "app_identity.h"

void app_identity_log(void)
{
    /* ESP-IDF's start-up code has done it, before app_main(). */
}
