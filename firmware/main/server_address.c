#include "server_address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"
#include "esp_log.h"
#include "udp_client_events.h"

static esp_err_t parse_address(const char *text, struct sockaddr_in *address)
{
    in_addr_t ip = inet_addr(text);
    if (ip == INADDR_NONE) {
        return ESP_ERR_INVALID_ARG;
    }
    *address = (struct sockaddr_in) {
        .sin_family = AF_INET,
        .sin_port = htons(CONFIG_EXAMPLE_PORT),
        .sin_addr.s_addr = ip,
    };
    return ESP_OK;
}

#if CONFIG_EXAMPLE_SOCKET_IP_INPUT_STDIN

#define LINE_SIZE 64

static const char *TAG = UDP_CLIENT_TAG;

/**
 * Wait for a character on the console.
 *
 * On a chip whose UART driver is not installed, reading never waits: no input looks like an error or the end of the
 * file. So ask once a tick.
 */
static char read_char(void)
{
    int c;
    while ((c = getchar()) == EOF) {
        clearerr(stdin);
        vTaskDelay(1);
    }
    return (char)c;
}

/** Read a line of at least one character; what exceeds `size` is dropped. */
static void read_line(char *line, size_t size)
{
    size_t len = 0;
    for (;;) {
        char c = read_char();
        bool is_end = c == '\n' || c == '\r';
        if (is_end && len > 0) {
            break;
        }
        if (!is_end && len < size - 1) {
            line[len++] = c;
        }
    }
    line[len] = '\0';
}

esp_err_t server_address_get(struct sockaddr_in *address)
{
    char line[LINE_SIZE];
    ESP_LOGI(TAG, UDP_CLIENT_EVENT_WAITING_FOR_ADDRESS);
    for (;;) {
        read_line(line, sizeof(line));
        if (parse_address(line, address) == ESP_OK) {
            return ESP_OK;
        }
        ESP_LOGW(TAG, UDP_CLIENT_EVENT_ADDRESS_REFUSED, line);
    }
}

#else

esp_err_t server_address_get(struct sockaddr_in *address)
{
    return parse_address(CONFIG_EXAMPLE_IPV4_ADDR, address);
}

#endif
