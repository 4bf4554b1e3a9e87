// SPDX-License-Identifier: MIT
// Images of replay logs: what is written comes back, oldest first, and damage is never trusted
// (protocol.md, section 6).
#include <vyre/replay.h>

#include "test.h"

#include "exact.h"
#include "words.h"

enum { CAPACITY = 4, IMAGE = 32 + 64 * CAPACITY };

static struct vyre_replay_record record_of(uint32_t k)
{
    return (struct vyre_replay_record){
        .timestamp_ns = 0x100000000u + k,
        .slot = k,
        .tenant = 2 * k,
        .opcode = 0x100 + k,
        .args = { k, k + 1, k + 2, k + 3 },
        .epoch = 7,
        .status = k % 3,
        .failure = (enum vyre_replay_failure)(k % 5),
        .error_code = k % 2 ? 1001 : 0,
        .output_digest = 0xFEDCBA9876543210u * k,
    };
}

static void fill(uint8_t *image, uint32_t records)
{
    assert_result(VYRE_OK, vyre_replay_image_init(image, IMAGE, CAPACITY, NULL));
    for (uint32_t k = 0; k < records; k++) {
        const struct vyre_replay_record record = record_of(k);
        assert_result(VYRE_OK, vyre_replay_image_append(image, IMAGE, &record, NULL));
    }
}

static void an_empty_log_has_the_golden_header(void **state)
{
    (void)state;
    uint8_t image[IMAGE];
    fill(image, 0);
    static const uint8_t golden[32] = "VRRL0001\1\0\0\0\0\0\0\0\4";
    assert_memory_equal(image, golden, sizeof golden);
    size_t size;
    assert_result(VYRE_OK, vyre_replay_size(4, &size));
    assert_int_equal(size, 288);
    static const uint64_t none[] = { 0, 1048577, UINT64_MAX };
    for (size_t i = 0; i < 3; i++) {
        assert_result(VYRE_ERR_LIMIT, vyre_replay_size(none[i], &size));
        assert_result(VYRE_ERR_LIMIT, vyre_replay_image_init(image, IMAGE, none[i], NULL));
    }
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_replay_image_init(image, IMAGE - 1, 4, NULL));
}

static void records_come_back_oldest_first(void **state)
{
    (void)state;
    for (uint32_t records = 0; records <= 11; records++) {
        uint8_t image[IMAGE];
        fill(image, records);
        struct vyre_replay_header header;
        assert_result(VYRE_OK, vyre_replay_image_header(image, IMAGE, &header, NULL));
        assert_int_equal(header.capacity, CAPACITY);
        assert_int_equal(header.cursor, records % CAPACITY);
        uint32_t next = records > CAPACITY ? records - CAPACITY : 0;
        for (uint32_t age = 0; age < CAPACITY; age++) {
            struct vyre_replay_record got;
            enum vyre_result result = vyre_replay_image_read(image, IMAGE, age, &got, NULL);
            if (result == VYRE_MISS)
                continue;
            assert_int_equal(result, VYRE_OK);
            const struct vyre_replay_record expected = record_of(next++);
            assert_true(got.timestamp_ns == expected.timestamp_ns);
            assert_true(got.output_digest == expected.output_digest);
            assert_int_equal(got.slot, expected.slot);
            assert_int_equal(got.tenant, expected.tenant);
            assert_int_equal(got.opcode, expected.opcode);
            assert_memory_equal(got.args, expected.args, sizeof got.args);
            assert_int_equal(got.epoch, expected.epoch);
            assert_int_equal(got.status, expected.status);
            assert_int_equal(got.failure, expected.failure);
            assert_int_equal(got.error_code, expected.error_code);
        }
        assert_int_equal(next, records);
        struct vyre_replay_record got;
        assert_result(VYRE_ERR_INVALID_ARGUMENT,
                      vyre_replay_image_read(image, IMAGE, CAPACITY, &got, NULL));
    }
}

static void headers_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t word;
        uint32_t value;
        bool good;
        uint32_t cursor;
    } cases[] = {
        { 0, 0x4C525203, false, 0 },        // magic
        { 1, 0x31303065, false, 0 },        // magic
        { 2, 2, false, 0 },                 // version
        { 3, 0x55, true, 2 },               // flags: nobody looks
        { 4, 0, false, 0 },                 // capacity 0
        { 4, 0xFFFFFFFF, false, 0 },        // capacity
        { 4, 1048577, false, 0 },           // capacity
        { 4, 1048576, true, 2 },            // possible, though the image is shorter
        { 5, 1, false, 0 },                 // capacity above 32 bits
        { 6, 0x55, true, 0x55 % CAPACITY }, // cursor beyond the capacity
        { 7, 0xFFFFFFFF, true, 2 },         // cursor above 32 bits
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t image[IMAGE];
        fill(image, 6);
        word_put(image, cases[i].word, cases[i].value);
        struct vyre_replay_header header;
        struct test_diags diags = { 0 };
        assert_result(cases[i].good ? VYRE_OK : VYRE_ERR_INVALID_DATA,
                      vyre_replay_image_header(image, IMAGE, &header, test_diag_sink(&diags)));
        assert_int_equal(header.cursor, cases[i].cursor);
        assert_true(cases[i].good || strstr(diags.text, "P008"));
    }
}

static void an_image_cut_short_is_never_read_beyond(void **state)
{
    (void)state;
    uint8_t image[IMAGE];
    fill(image, 6); // the cursor is 2: records 2, 3, 0, 1 of the file by age
    for (size_t size = 0; size < IMAGE; size++) {
        uint8_t *exact = exact_copy(image, size);
        struct vyre_replay_header header;
        struct vyre_replay_record record;
        assert_result(size < 32 ? VYRE_ERR_INVALID_DATA : VYRE_OK,
                      vyre_replay_image_header(exact, size, &header, NULL));
        for (uint32_t age = 0; age < CAPACITY; age++) {
            const size_t end = 32 + 64 * (size_t)((2 + age) % CAPACITY + 1);
            assert_result(size < end ? VYRE_ERR_INVALID_DATA : VYRE_OK,
                          vyre_replay_image_read(exact, size, age, &record, NULL));
        }
        record = record_of(0);
        assert_result(size < 32 + 3 * 64 ? VYRE_ERR_INVALID_DATA : VYRE_OK,
                      vyre_replay_image_append(exact, size, &record, NULL));
        free(exact);
    }
}

static void a_record_whose_first_word_is_hit_is_refused(void **state)
{
    (void)state;
    uint8_t image[IMAGE];
    struct vyre_replay_record record;
    fill(image, 4);
    for (uint32_t bit = 0; bit < 32; bit++) {
        image[32 + 64 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct test_diags diags = { 0 };
        assert_result(VYRE_ERR_INVALID_DATA,
                      vyre_replay_image_read(image, IMAGE, 1, &record, test_diag_sink(&diags)));
        assert_non_null(strstr(diags.text, "P009"));
        assert_int_equal(record.opcode, 0);
        assert_result(VYRE_OK, vyre_replay_image_read(image, IMAGE, 0, &record, NULL));
        image[32 + 64 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    word_put(image, 8 + 12, 77); // an unknown class of failure
    assert_result(VYRE_OK, vyre_replay_image_read(image, IMAGE, 0, &record, NULL));
    assert_int_equal(record.failure, VYRE_REPLAY_UNCLASSIFIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_log_has_the_golden_header),
        cmocka_unit_test(records_come_back_oldest_first),
        cmocka_unit_test(headers_that_lie_are_refused),
        cmocka_unit_test(an_image_cut_short_is_never_read_beyond),
        cmocka_unit_test(a_record_whose_first_word_is_hit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
