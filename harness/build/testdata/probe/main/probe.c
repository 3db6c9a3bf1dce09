/* A firmware that does what the line on its console says, one after the other: to try out the host shim. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_err.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "sdkconfig.h"
#include "arithmetic.h"

#define MAX_TRIED 16

static const char *TAG = "probe";

static void log_hex(void)
{
    ESP_LOG_BUFFER_HEX(TAG, "0123456789abcdefXY", 18);
}

static void write_null(void)
{
    *(volatile int *)4 = 1;
}

static void read_null(void)
{
    ESP_LOGI(TAG, "read %d", *(volatile int *)8);
}

static void divide_by_zero(void)
{
    ESP_LOGI(TAG, "quotient %d", divide(1, 0));
}

/** Ends only when the stack does, which the compiler can't tell. */
static int overflow_stack(volatile int *depth)
{
    volatile int deeper = *depth + 1;
    return deeper < 0 ? 0 : overflow_stack(&deeper) + deeper;
}

static void recurse(void)
{
    volatile int depth = 0;
    ESP_LOGI(TAG, "depth %d", overflow_stack(&depth));
}

/** Works on and on: the idle task never runs. */
static void hog(void)
{
    for (;;) {
        esp_timer_get_time();
    }
}

static void fail_assert(void)
{
    assert(CONFIG_PROBE_ANSWER == 41);
}

static void fail_check(void)
{
    ESP_ERROR_CHECK(ESP_ERR_INVALID_STATE);
}

static void return_from_task(void *arg)
{
    (void)arg;
}

static void end_task_wrongly(void)
{
    xTaskCreate(return_from_task, "returner", 2048, NULL, 1, NULL);
    vTaskDelay(pdMS_TO_TICKS(10000)); /* it panics first */
}

static void log_reset_reason(void)
{
    ESP_LOGI(TAG, "reset reason %d", esp_reset_reason());
}

static void open_sockets(void)
{
    int opened[MAX_TRIED];
    int count = 0;
    while (count < MAX_TRIED && (opened[count] = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP)) >= 0) {
        count++;
    }
    ESP_LOGI(TAG, "sockets %d %s", count, errno == ENFILE ? "ENFILE" : "?");
    while (count > 0) {
        close(opened[--count]);
    }
}

static void send_to(const char *address)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = inet_addr(address) };
    struct sockaddr_in own = { 0 };
    socklen_t own_len = sizeof(own);
    int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
    int err = sendto(sock, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
    getsockname(sock, (struct sockaddr *)&own, &own_len);
    ESP_LOGI(TAG, "send %s from %s", err == EHOSTUNREACH ? "EHOSTUNREACH" : "ok", inet_ntoa(own.sin_addr));
    close(sock);
}

static void send_far(void)
{
    send_to("192.0.2.1");
}

static void send_near(void)
{
    send_to("127.0.0.1");
}

static void log_wait(const char *what, int64_t zero_us)
{
    ESP_LOGI(TAG, "%s tick=%" PRIu32 " us=%lld", what, xTaskGetTickCount(), (long long)(esp_timer_get_time() - zero_us));
}

/** Waits of each kind that begin somewhere within a tick. */
static void wait_in_ticks(void)
{
    int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
    vTaskDelay(1);
    int64_t zero_us = esp_timer_get_time();
    log_wait("begin", zero_us);
    for (int i = 0; i < 5; i++) {
        struct timeval timeout = { .tv_usec = 15000 };
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(sock, &readable);
        select(sock + 1, &readable, NULL, NULL, &timeout);
        log_wait("select", zero_us);
        usleep(2500);
        vTaskDelay(2);
        log_wait("delay", zero_us);
        usleep(2500);
        TickType_t wake_time = xTaskGetTickCount();
        xTaskDelayUntil(&wake_time, 3);
        log_wait("until", zero_us);
    }
    close(sock);
}

/** Far more than the FIFO holds: the wire's speed shows. */
static void flood(void)
{
    int64_t from_us = esp_timer_get_time();
    for (int i = 0; i < 40; i++) {
        printf("%098d\n", i); /* 100 bytes on the wire */
    }
    ESP_LOGI(TAG, "flooded in %lld", (long long)(esp_timer_get_time() - from_us));
}

typedef struct {
    const char *name;
    void (*run)(void);
} act_t;

static const act_t s_acts[] = {
    { "hex", log_hex },
    { "write_null", write_null },
    { "read_null", read_null },
    { "divide", divide_by_zero },
    { "recurse", recurse },
    { "hog", hog },
    { "abort", abort },
    { "assert", fail_assert },
    { "check", fail_check },
    { "return", end_task_wrongly },
    { "restart", esp_restart },
    { "reason", log_reset_reason },
    { "sockets", open_sockets },
    { "send_far", send_far },
    { "send_near", send_near },
    { "ticks", wait_in_ticks },
    { "flood", flood },
};

static void run_act(const char *name)
{
    for (size_t i = 0; i < sizeof(s_acts) / sizeof(s_acts[0]); i++) {
        if (strcmp(name, s_acts[i].name) == 0) {
            s_acts[i].run();
            ESP_LOGI(TAG, "done %s", name);
        }
    }
}

void app_main(void)
{
    char name[32];
    size_t len = 0;
    ESP_LOGI(TAG, "ready");
    for (;;) {
        int c = getchar();
        if (c == EOF) {
            clearerr(stdin);
            vTaskDelay(1);
        } else if (c == '\n') {
            name[len] = '\0';
            len = 0;
            run_act(name);
        } else if (len < sizeof(name) - 1) {
            name[len++] = c;
        }
    }
}
