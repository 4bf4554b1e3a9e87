// SPDX-License-Identifier: MIT
// Any bytes as an entry of the artifact cache, and as the name of one: what is accepted is exactly
// what the writer makes for that kind, key and payload, and one bit more or less is refused.
#include "fuzz.h"

#include "entry.h"

#include <string.h>

static void check_entry(const uint8_t *data, size_t size, bool repair)
{
    struct cache_key key = { { 0 } };
    enum cache_kind kind = CACHE_KIND_SPIRV;
    uint8_t header[CACHE_HEADER_SIZE];
    size_t payload = size < CACHE_HEADER_SIZE ? 0 : size - CACHE_HEADER_SIZE;
    uint8_t *bytes = calloc(1, size ? size : 1);
    FUZZ_CHECK(bytes != NULL);
    if (size)
        memcpy(bytes, data, size);
    if (size >= CACHE_HEADER_SIZE) {
        kind = (enum cache_kind)(CACHE_KIND_SPIRV + data[12] % 3);
        memcpy(key.bytes, data + 16, sizeof key.bytes);
        cache_entry_header(kind, &key, bytes + CACHE_HEADER_SIZE, payload, header);
        if (repair) // a fuzzer does not guess checksums
            memcpy(bytes, header, sizeof header);
    }
    bool good = cache_entry_verify(bytes, size, kind, &key);
    FUZZ_CHECK(!good || (size >= CACHE_HEADER_SIZE && memcmp(bytes, header, sizeof header) == 0));
    FUZZ_CHECK(good || !repair || size < CACHE_HEADER_SIZE);
    if (good) {
        size_t at = ((size_t)data[0] | (size_t)data[1] << 8) % size;
        bytes[at] ^= (uint8_t)(1 << data[2] % 8);
        FUZZ_CHECK(!cache_entry_verify(bytes, size, kind, &key));
        bytes[at] ^= (uint8_t)(1 << data[2] % 8);
        FUZZ_CHECK(!cache_entry_verify(bytes, size - 1, kind, &key));
        key.bytes[data[3] % sizeof key.bytes] ^= 1;
        FUZZ_CHECK(!cache_entry_verify(bytes, size, kind, &key));
    }
    free(bytes);
}

static void check_names(const uint8_t *data, size_t size)
{
    enum cache_kind kind;
    struct cache_key key;
    pid_t pid = 0;
    char name[CACHE_NAME_SIZE];
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    if (cache_entry_parse_name(text, &kind, &key)) {
        cache_entry_name(kind, &key, name);
        FUZZ_CHECK(strcmp(name, text) == 0);
    }
    if (cache_temporary_parse_name(text, &pid)) {
        char prefix[CACHE_NAME_SIZE];
        snprintf(prefix, sizeof prefix, "-%ld-", (long)pid);
        FUZZ_CHECK(pid > 0 && !cache_entry_parse_name(text, &kind, &key));
        FUZZ_CHECK(strstr(text, prefix) != NULL || strncmp(text, ".tmp-0", 6) == 0);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_entry(data, size, false);
    check_entry(data, size, true);
    check_names(data, size);
    return 0;
}
