// SPDX-License-Identifier: MIT
// Slots: publishing, transitions, packed slots and load misses, against the golden vectors of the
// specification (protocol.md, appendix C), at their limits, and against damage.
#include "megakernel/protocol/slot.h"
#include "test.h"

#include "exact.h"
#include "words.h"

enum { SLOTS = 4, RING = SLOTS * VYRE_SLOT_SIZE };

static void assert_words(const void *ring, uint32_t slot, const uint32_t expected[VYRE_SLOT_WORDS])
{
    for (size_t i = 0; i < VYRE_SLOT_WORDS; i++)
        assert_int_equal(word_get(ring, slot * VYRE_SLOT_WORDS + i), expected[i]);
}

// ---- Publishing ---------------------------------------------------------------------------------

static void a_published_slot_has_the_golden_words(void **state)
{
    (void)state;
    uint8_t room[RING + 1] = { 0 };
    uint8_t *ring = room + 1; // nothing may assume alignment
    static const uint32_t args[] = { 42, 160 };
    const struct vyre_slot_item item = { VYRE_OPCODE_STORE_U32, 2, args };
    assert_result(VYRE_OK, vyre_slot_publish(ring, RING, 1, 7, &item, 1, NULL));
    static const uint32_t expected[VYRE_SLOT_WORDS] = { 1, 1, 7, 2, 0x2A, 0xA0 };
    static const uint32_t empty[VYRE_SLOT_WORDS];
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        assert_words(ring, slot, slot == 1 ? expected : empty);
    // The same through the door that the live ring uses.
    uint32_t live[VYRE_SLOT_WORDS];
    memset(live, 0xAB, sizeof live);
    mk_slot_write(live, 7, &item);
    assert_words(live, 0, expected);
}

static void what_cannot_be_published_changes_nothing(void **state)
{
    (void)state;
    static const uint32_t many[VYRE_SLOT_ARGS + 1] = { 1 };
    const struct vyre_slot_item good = { 8, VYRE_SLOT_ARGS, many };
    const struct vyre_slot_item over = { 8, VYRE_SLOT_ARGS + 1, many };
    const struct vyre_slot_item reserved = { 0xFFF1, 0, NULL };
    const struct {
        size_t size;
        uint32_t first;
        struct vyre_slot_item items[2];
        size_t count;
        const char *code; // NULL: fine
    } cases[] = {
        { RING, 3, { good }, 1, NULL },
        { RING, 4, { good }, 0, NULL },
        { RING, 4, { good }, 1, "P003" },
        { RING, 5, { good }, 0, "P003" },
        { RING, UINT32_MAX, { good }, 1, "P003" },
        { RING, 3, { good, good }, 2, "P003" },
        { RING - 1, 0, { good }, 1, "P001" },
        { RING - 64 + 1, 0, { good }, 1, "P001" },
        { 0, 0, { good }, 1, "P003" },
        { RING, 0, { good, over }, 2, "P005" },
        { RING, 0, { good, reserved }, 2, "P006" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const uint8_t zeros[RING];
        uint8_t *ring = exact_copy(zeros, cases[i].size);
        struct test_diags diags = { 0 };
        enum vyre_result result =
            vyre_slot_publish(ring, cases[i].size, cases[i].first, 1, cases[i].items,
                              cases[i].count, test_diag_sink(&diags));
        assert_int_equal(result, cases[i].code ? VYRE_ERR_INVALID_ARGUMENT : VYRE_OK);
        if (cases[i].code) {
            assert_memory_equal(ring, zeros, cases[i].size);
            assert_non_null(strstr(diags.text, cases[i].code));
        }
        free(ring);
    }
}

static void only_free_slots_are_published_and_stale_words_go(void **state)
{
    (void)state;
    for (uint32_t status = 0; status <= 9; status++) {
        uint8_t ring[VYRE_SLOT_SIZE];
        memset(ring, 0xAB, sizeof ring);
        word_put(ring, VYRE_SLOT_STATUS, status);
        static const uint32_t nine = 9;
        const struct vyre_slot_item item = { 1, 1, &nine };
        struct test_diags diags = { 0 };
        enum vyre_result result =
            vyre_slot_publish(ring, sizeof ring, 0, 2, &item, 1, test_diag_sink(&diags));
        if (status != VYRE_STATUS_EMPTY && status != VYRE_STATUS_DONE) {
            assert_int_equal(result, VYRE_FULL);
            assert_non_null(strstr(diags.text, "P004"));
            assert_int_equal(word_get(ring, VYRE_SLOT_STATUS), status);
            assert_int_equal(word_get(ring, VYRE_SLOT_OPCODE), 0xABABABAB);
        } else {
            static const uint32_t expected[VYRE_SLOT_WORDS] = { 1, 1, 2, 2, 9 };
            assert_int_equal(result, VYRE_OK);
            assert_words(ring, 0, expected);
        }
    }
}

static void a_batch_is_all_or_none(void **state)
{
    (void)state;
    uint8_t ring[RING] = { 0 };
    static const uint32_t add[] = { 1, 161 };
    const struct vyre_slot_item items[] = { { VYRE_OPCODE_NOP, 0, NULL },
                                            { VYRE_OPCODE_ATOMIC_ADD, 2, add } };
    assert_result(VYRE_OK, vyre_slot_publish_batch(ring, RING, 0, 5, items, 2, 9, NULL));
    static const uint32_t item[VYRE_SLOT_WORDS] = { 1, 2, 5, 2, 1, 161 };
    static const uint32_t fence[VYRE_SLOT_WORDS] = { 1, 7, 5, 2, 2, 9 };
    assert_words(ring, 1, item);
    assert_words(ring, 2, fence);

    static const uint8_t zeros[RING];
    memset(ring, 0, sizeof ring);
    const struct vyre_slot_item bad[] = { { VYRE_OPCODE_NOP, 0, NULL }, { 0x80000000, 0, NULL } };
    assert_int_equal(vyre_slot_publish_batch(ring, RING, 0, 5, bad, 2, 9, NULL),
                     VYRE_ERR_INVALID_ARGUMENT);
    static const uint32_t firsts[] = { 2, 3, 4, UINT32_MAX - 1, UINT32_MAX };
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
        assert_result(VYRE_ERR_INVALID_ARGUMENT,
                      vyre_slot_publish_batch(ring, RING, firsts[i], 5, items, 2, 9, NULL));
    assert_memory_equal(ring, zeros, sizeof ring);
    // A busy slot behind the items is the fence's.
    word_put(ring, 2 * VYRE_SLOT_WORDS, VYRE_STATUS_CLAIMED);
    assert_result(VYRE_FULL, vyre_slot_publish_batch(ring, RING, 0, 5, items, 2, 9, NULL));
    assert_int_equal(word_get(ring, 0), 0);
}

static void a_window_says_ticket_and_class(void **state)
{
    (void)state;
    uint8_t ring[RING] = { 0 };
    static const uint32_t words[VYRE_SLOT_ARGS] = { 1, 2, 3 };
    struct vyre_slot_payload payloads[] = { { words, 1 }, { words + 1, 1 }, { words + 2, 1 } };
    struct vyre_slot_window window = { 0xABCD, 99, payloads, 3, 2 };
    assert_result(VYRE_OK, vyre_slot_publish_window(ring, RING, 0, 1, &window, NULL));
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t expected[VYRE_SLOT_WORDS] = { 1, 0xABCD, 1, 2, 99, i == 2, i + 1 };
        assert_words(ring, i, expected);
    }
    memset(ring, 0, sizeof ring);
    payloads[2] = (struct vyre_slot_payload){ words, VYRE_SLOT_ARGS - 1 };
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_slot_publish_window(ring, RING, 0, 1, &window, NULL));
    payloads[2].count = VYRE_SLOT_ARGS - 2;
    window.required_count = 4;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_slot_publish_window(ring, RING, 0, 1, &window, NULL));
    assert_int_equal(word_get(ring, 0), 0);
    window.required_count = 3;
    assert_result(VYRE_OK, vyre_slot_publish_window(ring, RING, 0, 1, &window, NULL));
    assert_int_equal(word_get(ring, 2 * VYRE_SLOT_WORDS + VYRE_SLOT_ARG0 + 1), 0);
}

// ---- Status -------------------------------------------------------------------------------------

static void transitions_follow_the_table(void **state)
{
    (void)state;
    // Columns are statuses 0 to 7; -1 is illegal.
    static const int expected[][8] = {
        [VYRE_TRANSITION_PUBLISH] = { -1, -1, -1, -1, -1, -1, -1, -1 },
        [VYRE_TRANSITION_CLAIM] = { -1, 2, -1, -1, -1, 2, 2, -1 },
        [VYRE_TRANSITION_DONE] = { -1, -1, 3, -1, -1, -1, -1, -1 },
        [VYRE_TRANSITION_FAULT] = { -1, 7, 7, -1, 7, 7, 7, -1 },
        [VYRE_TRANSITION_CANCEL] = { -1, 0, -1, -1, 0, 0, 0, -1 },
        [VYRE_TRANSITION_CANCEL + 1] = { -1, -1, -1, -1, -1, -1, -1, -1 }, // no such transition
    };
    static const uint32_t statuses[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 32, 33, UINT32_MAX };
    for (unsigned transition = 0; transition < sizeof expected / sizeof *expected; transition++) {
        for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
            uint8_t ring[RING] = { 0 };
            word_put(ring, VYRE_SLOT_WORDS, statuses[i]);
            const int wanted = statuses[i] < 8 ? expected[transition][statuses[i]] : -1;
            uint32_t previous = 99;
            assert_result(wanted >= 0 ? VYRE_OK : VYRE_ERR_INVALID_ARGUMENT,
                          vyre_slot_transition(ring, RING, 1, (enum vyre_slot_transition)transition,
                                               &previous, NULL));
            assert_int_equal(previous, wanted >= 0 ? statuses[i] : 0);
            assert_int_equal(word_get(ring, VYRE_SLOT_WORDS),
                             wanted >= 0 ? (uint32_t)wanted : statuses[i]);
        }
    }
    uint8_t ring[RING];
    uint32_t previous;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_slot_transition(ring, RING, SLOTS, VYRE_TRANSITION_CLAIM, &previous, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_slot_transition(ring, RING - 4, 0, VYRE_TRANSITION_CLAIM, &previous, NULL));
    assert_string_equal(vyre_slot_status_name(VYRE_STATUS_WAIT_IO), "WAIT_IO");
    assert_null(vyre_slot_status_name(8));
}

static void done_slots_are_counted(void **state)
{
    (void)state;
    uint8_t ring[RING] = { 0 };
    static const uint32_t statuses[SLOTS] = { VYRE_STATUS_DONE, VYRE_STATUS_PUBLISHED,
                                              VYRE_STATUS_DONE, VYRE_STATUS_FAULT };
    for (uint32_t i = 0; i < SLOTS; i++)
        word_put(ring, i * VYRE_SLOT_WORDS, statuses[i]);
    static const uint32_t expected[] = { 0, 1, 1, 2, 2 };
    uint32_t done;
    for (uint32_t slots = 0; slots <= SLOTS; slots++) {
        assert_result(VYRE_OK, vyre_slot_count_done(ring, RING, slots, &done, NULL));
        assert_int_equal(done, expected[slots]);
    }
    assert_result(VYRE_ERR_INVALID_DATA, vyre_slot_count_done(ring, RING, SLOTS + 1, &done, NULL));
    assert_int_equal(done, 0);
    assert_result(VYRE_ERR_INVALID_DATA, vyre_slot_count_done(ring, RING - 4, SLOTS, &done, NULL));
    assert_result(VYRE_ERR_INVALID_DATA, vyre_slot_count_done(ring, RING - 1, 1, &done, NULL));
}

// ---- Images -------------------------------------------------------------------------------------

static void a_slot_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const uint8_t zeros[RING];
    uint8_t *ring = exact_copy(zeros, RING);
    struct vyre_slot slot = { 0xFFFFFFFF, 2, 3, 4, { 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
    struct vyre_slot back;
    assert_result(VYRE_OK, vyre_slot_write(ring, RING, 3, &slot, NULL));
    assert_result(VYRE_OK, vyre_slot_read(ring, RING, 3, &back, NULL));
    assert_memory_equal(&slot, &back, sizeof slot);
    assert_memory_equal(ring, zeros, RING - VYRE_SLOT_SIZE);
    static const uint32_t beyond[] = { SLOTS, UINT32_MAX };
    for (size_t i = 0; i < 2; i++) {
        struct test_diags diags = { 0 };
        assert_result(VYRE_ERR_INVALID_ARGUMENT,
                      vyre_slot_read(ring, RING, beyond[i], &back, test_diag_sink(&diags)));
        assert_non_null(strstr(diags.text, "P003 the ring is missing slot"));
        assert_result(VYRE_ERR_INVALID_ARGUMENT,
                      vyre_slot_write(ring, RING, beyond[i], &slot, NULL));
    }
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_slot_read(ring, RING - 1, 0, &back, NULL));
    free(ring);
}

static void load_miss_round_trips(void **state)
{
    (void)state;
    struct vyre_slot slot;
    uint8_t ring[RING];
    vyre_load_miss_encode(123, true, &slot);
    assert_result(VYRE_OK, vyre_slot_write(ring, RING, 0, &slot, NULL));
    static const uint32_t expected[VYRE_SLOT_WORDS] = { 1, 0xFFFD, 0, 0, 0x7B, 1 };
    assert_words(ring, 0, expected);
    uint32_t resource;
    bool prefetch;
    assert_result(VYRE_OK, vyre_load_miss_decode(&slot, &resource, &prefetch));
    assert_int_equal(resource, 123);
    assert_true(prefetch);
    slot.opcode = 1;
    assert_result(VYRE_MISS, vyre_load_miss_decode(&slot, &resource, &prefetch));
}

// ---- Packed slots -------------------------------------------------------------------------------

static void a_packed_slot_has_the_golden_words(void **state)
{
    (void)state;
    static const uint32_t values[] = { 7, 160, 5, 161 };
    const struct vyre_packed_op ops[] = { { 1, 2, values }, { 2, 2, values + 2 } };
    static const uint32_t expected[VYRE_SLOT_ARGS] = { 0x00010402, 0x00000202, 7, 160, 5, 161 };
    uint32_t args[VYRE_SLOT_ARGS];
    assert_result(VYRE_OK, vyre_packed_encode(ops, 2, args, NULL));
    assert_memory_equal(args, expected, sizeof args);
    struct vyre_packed_op back[VYRE_PACKED_MAX];
    size_t count;
    assert_result(VYRE_OK, vyre_packed_decode(args, back, &count, NULL));
    assert_int_equal(count, 2);
    assert_true(back[1].opcode == 2 && back[1].arg_count == 2 && back[1].args == args + 4);
    static const uint32_t zeros[VYRE_SLOT_ARGS];
    assert_result(VYRE_OK, vyre_packed_encode(NULL, 0, args, NULL));
    assert_memory_equal(args, zeros, sizeof args);
}

static void packed_slots_hold_what_fits(void **state)
{
    (void)state;
    static const uint32_t words[VYRE_SLOT_ARGS] = { 1, 2, 3 };
    static const struct {
        size_t count;
        uint8_t first, others; // arguments of the first operation and of each other
        bool fits;
    } cases[] = {
        { 23, 0, 0, true },  { 24, 0, 0, false }, { 256, 0, 0, false }, { 1, 11, 0, true },
        { 1, 12, 0, false }, { 2, 10, 0, true },  { 2, 11, 0, false },  { 2, 5, 5, true },
        { 2, 5, 6, false },  { 5, 2, 2, false },  { 5, 1, 2, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vyre_packed_op ops[256], back[VYRE_PACKED_MAX];
        for (size_t k = 0; k < cases[i].count; k++)
            ops[k] = (struct vyre_packed_op){ (uint8_t)(k * 7),
                                              k ? cases[i].others : cases[i].first, words };
        uint32_t args[VYRE_SLOT_ARGS];
        struct test_diags diags = { 0 };
        size_t count;
        assert_result(cases[i].fits ? VYRE_OK : VYRE_ERR_LIMIT,
                      vyre_packed_encode(ops, cases[i].count, args, test_diag_sink(&diags)));
        assert_int_equal(diags.count, !cases[i].fits);
        if (!cases[i].fits)
            continue;
        assert_result(VYRE_OK, vyre_packed_decode(args, back, &count, NULL));
        assert_int_equal(count, cases[i].count);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(back[k].opcode, ops[k].opcode);
            assert_int_equal(back[k].arg_count, ops[k].arg_count);
            assert_memory_equal(back[k].args, words, ops[k].arg_count * sizeof *words);
        }
    }
}

static void a_damaged_packed_slot_is_refused(void **state)
{
    (void)state;
    static const uint32_t damaged[][2] = {
        { 0x00000018, 0 },          // 24 operations
        { 0x000000FF, 0 },          // 255
        { 0x00000C01, 0 },          // 12 arguments, where 11 fit
        { 0x0000FF01, 0 },          // 255
        { 0x00000100, 0 },          // arguments of no operation
        { 0x01000201, 0 },          // the first operation's arguments begin at 1
        { 0x00000202, 0x00000300 }, // the second's at 3 of 2
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        const uint32_t args[VYRE_SLOT_ARGS] = { damaged[i][0], damaged[i][1] };
        struct vyre_packed_op ops[VYRE_PACKED_MAX];
        struct test_diags diags = { 0 };
        size_t count = 9;
        assert_result(VYRE_ERR_INVALID_DATA,
                      vyre_packed_decode(args, ops, &count, test_diag_sink(&diags)));
        assert_int_equal(count, 0);
        assert_non_null(strstr(diags.text, "P007"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_slot_has_the_golden_words),
        cmocka_unit_test(what_cannot_be_published_changes_nothing),
        cmocka_unit_test(only_free_slots_are_published_and_stale_words_go),
        cmocka_unit_test(a_batch_is_all_or_none),
        cmocka_unit_test(a_window_says_ticket_and_class),
        cmocka_unit_test(transitions_follow_the_table),
        cmocka_unit_test(done_slots_are_counted),
        cmocka_unit_test(a_slot_is_read_as_it_was_written),
        cmocka_unit_test(load_miss_round_trips),
        cmocka_unit_test(a_packed_slot_has_the_golden_words),
        cmocka_unit_test(packed_slots_hold_what_fits),
        cmocka_unit_test(a_damaged_packed_slot_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
