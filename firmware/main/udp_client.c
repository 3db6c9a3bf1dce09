/*
 * One task does everything, so that log lines keep the order of what happened:
 *
 *     |<------------------ period ------------------>|<---
 *     send, log      wait for acks by select()   tick  send, log
 */
#include "udp_client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_log.h"
#include "esp_timer.h"
#include "errno_name.h"
#include "udp_client_events.h"

#define NO_SOCKET             (-1)
#define TASK_STACK_SIZE       4096
#define TASK_PRIORITY         5
#define ADDRESS_TEXT_SIZE     16
#define RECEIVE_BUFFER_SIZE   128
/* Answers that are taken right before a send: enough for stragglers, too few to hold the send up. */
#define MAX_STRAGGLERS        4
/* Between a payload or an answer and its number. */
#define NUMBER_MARK           " #"
#define NUMBERED_PAYLOAD_SIZE 64
#define NO_NUMBER             (-1)

static const char *TAG = UDP_CLIENT_TAG;
static const char *s_payload = "Hello from ESP32";
static const char *s_ack = "Ok!";

static bool s_started;

/** What the client remembers from one period to the next. */
typedef struct {
    struct sockaddr_in server; /*!< Where the datagrams go to */
    TickType_t period;         /*!< Time from one datagram to the next in ticks */
    bool numbered;             /*!< Each datagram ends with its number */
    int sock;                  /*!< The open socket, or NO_SOCKET */
    uint32_t sent_count;       /*!< Datagrams sent since boot: the number of the next one */
    uint32_t open_count;       /*!< Datagrams sent since the last ack */
    int64_t sent_at_us;        /*!< When the latest datagram was sent */
} udp_client_t;

/** Open a socket. A failure is logged and tried again by the next period. */
static void open_socket(udp_client_t *client)
{
    client->sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
    if (client->sock < 0) {
        ESP_LOGE(TAG, UDP_CLIENT_EVENT_SOCKET_FAILED, errno);
        client->sock = NO_SOCKET;
        return;
    }
    ESP_LOGI(TAG, UDP_CLIENT_EVENT_SOCKET_CREATED);
}

static void close_socket(udp_client_t *client)
{
    ESP_LOGE(TAG, UDP_CLIENT_EVENT_RESTARTING);
    shutdown(client->sock, 0);
    close(client->sock);
    client->sock = NO_SOCKET;
}

/** Let the payload end with the number of the datagram that is sent next. */
static void number_payload(const udp_client_t *client)
{
    static const char *s_unnumbered;
    static char s_numbered[NUMBERED_PAYLOAD_SIZE];
    if (s_unnumbered == NULL) {
        s_unnumbered = s_payload;
    }
    snprintf(s_numbered, sizeof(s_numbered), "%s" NUMBER_MARK "%" PRIu32, s_unnumbered, client->sent_count);
    s_payload = s_numbered;
}

/** Send one datagram. If that fails, close the socket. */
static void send_payload(udp_client_t *client)
{
    if (client->numbered) {
        number_payload(client);
    }
    int64_t at_us;
    ssize_t sent;
    do {
        at_us = esp_timer_get_time();
        sent = sendto(client->sock, s_payload, strlen(s_payload), 0,
                      (struct sockaddr *)&client->server, sizeof(client->server));
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        ESP_LOGE(TAG, UDP_CLIENT_EVENT_SEND_FAILED, errno);
        close_socket(client);
        return;
    }
    uint32_t seq = client->sent_count++;
    client->open_count++;
    client->sent_at_us = at_us;
    ESP_LOG_BUFFER_HEX(TAG, s_payload, strlen(s_payload));
    ESP_LOGI(TAG, UDP_CLIENT_EVENT_SENT, seq, at_us);
}

static bool is_from_server(const udp_client_t *client, const struct sockaddr_in *source)
{
    return source->sin_addr.s_addr == client->server.sin_addr.s_addr && source->sin_port == client->server.sin_port;
}

static void log_reply(udp_client_t *client, bool is_ack, ssize_t len, int64_t at_us)
{
    if (!is_ack || client->sent_count == 0) {
        ESP_LOGW(TAG, UDP_CLIENT_EVENT_REPLY_UNEXPECTED, (int)len);
        return;
    }
    ESP_LOGI(TAG, UDP_CLIENT_EVENT_ACK, client->sent_count - 1, at_us, at_us - client->sent_at_us, client->open_count);
    client->open_count = 0;
}

/**
 * Take the number off the end of an answer.
 *
 * @param buffer Terminated text.
 * @param len Its length; shortened by the number.
 * @return NO_NUMBER if there is none.
 */
static int64_t take_number(const char *buffer, ssize_t *len)
{
    const char *mark = strstr(buffer, NUMBER_MARK);
    if (mark == NULL) {
        return NO_NUMBER;
    }
    const char *digits = mark + strlen(NUMBER_MARK);
    char *end;
    int64_t number = strtoll(digits, &end, 10);
    if (end == digits || end != buffer + *len || number < 0) {
        return NO_NUMBER;
    }
    *len = mark - buffer;
    return number;
}

/**
 * Take one datagram from the socket without waiting.
 *
 * A failure is logged and not fatal: a server that isn't there yet may show as ECONNREFUSED.
 *
 * @return true if there was one; false if there was none or the call failed.
 */
static bool receive_reply(udp_client_t *client)
{
    char buffer[RECEIVE_BUFFER_SIZE + 1];
    struct sockaddr_in source = { 0 };
    socklen_t source_len = sizeof(source);
    ssize_t len;
    do {
        len = recvfrom(client->sock, buffer, RECEIVE_BUFFER_SIZE, MSG_DONTWAIT, (struct sockaddr *)&source, &source_len);
    } while (len < 0 && errno == EINTR);
    int64_t at_us = esp_timer_get_time();
    if (len < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            ESP_LOGW(TAG, UDP_CLIENT_EVENT_RECEIVE_FAILED, errno, errno_name(errno));
        }
        return false;
    }
    buffer[len] = '\0';
    int64_t number = client->numbered ? take_number(buffer, &len) : NO_NUMBER;
    bool is_ack = (size_t)len == strlen(s_ack) && memcmp(buffer, s_ack, len) == 0 && is_from_server(client, &source);
    log_reply(client, is_ack, len, at_us);
    if (is_ack && number != NO_NUMBER) {
        ESP_LOGI(TAG, UDP_CLIENT_EVENT_ACK_NUMBER, (uint32_t)number);
    }
    return true;
}

/** Take what arrived while nobody waited for it, before the next send makes it look like an answer to that. */
static void receive_stragglers(udp_client_t *client)
{
    int count = 0;
    while (count < MAX_STRAGGLERS && receive_reply(client)) {
        count++;
    }
}

/**
 * Wait a tick for something to read.
 *
 * Longer waits would do on a chip, where select() returns as soon as something is there. On ESP-IDF's linux target it
 * looks only when the wait begins and ends.
 *
 * @return as select() does.
 */
static int wait_readable(int sock)
{
    struct timeval timeout = { .tv_usec = portTICK_PERIOD_MS * 1000 };
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(sock, &readable);
    return select(sock + 1, &readable, NULL, NULL, &timeout);
}

/** Take what arrives before `wake_time`, but for the last tick: lwIP's select() may sleep a tick longer than asked. */
static void receive_until(udp_client_t *client, TickType_t wake_time)
{
    for (;;) {
        TickType_t left = wake_time - xTaskGetTickCount();
        /* Once the time is over, the unsigned difference is huge. */
        if (left < 2 || left > client->period) {
            return;
        }
        int ready = wait_readable(client->sock);
        if (ready < 0 && errno != EINTR) {
            ESP_LOGW(TAG, UDP_CLIENT_EVENT_RECEIVE_FAILED, errno, errno_name(errno));
            return;
        }
        if (ready > 0 && !receive_reply(client)) {
            return;
        }
    }
}

/**
 * Wait for the next point of the grid, which `wake_time` is moved to.
 *
 * When the task was held up for more than a period (a debugger, a long outage), the points that were missed are left
 * out: sending them now in a burst would serve nobody.
 */
static void wait_for_next_period(udp_client_t *client, TickType_t *wake_time)
{
    if (client->sock != NO_SOCKET) {
        receive_until(client, *wake_time + client->period);
    }
    TickType_t periods_gone = (xTaskGetTickCount() - *wake_time) / client->period;
    if (periods_gone > 1) {
        *wake_time += (periods_gone - 1) * client->period;
    }
    xTaskDelayUntil(wake_time, client->period);
}

static void udp_client_task(void *arg)
{
    udp_client_t *client = arg;
    TickType_t wake_time = xTaskGetTickCount();
    open_socket(client);
    for (;;) {
        /* The first datagram waits, too: then it is sent at the start of a tick like all others. */
        wait_for_next_period(client, &wake_time);
        if (client->sock == NO_SOCKET) {
            open_socket(client);
        }
        if (client->sock != NO_SOCKET) {
            receive_stragglers(client);
            send_payload(client);
        }
    }
}

esp_err_t udp_client_start(const udp_client_config_t *config)
{
    if (config == NULL || pdMS_TO_TICKS(config->period_ms) == 0) {
        return ESP_ERR_INVALID_ARG;
    }
    if (s_started) {
        return ESP_ERR_INVALID_STATE;
    }
    static udp_client_t s_client;
    s_client = (udp_client_t) {
        .server = config->server,
        .period = pdMS_TO_TICKS(config->period_ms),
        .numbered = config->numbered,
        .sock = NO_SOCKET,
    };
    char address[ADDRESS_TEXT_SIZE];
    inet_ntop(AF_INET, &config->server.sin_addr, address, sizeof(address));
    ESP_LOGI(TAG, UDP_CLIENT_EVENT_START, config->period_ms, address, ntohs(config->server.sin_port),
             (int)strlen(s_payload));
    if (xTaskCreate(udp_client_task, "udp_client", TASK_STACK_SIZE, &s_client, TASK_PRIORITY, NULL) != pdPASS) {
        return ESP_ERR_NO_MEM;
    }
    s_started = true;
    return ESP_OK;
}
