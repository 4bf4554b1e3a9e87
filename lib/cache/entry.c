// SPDX-License-Identifier: MIT
#include "entry.h"

#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    OFFSET_VERSION = 8,
    OFFSET_KIND = 12,
    OFFSET_KEY = 16,
    OFFSET_SIZE = 48,
    OFFSET_CHECKSUM = 56,
    ENTRY_VERSION = 1,
};

static const char magic[8] = { 'V', 'Y', 'R', 'E', 'C', 'A', 'C', 'H' };

static const char *const kind_names[] = {
    [CACHE_KIND_SPIRV] = "spirv",
    [CACHE_KIND_PIPELINE] = "pipeline",
    [CACHE_KIND_PROBE] = "probe",
};

static void put_le(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

// The seed makes the checksum cover the header too.
static uint64_t checksum(const uint8_t *header, const void *payload, size_t size)
{
    return XXH3_64bits_withSeed(payload, size, XXH3_64bits(header, OFFSET_CHECKSUM));
}

void cache_entry_header(enum cache_kind kind, const struct cache_key *key, const void *payload,
                        size_t size, uint8_t out[CACHE_HEADER_SIZE])
{
    memcpy(out, magic, sizeof magic);
    put_le(out + OFFSET_VERSION, ENTRY_VERSION, 4);
    put_le(out + OFFSET_KIND, (uint64_t)kind, 4);
    memcpy(out + OFFSET_KEY, key->bytes, sizeof key->bytes);
    put_le(out + OFFSET_SIZE, size, 8);
    put_le(out + OFFSET_CHECKSUM, checksum(out, payload, size), 8);
}

bool cache_entry_verify(const uint8_t *bytes, size_t size, enum cache_kind kind,
                        const struct cache_key *key)
{
    return size >= CACHE_HEADER_SIZE && memcmp(bytes, magic, sizeof magic) == 0 &&
           get_le(bytes + OFFSET_VERSION, 4) == ENTRY_VERSION &&
           get_le(bytes + OFFSET_KIND, 4) == (uint64_t)kind &&
           memcmp(bytes + OFFSET_KEY, key->bytes, sizeof key->bytes) == 0 &&
           get_le(bytes + OFFSET_SIZE, 8) == size - CACHE_HEADER_SIZE &&
           get_le(bytes + OFFSET_CHECKSUM, 8) ==
               checksum(bytes, bytes + CACHE_HEADER_SIZE, size - CACHE_HEADER_SIZE);
}

const char *cache_kind_name(enum cache_kind kind)
{
    return (size_t)kind < sizeof kind_names / sizeof *kind_names ? kind_names[kind] : NULL;
}

void cache_entry_name(enum cache_kind kind, const struct cache_key *key, char out[CACHE_NAME_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < CACHE_KEY_SIZE; i++) {
        out[2 * i] = digits[key->bytes[i] >> 4];
        out[2 * i + 1] = digits[key->bytes[i] & 15];
    }
    const char *suffix = cache_kind_name(kind);
    snprintf(out + 2 * CACHE_KEY_SIZE, CACHE_NAME_SIZE - 2 * CACHE_KEY_SIZE, ".%s",
             suffix ? suffix : "unknown");
}

// Value of a lower-case hexadecimal digit, -1 for other characters.
static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool cache_entry_parse_name(const char *name, enum cache_kind *kind, struct cache_key *key)
{
    for (size_t i = 0; i < 2 * CACHE_KEY_SIZE; i++) {
        int value = digit_value(name[i]);
        if (value < 0)
            return false;
        key->bytes[i / 2] = (uint8_t)(i % 2 ? key->bytes[i / 2] | value : value << 4);
    }
    const char *suffix = name + 2 * CACHE_KEY_SIZE;
    if (*suffix++ != '.')
        return false;
    for (int k = CACHE_KIND_SPIRV; k <= CACHE_KIND_PROBE; k++) {
        if (strcmp(suffix, kind_names[k]) == 0) {
            *kind = k;
            return true;
        }
    }
    return false;
}

void cache_temporary_name(pid_t pid, uint64_t number, char out[CACHE_NAME_SIZE])
{
    snprintf(out, CACHE_NAME_SIZE, ".tmp-%lu-%llu", (unsigned long)pid, (unsigned long long)number);
}

bool cache_temporary_parse_name(const char *name, pid_t *pid)
{
    if (strncmp(name, ".tmp-", 5) != 0)
        return false;
    const char *at = name + 5;
    const char *const pid_text = at;
    uint64_t value = 0;
    for (; *at >= '0' && *at <= '9' && value < INT32_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (at == pid_text || *at != '-' || value == 0 || value > INT32_MAX)
        return false;
    size_t digits = strspn(++at, "0123456789");
    *pid = (pid_t)value;
    return digits > 0 && at[digits] == '\0';
}
