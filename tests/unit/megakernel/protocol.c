// SPDX-License-Identifier: MIT
// The protocol's numbers, against the golden vectors of the specification (protocol.md, appendix
// C).
#include "megakernel/protocol/protocol.h"
#include "test.h"

enum { WORDS = 1024 };

static void control_has_the_golden_words(void **state)
{
    (void)state;
    static const struct {
        bool shutdown;
        uint32_t tenants, observables, masks, quotas;
    } cases[] = { { false, 1, 0, 1, 1 }, { true, 2, 4, 2, 2 }, { false, 1000, 0, 29, 32 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint64_t bytes;
        assert_true(mk_control_bytes(cases[c].observables, &bytes));
        assert_int_equal(bytes, 640 + 4 * cases[c].observables);
        uint32_t words[WORDS];
        memset(words, 0xEE, sizeof words);
        assert_result(VYRE_OK,
                      mk_control_encode(words, bytes / 4, cases[c].shutdown, cases[c].tenants));
        for (uint32_t i = 0; i < bytes / 4; i++) {
            uint32_t expected = 0;
            if (i == 0)
                expected = cases[c].shutdown;
            else if (i == 2)
                expected = 3;
            else if (i >= 3 && i < 3 + cases[c].masks)
                expected = 0xFFFFFFFF;
            else if (i >= 32 && i < 32 + cases[c].quotas)
                expected = 0x000F4240;
            assert_int_equal(words[i], expected);
        }
        assert_int_equal(words[bytes / 4], 0xEEEEEEEE);
    }
    uint32_t small[159];
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_control_encode(small, 159, false, 1));
}

static void sizes_follow_the_table(void **state)
{
    (void)state;
    uint64_t bytes;
    assert_true(mk_control_bytes(4294967135u, &bytes));
    assert_true(bytes == 17179869180u);
    assert_false(mk_control_bytes(4294967136u, &bytes));
    assert_true(mk_ring_bytes(268435455u, &bytes));
    assert_true(bytes == 17179869120u);
    assert_false(mk_ring_bytes(268435456u, &bytes));
    assert_true(mk_debug_bytes(64, &bytes));
    assert_int_equal(bytes, 1028);
    assert_true(mk_debug_bytes(1073741823u, &bytes));
    assert_false(mk_debug_bytes(1073741824u, &bytes));
}

static void opcodes_have_their_classes(void **state)
{
    (void)state;
    static const struct {
        uint32_t opcode;
        bool system, builtin, publish;
    } cases[] = {
        { 0, true, true, true },
        { 7, true, true, true },
        { 8, false, false, true },
        { 0xFFEF, false, false, true },
        { 0xFFF0, true, false, false },
        { 0xFFFD, true, false, false },
        { 0xFFFE, true, true, true },
        { 0xFFFF, true, false, false },
        { MK_OPCODE_PAYLOAD, false, false, true },
        { 0x7FFFFFFF, false, false, true },
        { 0x80000000, true, false, false },
        { 0x80000001, true, true, true },
        { 0xFFFFFFFF, true, true, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(mk_opcode_is_system(cases[i].opcode), cases[i].system);
        assert_int_equal(mk_opcode_is_builtin(cases[i].opcode), cases[i].builtin);
        assert_int_equal(mk_opcode_may_publish(cases[i].opcode), cases[i].publish);
    }
    uint32_t opcode;
    assert_true(mk_tenant_opcode(1, &opcode));
    assert_int_equal(opcode, 0x40100000);
    assert_true(mk_tenant_opcode(1023, &opcode));
    assert_int_equal(opcode, 0x7FF00000);
    assert_false(mk_tenant_opcode(1024, &opcode));
}

static void a_published_slot_has_the_golden_words(void **state)
{
    (void)state;
    uint32_t ring[4 * MK_SLOT_WORDS] = { 0 };
    static const uint32_t args[] = { 42, 160 };
    const struct mk_item item = { MK_OPCODE_STORE_U32, 2, args };
    assert_result(VYRE_OK, mk_slot_publish(ring, 4, 1, 7, &item));
    static const uint32_t expected[MK_SLOT_WORDS] = { 1, 1, 7, 2, 0x2A, 0xA0 };
    assert_memory_equal(ring + MK_SLOT_WORDS, expected, sizeof expected);
    for (size_t i = 0; i < 4 * MK_SLOT_WORDS; i++)
        if (i / MK_SLOT_WORDS != 1)
            assert_int_equal(ring[i], 0);

    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_slot_publish(ring, 4, 1, 7, &item)); // PUBLISHED
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_slot_publish(ring, 4, 4, 7, &item));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_slot_publish(ring, 4, UINT32_MAX, 7, &item));
    const struct mk_item reserved = { 0xFFF1, 0, NULL };
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_slot_publish(ring, 4, 0, 7, &reserved));
    static const uint32_t many[MK_SLOT_ARGS + 1] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };
    const struct mk_item full = { 8, MK_SLOT_ARGS, many };
    const struct mk_item over = { 8, MK_SLOT_ARGS + 1, many };
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_slot_publish(ring, 4, 3, 1, &over));
    assert_result(VYRE_OK, mk_slot_publish(ring, 4, 3, 1, &full));
    assert_int_equal(ring[4 * MK_SLOT_WORDS - 1], 12);
}

static void stale_arguments_do_not_survive(void **state)
{
    (void)state;
    uint32_t ring[MK_SLOT_WORDS];
    for (uint32_t status = 0; status <= 9; status++) {
        memset(ring, 0xAB, sizeof ring);
        ring[MK_SLOT_STATUS] = status;
        static const uint32_t nine = 9;
        const struct mk_item item = { 1, 1, &nine };
        enum vyre_result result = mk_slot_publish(ring, 1, 0, 2, &item);
        if (status != MK_STATUS_EMPTY && status != MK_STATUS_DONE) {
            assert_int_equal(result, VYRE_ERR_INVALID_ARGUMENT);
            assert_int_equal(ring[MK_SLOT_STATUS], status);
            assert_int_equal(ring[MK_SLOT_OPCODE], 0xABABABAB);
        } else {
            static const uint32_t expected[MK_SLOT_WORDS] = { 1, 1, 2, 2, 9 };
            assert_int_equal(result, VYRE_OK);
            assert_memory_equal(ring, expected, sizeof expected);
        }
    }
}

static void a_batch_is_all_or_none(void **state)
{
    (void)state;
    uint32_t ring[4 * MK_SLOT_WORDS] = { 0 };
    static const uint32_t add[] = { 1, 161 };
    const struct mk_item items[] = { { MK_OPCODE_NOP, 0, NULL }, { MK_OPCODE_ATOMIC_ADD, 2, add } };
    assert_result(VYRE_OK, mk_slot_publish_batch(ring, 4, 0, 5, items, 2, 9));
    static const uint32_t fence[MK_SLOT_WORDS] = { 1, 7, 5, 2, 2, 9 };
    assert_memory_equal(ring + 2 * MK_SLOT_WORDS, fence, sizeof fence);
    assert_int_equal(ring[MK_SLOT_WORDS + MK_SLOT_OPCODE], MK_OPCODE_ATOMIC_ADD);

    uint32_t untouched[4 * MK_SLOT_WORDS] = { 0 };
    memset(ring, 0, sizeof ring);
    const struct mk_item bad[] = { { MK_OPCODE_NOP, 0, NULL }, { 0x80000000, 0, NULL } };
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_slot_publish_batch(ring, 4, 0, 5, bad, 2, 9));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_slot_publish_batch(ring, 4, 2, 5, items, 2, 9));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  mk_slot_publish_batch(ring, 4, UINT32_MAX, 5, items, 2, 9));
    assert_memory_equal(ring, untouched, sizeof ring);
}

static void transitions_follow_the_table(void **state)
{
    (void)state;
    // Rows are statuses 0 to 7; -1 is illegal.
    static const int expected[MK_TRANSITION_COUNT][8] = {
        [MK_TRANSITION_CLAIM] = { -1, 2, -1, -1, -1, 2, 2, -1 },
        [MK_TRANSITION_DONE] = { -1, -1, 3, -1, -1, -1, -1, -1 },
        [MK_TRANSITION_FAULT] = { -1, 7, 7, -1, 7, 7, 7, -1 },
        [MK_TRANSITION_CANCEL] = { -1, 0, -1, -1, 0, 0, 0, -1 },
    };
    for (int transition = 0; transition < MK_TRANSITION_COUNT; transition++) {
        for (uint32_t status = 0; status < 10; status++) {
            enum mk_status next = 99;
            bool legal = mk_transition((enum mk_transition)transition, status, &next);
            int wanted = status < 8 ? expected[transition][status] : -1;
            assert_int_equal(legal, wanted >= 0);
            if (legal)
                assert_int_equal(next, wanted);
        }
    }
    assert_string_equal(mk_status_name(MK_STATUS_WAIT_IO), "WAIT_IO");
    assert_null(mk_status_name(8));
}

static void load_miss_round_trips(void **state)
{
    (void)state;
    uint32_t slot[MK_SLOT_WORDS];
    mk_load_miss_encode(slot, 123, true);
    static const uint32_t expected[MK_SLOT_WORDS] = { 1, 0xFFFD, 0, 0, 0x7B, 1 };
    assert_memory_equal(slot, expected, sizeof expected);
    uint32_t resource;
    bool prefetch;
    assert_true(mk_load_miss_decode(slot, &resource, &prefetch));
    assert_int_equal(resource, 123);
    assert_true(prefetch);
    slot[MK_SLOT_OPCODE] = 1;
    assert_false(mk_load_miss_decode(slot, &resource, &prefetch));
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
        mk_priority_offsets(cases[i][0], offsets);
        assert_memory_equal(offsets, cases[i] + 1, sizeof offsets);
    }
}

static void a_full_debug_log_stays_readable(void **state)
{
    (void)state;
    uint32_t log[MK_DEBUG_WORDS] = { 4, 3, 4, 5, 32 };
    struct mk_debug_record records[MK_DEBUG_CAPACITY];
    size_t count;
    uint32_t dropped;
    assert_result(VYRE_OK, mk_debug_decode(log, MK_DEBUG_WORDS, records, MK_DEBUG_CAPACITY, &count,
                                           &dropped));
    assert_int_equal(count, 1);
    assert_int_equal(records[0].format, 3);
    assert_int_equal(records[0].args[2], 32);
    log[0] = 4 * 66; // two records too many
    assert_result(VYRE_OK, mk_debug_decode(log, MK_DEBUG_WORDS, records, MK_DEBUG_CAPACITY, &count,
                                           &dropped));
    assert_int_equal(count, MK_DEBUG_CAPACITY);
    assert_int_equal(dropped, 2);
    log[0] = 5;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  mk_debug_decode(log, MK_DEBUG_WORDS, records, 1, &count, &dropped));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_debug_decode(log, 0, records, 1, &count, &dropped));
}

static void done_slots_are_counted(void **state)
{
    (void)state;
    uint32_t ring[4 * MK_SLOT_WORDS] = { 0 };
    ring[0] = MK_STATUS_DONE;
    ring[MK_SLOT_WORDS] = MK_STATUS_PUBLISHED;
    ring[2 * MK_SLOT_WORDS] = MK_STATUS_DONE;
    ring[3 * MK_SLOT_WORDS] = MK_STATUS_FAULT;
    assert_int_equal(mk_ring_count_done(ring, 4), 2);
    assert_int_equal(mk_ring_count_done(ring, 1), 1);
    assert_int_equal(mk_ring_count_done(ring, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_has_the_golden_words),
        cmocka_unit_test(sizes_follow_the_table),
        cmocka_unit_test(opcodes_have_their_classes),
        cmocka_unit_test(a_published_slot_has_the_golden_words),
        cmocka_unit_test(stale_arguments_do_not_survive),
        cmocka_unit_test(a_batch_is_all_or_none),
        cmocka_unit_test(transitions_follow_the_table),
        cmocka_unit_test(load_miss_round_trips),
        cmocka_unit_test(priorities_partition_the_ring),
        cmocka_unit_test(a_full_debug_log_stays_readable),
        cmocka_unit_test(done_slots_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
