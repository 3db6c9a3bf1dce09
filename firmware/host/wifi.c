/*
 * A Wi-Fi station, in ESP-IDF's words: its driver, and the event handlers of ESP-IDF's examples that keep it connected.
 *
 *     disconnected ──scan──▶ auth ──▶ assoc ──▶ run ──4-way handshake──▶ connected ──DHCP──▶ up
 *          ▲                                     │ wrong password             │ access point lost
 *          └──────────── again, up to 6 times ───┴────────────────────────────┘
 */
#include "wifi.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "network.h"
#include "panic.h"
#include "sdkconfig.h"

/* How long a chip takes: for a scan of all channels, for a handshake that nobody answers, for DHCP with its ARP probe. */
#define SCAN_MS      2400
#define HANDSHAKE_MS 3000
#define DHCP_MS      1000

/* @see ESP-IDF components/esp_wifi/include/esp_wifi_types_generic.h, wifi_err_reason_t */
#define REASON_4WAY_HANDSHAKE_TIMEOUT 15
#define REASON_BEACON_TIMEOUT         200
#define REASON_NO_AP_FOUND            201
#define REASON_NO_COMPATIBLE_SECURITY 210
#define REASON_BELOW_AUTH_THRESHOLD   211

#define CHANNEL    6
#define BSSID      "02:00:00:00:00:01"
#define LINE_SIZE  32
#define WIFI_LOGI(format, ...) \
    esp_log_write(ESP_LOG_INFO, "wifi", "I (%" PRIu32 ") wifi:" format "\n", esp_log_timestamp(), ##__VA_ARGS__)

static const char *TAG = "example_connect";

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t s_changed = PTHREAD_COND_INITIALIZER;
static wifi_credentials_t s_credentials;
static bool s_is_ap_gone;
static bool s_is_up;
static bool s_has_given_up;

static const char *env_or(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value == NULL ? otherwise : value;
}

/** A time of a chip, as long as it is to be here: VB_WIFI_HASTE times shorter. */
static TickType_t ticks_of_chip(uint32_t ms)
{
    int haste = atoi(env_or("VB_WIFI_HASTE", "1"));
    return pdMS_TO_TICKS(ms / (haste > 0 ? haste : 1));
}

static void set_flag(bool *flag, bool value)
{
    pthread_mutex_lock(&s_lock);
    *flag = value;
    pthread_cond_broadcast(&s_changed);
    pthread_mutex_unlock(&s_lock);
}

static bool read_flag(const bool *flag)
{
    pthread_mutex_lock(&s_lock);
    bool value = *flag;
    pthread_mutex_unlock(&s_lock);
    return value;
}

static void wait_until(const bool *flag)
{
    pthread_mutex_lock(&s_lock);
    while (!*flag) {
        pthread_cond_wait(&s_changed, &s_lock);
    }
    pthread_mutex_unlock(&s_lock);
}

bool wifi_is_emulated(void)
{
    return getenv("VB_AP_SSID") != NULL;
}

bool wifi_is_up(void)
{
    return wifi_is_emulated() ? read_flag(&s_is_up) : !read_flag(&s_is_ap_gone);
}

/** What the station finds on the air: 0, or the reason why it can't use it. */
static int scan(void)
{
    vTaskDelay(ticks_of_chip(SCAN_MS));
    if (read_flag(&s_is_ap_gone) || strcmp(s_credentials.ssid, env_or("VB_AP_SSID", "")) != 0) {
        return REASON_NO_AP_FOUND;
    }
    bool is_ap_open = env_or("VB_AP_PASSWORD", "")[0] == '\0';
    bool is_station_open = s_credentials.password[0] == '\0';
    if (is_ap_open == is_station_open) {
        return 0;
    }
    /* A station with a password never falls back to an open network of the same name. */
    return is_ap_open ? REASON_BELOW_AUTH_THRESHOLD : REASON_NO_COMPATIBLE_SECURITY;
}

static void log_channel(int from)
{
    WIFI_LOGI("new:<%d,0>, old:<%d,0>, ap:<255,255>, sta:<%d,0>, prof:1, snd_ch_cfg:0x0", CHANNEL, from, CHANNEL);
}

/** @return 0 when the station is connected, else the reason why not. */
static int associate(void)
{
    int reason = scan();
    if (reason != 0) {
        return reason;
    }
    log_channel(1);
    WIFI_LOGI("state: init -> auth (0xb0)");
    WIFI_LOGI("state: auth -> assoc (0x0)");
    WIFI_LOGI("state: assoc -> run (0x10)");
    if (strcmp(s_credentials.password, env_or("VB_AP_PASSWORD", "")) != 0) {
        vTaskDelay(ticks_of_chip(HANDSHAKE_MS));
        /* The reason, and below it the frame that brought it: 0xc0, deauthentication. */
        WIFI_LOGI("state: run -> init (0x%x)", REASON_4WAY_HANDSHAKE_TIMEOUT << 8 | 0xc0);
        log_channel(CHANNEL);
        return REASON_4WAY_HANDSHAKE_TIMEOUT;
    }
    WIFI_LOGI("connected with %s, aid = 1, channel %d, BW20, bssid = " BSSID, s_credentials.ssid, CHANNEL);
    WIFI_LOGI("security: %s, phy: bgn, rssi: -40", s_credentials.password[0] == '\0' ? "Open" : "WPA2-PSK");
    WIFI_LOGI("pm start, type: 1\n");
    return 0;
}

static void request_address(void)
{
    if (strcmp(env_or("VB_AP_DHCP", "1"), "0") == 0) {
        return;
    }
    vTaskDelay(ticks_of_chip(DHCP_MS));
    network_log_address();
    set_flag(&s_is_up, true);
}

static int wait_for_loss(void)
{
    wait_until(&s_is_ap_gone);
    set_flag(&s_is_up, false);
    WIFI_LOGI("bcn_timeout,ap_probe_send_start");
    WIFI_LOGI("ap_probe_send over, reset wifi status to disassoc");
    WIFI_LOGI("state: run -> init (0x%x)", REASON_BEACON_TIMEOUT << 8);
    WIFI_LOGI("pm stop, total sleep time: 0 us / 0 us\n");
    log_channel(CHANNEL);
    return REASON_BEACON_TIMEOUT;
}

static void run_station(void *arg)
{
    (void)arg;
    panic_shield_task();
    int failures = 0;
    for (;;) {
        int reason = associate();
        if (reason == 0) {
            request_address();
            failures = wifi_is_up() ? 0 : failures;
            reason = wait_for_loss();
        }
        failures++;
        if (CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY >= 0 && failures > CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY) {
            break;
        }
        ESP_LOGI(TAG, "Wi-Fi disconnected %d, trying to reconnect...", reason);
    }
    ESP_LOGI(TAG, "WiFi Connect failed %d times, stop reconnect.", failures);
    set_flag(&s_has_given_up, true);
    vTaskDelete(NULL);
}

static void listen_to_radio(void *arg)
{
    FILE *radio = arg;
    char line[LINE_SIZE];
    panic_shield_task();
    while (fgets(line, sizeof(line), radio) != NULL) {
        if (strcmp(line, "ap lost\n") == 0) {
            set_flag(&s_is_ap_gone, true);
        } else if (strcmp(line, "ap back\n") == 0) {
            set_flag(&s_is_ap_gone, false);
        }
    }
    fclose(radio);
    vTaskDelete(NULL);
}

static void start_radio(void)
{
    const char *fd = getenv("VB_RADIO_FD");
    FILE *radio = fd == NULL ? NULL : fdopen(atoi(fd), "r");
    if (radio != NULL) {
        xTaskCreate(listen_to_radio, "radio", 0, radio, 1, NULL);
    }
}

void wifi_listen(void)
{
    start_radio();
}

esp_err_t wifi_connect(const wifi_credentials_t *credentials)
{
    s_credentials = *credentials;
    start_radio();
    WIFI_LOGI("mode : sta (%s)", env_or("VB_MAC", "24:0a:0a:c4:12:34"));
    WIFI_LOGI("enable tsf");
    ESP_LOGI(TAG, "Connecting to %s...", s_credentials.ssid);
    xTaskCreate(run_station, "wifi", 0, NULL, 1, NULL);
    ESP_LOGI(TAG, "Waiting for IP(s)");
    pthread_mutex_lock(&s_lock);
    while (!s_is_up && !s_has_given_up) {
        pthread_cond_wait(&s_changed, &s_lock);
    }
    pthread_mutex_unlock(&s_lock);
    return wifi_is_up() ? ESP_OK : ESP_FAIL;
}
