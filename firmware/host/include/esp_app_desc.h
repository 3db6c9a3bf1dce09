/**
 * @file
 * @brief Who the application is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_APP_DESC_MAGIC_WORD 0xabcd5432

/** Laid out as in ESP-IDF: it stands at the start of the image. */
typedef struct {
    uint32_t magic_word;
    uint32_t secure_version;
    uint32_t reserv1[2];
    char version[32];
    char project_name[32];
    char time[16];
    char date[16];
    char idf_ver[32];
    uint8_t app_elf_sha256[32];
    uint16_t min_efuse_blk_rev_full;
    uint16_t max_efuse_blk_rev_full;
    uint8_t mmu_page_size;
    uint8_t reserv3[3];
    uint32_t reserv2[18];
} esp_app_desc_t;

_Static_assert(sizeof(esp_app_desc_t) == 256, "the application's description has 256 bytes");

const esp_app_desc_t *esp_app_get_description(void);

/** The first digits of the ELF file's SHA-256, CONFIG_APP_RETRIEVE_LEN_ELF_SHA at most. @return bytes written. */
int esp_app_get_elf_sha256(char *text, size_t size);

#ifdef __cplusplus
}
#endif
