/* A client that logs what the profile `udp-client-example` expects: sends, waits for the answer, sleeps 2 s. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include "esp_err.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

static const char *TAG = "example";
static const char *s_message = "Message from ESP32 ";

static void client_task(void *arg)
{
    (void)arg;
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(CONFIG_EXAMPLE_PORT) };
    inet_pton(AF_INET, CONFIG_EXAMPLE_IPV4_ADDR, &server.sin_addr);
    int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
    ESP_LOGI(TAG, "Socket created, sending to %s:%d", CONFIG_EXAMPLE_IPV4_ADDR, CONFIG_EXAMPLE_PORT);
    for (;;) {
        char answer[128];
        sendto(sock, s_message, strlen(s_message), 0, (struct sockaddr *)&server, sizeof(server));
        ESP_LOGI(TAG, "Message sent");
        int length = recv(sock, answer, sizeof(answer), 0);
        ESP_LOGI(TAG, "Received %d bytes from %s:", length, CONFIG_EXAMPLE_IPV4_ADDR);
        vTaskDelay(pdMS_TO_TICKS(2000));
    }
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());
    xTaskCreate(client_task, "client", 4096, NULL, 5, NULL);
}
