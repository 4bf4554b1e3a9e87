// SPDX-License-Identifier: MIT
// The protocol's numbers and its control block, debug log and cache entries, against the golden
// vectors of the specification (protocol.md, appendix C) and against damage.
#include <vyre/io_queue.h>
#include <vyre/protocol.h>

#include "test.h"

#include "exact.h"
#include "words.h"

enum { SIZE = 4096 };

static void control_has_the_golden_words(void **state)
{
    (void)state;
    static const struct {
        bool shutdown;
        uint32_t tenants, observables, masks, quotas;
    } cases[] = { { false, 1, 0, 1, 1 }, { true, 2, 4, 2, 2 }, { false, 1000, 0, 29, 32 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint64_t size;
        assert_result(VYRE_OK,
                      vyre_protocol_size(VYRE_PROTOCOL_CONTROL, cases[c].observables, &size));
        assert_int_equal(size, 640 + 4 * cases[c].observables);
        // Off by one byte: nothing may assume alignment.
        uint8_t room[SIZE];
        memset(room, 0xEE, sizeof room);
        uint8_t *control = room + 1;
        const struct vyre_control_params params = { .observable_count = cases[c].observables,
                                                    .tenant_count = cases[c].tenants,
                                                    .shutdown = cases[c].shutdown };
        assert_result(VYRE_OK, vyre_control_encode(&params, control, size, NULL));
        for (uint32_t i = 0; i < size / 4; i++) {
            uint32_t expected = 0;
            if (i == 0)
                expected = cases[c].shutdown;
            else if (i == 2)
                expected = 3;
            else if (i >= 3 && i < 3 + cases[c].masks)
                expected = 0xFFFFFFFF;
            else if (i >= 32 && i < 32 + cases[c].quotas)
                expected = 0x000F4240;
            assert_int_equal(word_get(control, i), expected);
        }
        assert_int_equal(room[0], 0xEE);
        assert_int_equal(control[size], 0xEE);
        struct test_diags diags = { 0 };
        for (size_t wrong = size - 4; wrong <= size + 4; wrong++)
            if (wrong != size)
                assert_result(VYRE_ERR_INVALID_ARGUMENT,
                              vyre_control_encode(&params, control, wrong, test_diag_sink(&diags)));
        assert_non_null(strstr(diags.text, "P001"));
    }
}

static void sizes_follow_the_table(void **state)
{
    (void)state;
    static const struct {
        enum vyre_protocol_buffer buffer;
        uint32_t count;
        uint64_t size; // 0: none
    } cases[] = {
        { VYRE_PROTOCOL_CONTROL, 4294967135u, 17179869180u },
        { VYRE_PROTOCOL_CONTROL, 4294967136u, 0 },
        { VYRE_PROTOCOL_RING, 268435455u, 17179869120u },
        { VYRE_PROTOCOL_RING, 268435456u, 0 },
        { VYRE_PROTOCOL_DEBUG_LOG, 0, 4 },
        { VYRE_PROTOCOL_DEBUG_LOG, 64, 1028 },
        { VYRE_PROTOCOL_DEBUG_LOG, 1073741823u, 17179869172u },
        { VYRE_PROTOCOL_DEBUG_LOG, 1073741824u, 0 },
        { VYRE_PROTOCOL_IO_QUEUE, 0, 0 },
        { VYRE_PROTOCOL_IO_QUEUE, 1, 32 },
        { VYRE_PROTOCOL_IO_QUEUE, 64, 2048 },
        { VYRE_PROTOCOL_IO_QUEUE, 65, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t size = 1;
        assert_result(cases[i].size ? VYRE_OK : VYRE_ERR_LIMIT,
                      vyre_protocol_size(cases[i].buffer, cases[i].count, &size));
        assert_true(size == cases[i].size);
    }
    uint64_t size;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_protocol_size((enum vyre_protocol_buffer)4, 1, &size));
    uint8_t byte;
    assert_result(VYRE_ERR_LIMIT,
                  vyre_protocol_encode_empty(VYRE_PROTOCOL_RING, 1048577, &byte, 67108928, NULL));
    assert_result(VYRE_ERR_LIMIT,
                  vyre_protocol_encode_empty(VYRE_PROTOCOL_CONTROL, UINT32_MAX, &byte, 1, NULL));
}

static void a_kernel_takes_only_its_own_sizes(void **state)
{
    (void)state;
    static const struct {
        enum vyre_protocol_buffer buffer;
        uint32_t count;
        size_t size;
        bool fits;
    } cases[] = {
        { VYRE_PROTOCOL_CONTROL, 0, 640, true },    { VYRE_PROTOCOL_CONTROL, 0, 704, true },
        { VYRE_PROTOCOL_CONTROL, 0, 636, false },   { VYRE_PROTOCOL_CONTROL, 0, 641, false },
        { VYRE_PROTOCOL_RING, 4, 256, true },       { VYRE_PROTOCOL_RING, 4, 255, false },
        { VYRE_PROTOCOL_RING, 4, 320, false },      { VYRE_PROTOCOL_RING, UINT32_MAX, 64, false },
        { VYRE_PROTOCOL_DEBUG_LOG, 0, 1028, true }, { VYRE_PROTOCOL_DEBUG_LOG, 0, 1032, false },
        { VYRE_PROTOCOL_IO_QUEUE, 0, 0, true },     { VYRE_PROTOCOL_IO_QUEUE, 0, 2048, true },
        { VYRE_PROTOCOL_IO_QUEUE, 0, 2080, false }, { VYRE_PROTOCOL_IO_QUEUE, 0, 36, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_result(cases[i].fits ? VYRE_OK : VYRE_ERR_INVALID_ARGUMENT,
                      vyre_protocol_check(cases[i].buffer, cases[i].count, cases[i].size, NULL));
}

static void words_of_the_control_block_are_checked(void **state)
{
    (void)state;
    uint8_t control[656];
    assert_result(VYRE_OK, vyre_control_encode(vyre_control_params(.observable_count = 4), control,
                                               sizeof control, NULL));
    const uint64_t observable = VYRE_CONTROL_OBSERVABLE;
    assert_result(VYRE_OK, vyre_control_write(control, sizeof control, observable + 3, 7, NULL));
    uint32_t value;
    assert_result(VYRE_OK,
                  vyre_control_read(control, sizeof control, observable + 3, &value, NULL));
    assert_int_equal(value, 7);
    const uint64_t beyond[] = { observable + 4, observable + UINT32_MAX, UINT64_MAX, 1ull << 62 };
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        value = 1;
        struct test_diags diags = { 0 };
        assert_result(VYRE_ERR_INVALID_DATA, vyre_control_read(control, sizeof control, beyond[i],
                                                               &value, test_diag_sink(&diags)));
        assert_int_equal(value, 0);
        assert_non_null(strstr(diags.text, "P003"));
        assert_result(VYRE_ERR_INVALID_DATA,
                      vyre_control_write(control, sizeof control, beyond[i], 1, NULL));
    }
    assert_result(VYRE_ERR_INVALID_DATA, vyre_control_read(control, 655, 0, &value, NULL));
}

static void truncated_metrics_are_an_error_and_readable(void **state)
{
    (void)state;
    uint8_t control[640] = { 0 };
    uint32_t counts[VYRE_METRICS];
    word_put(control, VYRE_CONTROL_METRICS, 5);
    word_put(control, VYRE_CONTROL_METRICS + 31, UINT32_MAX);
    assert_result(VYRE_OK, vyre_control_read_metrics(control, 512, counts, NULL));
    assert_int_equal(counts[0], 5);
    assert_true(counts[31] == UINT32_MAX);
    assert_result(VYRE_ERR_INVALID_DATA, vyre_control_read_metrics(control, 513, counts, NULL));
    assert_true(counts[31] == UINT32_MAX);
    assert_result(VYRE_ERR_INVALID_DATA, vyre_control_read_metrics(control, 508, counts, NULL));
    assert_int_equal(counts[0], 5);
    assert_int_equal(counts[31], 0);
    assert_result(VYRE_ERR_INVALID_DATA, vyre_control_read_metrics(NULL, 0, counts, NULL));
    assert_int_equal(counts[0], 0);
}

static void opcodes_have_their_classes(void **state)
{
    (void)state;
    enum {
        S = VYRE_OPCODE_IS_SYSTEM,
        B = VYRE_OPCODE_IS_BUILTIN | VYRE_OPCODE_MAY_PUBLISH,
        U = VYRE_OPCODE_IS_USER | VYRE_OPCODE_MAY_PUBLISH,
    };
    static const struct {
        uint32_t opcode, classes;
    } cases[] = {
        { 0, S | B },          { 7, S | B },      { 8, U },          { 0xFFEF, U },
        { 0xFFF0, S },         { 0xFFFD, S },     { 0xFFFE, S | B }, { 0xFFFF, S },
        { 0x10000, U },        { 0x7FFFFFFF, U }, { 0x80000000, S }, { 0x80000001, S | B },
        { 0xFFFFFFFF, S | B },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(vyre_opcode_classify(cases[i].opcode), cases[i].classes);
}

static void tenants_have_windows(void **state)
{
    (void)state;
    uint32_t opcode;
    for (uint32_t tenant = 0; tenant < 1024; tenant++) {
        assert_result(VYRE_OK, vyre_tenant_window(tenant, &opcode));
        assert_int_equal(opcode, 0x40000000u + (tenant << 20));
        assert_result(VYRE_OK, vyre_tenant_opcode(tenant, 0xFFFFF, &opcode));
        assert_int_equal(opcode, 0x400FFFFFu + (tenant << 20));
    }
    assert_result(VYRE_ERR_LIMIT, vyre_tenant_opcode(1, 0x100000, &opcode));
    assert_int_equal(opcode, 0);
    assert_result(VYRE_ERR_LIMIT, vyre_tenant_opcode(1024, 0, &opcode)); // system opcodes
    assert_result(VYRE_OK, vyre_tenant_window(1024, &opcode));
    assert_int_equal(opcode, 0x80000000u);
    assert_result(VYRE_OK, vyre_tenant_window(3071, &opcode));
    assert_int_equal(opcode, 0xFFF00000u);
    assert_result(VYRE_ERR_LIMIT, vyre_tenant_window(3072, &opcode));
    assert_result(VYRE_ERR_LIMIT, vyre_tenant_opcode(UINT32_MAX, 0, &opcode));
}

static void priorities_partition_the_ring(void **state)
{
    (void)state;
    static const uint32_t cases[][7] = {
        { 0, 0, 0, 0, 0, 0, 0 },
        { 5, 0, 1, 2, 3, 4, 5 },
        { 12, 0, 2, 4, 8, 10, 12 },
        { 256, 0, 51, 102, 154, 205, 256 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t offsets[6];
        vyre_priority_offsets(cases[i][0], offsets);
        assert_memory_equal(offsets, cases[i] + 1, sizeof offsets);
    }
    struct vyre_priority_probe probe;
    vyre_priority_probes(65, 64, &probe);
    assert_true(probe.count == 2 && probe.active == 64 && probe.budget == 128);
    vyre_priority_probes(UINT32_MAX, 7, &probe);
    assert_true(probe.budget == UINT32_MAX); // 7 * 613,566,757 does not fit
    vyre_priority_probes(5, 0, &probe);
    assert_true(probe.count == 0 && probe.active == 0 && probe.budget == 0);
}

// ---- Debug log ----------------------------------------------------------------------------------

static void a_full_debug_log_stays_readable(void **state)
{
    (void)state;
    uint8_t log[4 * VYRE_DEBUG_WORDS] = { 0 };
    struct vyre_debug_record records[VYRE_DEBUG_CAPACITY];
    const struct vyre_debug_record record = { 3, { 4, 5 }, 32 };
    size_t count;
    uint32_t dropped;
    assert_result(VYRE_OK, vyre_debug_log_append(log, sizeof log, &record, NULL));
    static const uint32_t golden[] = { 4, 3, 4, 5, 32, 0 };
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++)
        assert_int_equal(word_get(log, i), golden[i]);
    for (uint32_t i = 1; i < VYRE_DEBUG_CAPACITY; i++)
        assert_result(VYRE_OK, vyre_debug_log_append(log, sizeof log, &record, NULL));
    for (uint32_t i = 0; i < 2; i++)
        assert_result(VYRE_FULL, vyre_debug_log_append(log, sizeof log, &record, NULL));
    assert_result(VYRE_OK, vyre_debug_log_read(log, sizeof log, records, VYRE_DEBUG_CAPACITY,
                                               &count, &dropped, NULL));
    assert_int_equal(count, VYRE_DEBUG_CAPACITY);
    assert_int_equal(dropped, 2);
    assert_memory_equal(&records[VYRE_DEBUG_CAPACITY - 1], &record, sizeof record);
    assert_result(VYRE_OK,
                  vyre_debug_log_read(log, sizeof log, records, 1, &count, &dropped, NULL));
    assert_int_equal(count, 1);
}

static void a_damaged_debug_log_is_refused(void **state)
{
    (void)state;
    uint8_t log[4 * VYRE_DEBUG_WORDS] = { 0 };
    struct vyre_debug_record records[VYRE_DEBUG_CAPACITY];
    size_t count;
    uint32_t dropped;
    for (uint32_t cursor = 0; cursor < 300; cursor++) {
        word_put(log, 0, cursor);
        enum vyre_result result = vyre_debug_log_read(log, sizeof log, records, VYRE_DEBUG_CAPACITY,
                                                      &count, &dropped, NULL);
        assert_int_equal(result, cursor % 4 ? VYRE_ERR_INVALID_DATA : VYRE_OK);
        assert_int_equal(count + dropped, cursor % 4 ? 0 : cursor / 4);
    }
    word_put(log, 0, 8);
    for (size_t size = 0; size <= 36; size++) {
        // A copy of the exact size, so that a sanitizer sees a read beyond it.
        uint8_t *exact = exact_copy(log, size);
        enum vyre_result result =
            vyre_debug_log_read(exact, size, records, VYRE_DEBUG_CAPACITY, &count, &dropped, NULL);
        assert_int_equal(result, size % 4 || size == 0 ? VYRE_ERR_INVALID_DATA : VYRE_OK);
        assert_int_equal(count, result == VYRE_OK ? (size / 4 - 1) / 4 : 0);
        assert_int_equal(count + dropped, result == VYRE_OK ? 2 : 0);
        if (result != VYRE_OK)
            assert_result(VYRE_ERR_INVALID_DATA,
                          vyre_debug_log_append(exact, size, &records[0], NULL));
        free(exact);
    }
}

// ---- Cache entries ------------------------------------------------------------------------------

static void a_cache_entry_is_verified(void **state)
{
    (void)state;
    static const char payload[] = "hello cache";
    uint8_t blob[sizeof payload - 1 + VYRE_BLOB_HASH_SIZE];
    assert_result(VYRE_OK, vyre_blob_encode(payload, sizeof payload - 1, blob, NULL));
    size_t size;
    assert_result(VYRE_OK, vyre_blob_decode(blob, sizeof blob, &size, NULL));
    assert_int_equal(size, sizeof payload - 1);
    for (size_t bit = 0; bit < 8 * sizeof blob; bit++) {
        blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct test_diags diags = { 0 };
        assert_result(VYRE_ERR_INVALID_DATA,
                      vyre_blob_decode(blob, sizeof blob, &size, test_diag_sink(&diags)));
        assert_non_null(strstr(diags.text, "P010"));
        assert_int_equal(size, 0);
        blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < sizeof blob; cut++) {
        uint8_t *exact = exact_copy(blob, cut);
        assert_result(VYRE_ERR_INVALID_DATA, vyre_blob_decode(exact, cut, &size, NULL));
        free(exact);
    }
    char name[69];
    const uint8_t fingerprint[32] = { 0x0a, [31] = 0xf9 };
    vyre_blob_name(fingerprint, name);
    assert_memory_equal(name, "0a00", 4);
    assert_string_equal(name + 62, "f9.bin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_has_the_golden_words),
        cmocka_unit_test(sizes_follow_the_table),
        cmocka_unit_test(a_kernel_takes_only_its_own_sizes),
        cmocka_unit_test(words_of_the_control_block_are_checked),
        cmocka_unit_test(truncated_metrics_are_an_error_and_readable),
        cmocka_unit_test(opcodes_have_their_classes),
        cmocka_unit_test(tenants_have_windows),
        cmocka_unit_test(priorities_partition_the_ring),
        cmocka_unit_test(a_full_debug_log_stays_readable),
        cmocka_unit_test(a_damaged_debug_log_is_refused),
        cmocka_unit_test(a_cache_entry_is_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
