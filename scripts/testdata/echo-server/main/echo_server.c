/* A server that logs what the profile `udp-server-example` expects: sends back what it is sent. */
#include <arpa/inet.h>
#include <netinet/in.h>
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

static void server_task(void *arg)
{
    (void)arg;
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(CONFIG_EXAMPLE_PORT) };
    int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
    ESP_ERROR_CHECK(bind(sock, (struct sockaddr *)&any, sizeof(any)) == 0 ? ESP_OK : ESP_FAIL);
    ESP_LOGI(TAG, "Socket bound, port %d", CONFIG_EXAMPLE_PORT);
    for (;;) {
        char message[128];
        struct sockaddr_in source = { 0 };
        socklen_t source_length = sizeof(source);
        int length = recvfrom(sock, message, sizeof(message), 0, (struct sockaddr *)&source, &source_length);
        ESP_LOGI(TAG, "Received %d bytes from %s:", length, inet_ntoa(source.sin_addr));
        sendto(sock, message, length, 0, (struct sockaddr *)&source, source_length);
    }
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());
    xTaskCreate(server_task, "server", 4096, NULL, 5, NULL);
}
