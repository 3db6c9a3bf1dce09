/* From the process's start to app_main(), as ESP-IDF's startup code does it on the chip. */
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "clock.h"
#include "esp_app_desc.h"
#include "esp_log.h"
#include "freertos/task.h"
#include "panic.h"
#include "stalls.h"
#include "task_watchdog.h"
#include "uart.h"

#define TIMER_SLACK_NS 1000

void app_main(void);

static void log_identity(void)
{
    const esp_app_desc_t *app = esp_app_get_description();
    char sha256[17];
    esp_app_get_elf_sha256(sha256, sizeof(sha256));
    ESP_LOGI("app_init", "Application information:");
    ESP_LOGI("app_init", "Project name:     %s", app->project_name);
    ESP_LOGI("app_init", "App version:      %s", app->version);
    ESP_LOGI("app_init", "Compile time:     %s %s", app->date, app->time);
    ESP_LOGI("app_init", "ELF file SHA256:  %s...", sha256);
    ESP_LOGI("app_init", "ESP-IDF:          %s", app->idf_ver);
}

static void run_main_task(void *arg)
{
    (void)arg;
    ESP_LOGI("main_task", "Started on CPU0");
    ESP_LOGI("main_task", "Calling app_main()");
    app_main();
    ESP_LOGI("main_task", "Returned from app_main()");
    vTaskDelete(NULL);
}

int main(void)
{
    clock_start();
    stalls_start();
    panic_start();
    panic_watch_thread();
    uart_start();
    /* Wake up on the tick, not up to 50 us after it as Linux would allow itself. */
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);

    ESP_LOGI("cpu_start", "Unicore app");
    ESP_LOGI("cpu_start", "Pro cpu start user code");
    log_identity();
    clock_start_ticks();
    task_watchdog_start();
    xTaskCreate(run_main_task, "main", 0, NULL, 1, NULL);
    for (;;) {
        pause();
    }
}
