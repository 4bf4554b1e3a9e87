// SPDX-License-Identifier: MIT
#include "entry.h"
#include "temporary.h"
#include "test.h"

#include <stdlib.h>

enum { PAYLOAD_MAX = 700 };

// An entry in a heap block of exactly its size, so that a sanitizer sees any read beyond it.
static uint8_t *make_entry(size_t payload_size, const struct cache_key *key)
{
    uint8_t *entry = malloc(CACHE_HEADER_SIZE + payload_size);
    assert_non_null(entry);
    for (size_t i = 0; i < payload_size; i++)
        entry[CACHE_HEADER_SIZE + i] = (uint8_t)(i * 7 + 3);
    cache_entry_header(CACHE_KIND_SPIRV, key, entry + CACHE_HEADER_SIZE, payload_size, entry);
    return entry;
}

static bool verify_copy(const uint8_t *entry, size_t size, const struct cache_key *key)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, entry, size);
    bool valid = cache_entry_verify(copy, size, CACHE_KIND_SPIRV, key);
    free(copy);
    return valid;
}

static void an_entry_verifies_under_its_own_kind_and_key_only(void **state)
{
    (void)state;
    struct cache_key key = temporary_key(1);
    struct cache_key other = temporary_key(2);
    const size_t sizes[] = { 0, 1, 3, 16, 17, 128, 240, 241, PAYLOAD_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *entry = make_entry(sizes[i], &key);
        size_t size = CACHE_HEADER_SIZE + sizes[i];
        assert_true(cache_entry_verify(entry, size, CACHE_KIND_SPIRV, &key));
        assert_false(cache_entry_verify(entry, size, CACHE_KIND_PIPELINE, &key));
        assert_false(cache_entry_verify(entry, size, CACHE_KIND_SPIRV, &other));
        free(entry);
    }
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct cache_key key = temporary_key(3);
    const size_t sizes[] = { 0, 1, 8, 100, PAYLOAD_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *entry = make_entry(sizes[i], &key);
        size_t size = CACHE_HEADER_SIZE + sizes[i];
        for (size_t bit = 0; bit < 8 * size; bit++) {
            entry[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            if (cache_entry_verify(entry, size, CACHE_KIND_SPIRV, &key))
                fail_msg("bit %zu of an entry with %zu bytes of payload", bit, sizes[i]);
            entry[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
        assert_true(cache_entry_verify(entry, size, CACHE_KIND_SPIRV, &key));
        free(entry);
    }
}

static void every_truncation_and_extension_is_noticed(void **state)
{
    (void)state;
    struct cache_key key = temporary_key(4);
    uint8_t *entry = make_entry(PAYLOAD_MAX, &key);
    size_t size = CACHE_HEADER_SIZE + PAYLOAD_MAX;
    for (size_t shorter = 0; shorter < size; shorter++)
        assert_false(verify_copy(entry, shorter, &key));
    uint8_t *longer = calloc(1, size + 1);
    assert_non_null(longer);
    memcpy(longer, entry, size);
    assert_false(cache_entry_verify(longer, size + 1, CACHE_KIND_SPIRV, &key));
    free(longer);
    free(entry);
}

// The layout is a promise between processes: a change must change the version.
static void the_header_is_laid_out_as_documented(void **state)
{
    (void)state;
    struct cache_key key = temporary_key(5);
    uint8_t header[CACHE_HEADER_SIZE];
    cache_entry_header(CACHE_KIND_PROBE, &key, "abc", 3, header);
    const uint8_t start[16] = { 'V', 'Y', 'R', 'E', 'C', 'A', 'C', 'H', 1, 0, 0, 0, 3, 0, 0, 0 };
    assert_memory_equal(header, start, sizeof start);
    assert_memory_equal(header + 16, key.bytes, CACHE_KEY_SIZE);
    const uint8_t size[8] = { 3 };
    assert_memory_equal(header + 48, size, sizeof size);
}

static void names_round_trip_and_others_are_refused(void **state)
{
    (void)state;
    for (int kind = CACHE_KIND_SPIRV; kind <= CACHE_KIND_PROBE; kind++) {
        struct cache_key key = temporary_key((unsigned)kind + 77);
        struct cache_key parsed;
        enum cache_kind parsed_kind;
        char name[CACHE_NAME_SIZE];
        cache_entry_name(kind, &key, name);
        assert_true(cache_entry_parse_name(name, &parsed_kind, &parsed));
        assert_int_equal(parsed_kind, kind);
        assert_memory_equal(parsed.bytes, key.bytes, CACHE_KEY_SIZE);

        char wrong[CACHE_NAME_SIZE + 2];
        for (size_t size = 0; size < strlen(name); size++) {
            memcpy(wrong, name, size);
            wrong[size] = '\0';
            assert_false(cache_entry_parse_name(wrong, &parsed_kind, &parsed));
        }
        snprintf(wrong, sizeof wrong, "%sx", name);
        assert_false(cache_entry_parse_name(wrong, &parsed_kind, &parsed));
        snprintf(wrong, sizeof wrong, "%s", name);
        wrong[10] = 'A'; // upper case is another file name
        assert_false(cache_entry_parse_name(wrong, &parsed_kind, &parsed));
    }
}

static void temporary_names_round_trip_and_others_are_refused(void **state)
{
    (void)state;
    char name[CACHE_NAME_SIZE];
    pid_t pid = 0;
    cache_temporary_name(4711, UINT64_MAX, name);
    assert_true(cache_temporary_parse_name(name, &pid));
    assert_int_equal(pid, 4711);
    const char *const wrong[] = {
        "",          ".tmp-",     ".tmp-1",  ".tmp-1-",  ".tmp-0-1",
        ".tmp--1-1", ".tmp-1-1x", "tmp-1-1", ".tmp-x-1", ".tmp-99999999999-1",
        "..",        ".tmp-1-1-1"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (cache_temporary_parse_name(wrong[i], &pid))
            fail_msg("'%s' was taken for a temporary file", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_verifies_under_its_own_kind_and_key_only),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(every_truncation_and_extension_is_noticed),
        cmocka_unit_test(the_header_is_laid_out_as_documented),
        cmocka_unit_test(names_round_trip_and_others_are_refused),
        cmocka_unit_test(temporary_names_round_trip_and_others_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
