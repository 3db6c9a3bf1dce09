#include "reset.h"

#include <stdlib.h>
#include <unistd.h>
#include "esp_system.h"
#include "uart.h"

void esp_restart(void)
{
    uart_drain();
    _exit(RESET_EXIT_CODE + ESP_RST_SW);
}

esp_reset_reason_t esp_reset_reason(void)
{
    const char *reason = getenv("VB_RESET_REASON");
    return reason == NULL ? ESP_RST_POWERON : (esp_reset_reason_t)atoi(reason);
}
