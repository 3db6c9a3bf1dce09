#include "esp_err.h"

typedef struct {
    esp_err_t code;
    const char *name;
} code_name_t;

#define NAMED(code) { code, #code }

static const code_name_t s_names[] = {
    NAMED(ESP_OK),
    NAMED(ESP_FAIL),
    NAMED(ESP_ERR_NO_MEM),
    NAMED(ESP_ERR_INVALID_ARG),
    NAMED(ESP_ERR_INVALID_STATE),
    NAMED(ESP_ERR_INVALID_SIZE),
    NAMED(ESP_ERR_NOT_FOUND),
    NAMED(ESP_ERR_NOT_SUPPORTED),
    NAMED(ESP_ERR_TIMEOUT),
    NAMED(ESP_ERR_INVALID_RESPONSE),
    NAMED(ESP_ERR_INVALID_CRC),
    NAMED(ESP_ERR_INVALID_VERSION),
    NAMED(ESP_ERR_INVALID_MAC),
    NAMED(ESP_ERR_NOT_FINISHED),
    NAMED(ESP_ERR_NOT_ALLOWED),
};

const char *esp_err_to_name(esp_err_t code)
{
    for (size_t i = 0; i < sizeof(s_names) / sizeof(s_names[0]); i++) {
        if (s_names[i].code == code) {
            return s_names[i].name;
        }
    }
    return "UNKNOWN ERROR";
}
