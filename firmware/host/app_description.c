#include "esp_app_desc.h"

#include <stdio.h>
#include "sdkconfig.h"

/*
 * The build fills in who the application is. The SHA-256 of the ELF file can't be part of that file: it is patched into
 * the copy that the image carries, which is how ESP-IDF's images get theirs, found by the section's name.
 */
__attribute__((section(".rodata_desc"), used)) const esp_app_desc_t esp_app_desc = {
    .magic_word = ESP_APP_DESC_MAGIC_WORD,
    .version = PROJECT_VERSION,
    .project_name = PROJECT_NAME,
    .time = __TIME__,
    .date = __DATE__,
    .idf_ver = HOST_SHIM_VERSION,
    .max_efuse_blk_rev_full = 99,
    .mmu_page_size = 16, /* as a power of two: 64 KiB */
};

const esp_app_desc_t *esp_app_get_description(void)
{
    return &esp_app_desc;
}

int esp_app_get_elf_sha256(char *text, size_t size)
{
    /* Volatile: the compiler only sees the zeros from before the patch. */
    const volatile uint8_t *sha256 = esp_app_desc.app_elf_sha256;
    int length = 0;
    for (size_t i = 0; i < CONFIG_APP_RETRIEVE_LEN_ELF_SHA && i + 1 < size; i++) {
        unsigned digit = i % 2 == 0 ? sha256[i / 2] >> 4 : sha256[i / 2] & 0xf;
        length += snprintf(text + length, size - length, "%x", digit);
    }
    return length + 1;
}
