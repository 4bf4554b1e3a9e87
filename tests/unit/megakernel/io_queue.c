// SPDX-License-Identifier: MIT
// The io queue: both directions, its limits, and queues that are none (protocol.md, section 3).
#include <vyre/io_queue.h>

#include "test.h"

#include "exact.h"
#include "words.h"

enum { SLOTS = 3, QUEUE = SLOTS * VYRE_IO_SLOT_SIZE };

static const struct vyre_io_request requests[] = {
    { .slot = 0, .op = VYRE_IO_OP_READ, .destination = 7, .bytes = 4096, .tag = 99 },
    { .slot = 2,
      .op = VYRE_IO_OP_WRITE,
      .source = 5,
      .destination = 6,
      .bytes = 512,
      .offset = 0x200001000,
      .tag = 77 },
};

static void publish_all(uint8_t *queue)
{
    memset(queue, 0, QUEUE);
    for (size_t i = 0; i < 2; i++)
        assert_result(VYRE_OK, vyre_io_queue_publish(queue, QUEUE, &requests[i], NULL));
}

static void a_published_request_has_the_golden_words(void **state)
{
    (void)state;
    uint8_t room[QUEUE + 1];
    uint8_t *queue = room + 1; // nothing may assume alignment
    publish_all(queue);
    static const uint32_t golden[VYRE_IO_SLOT_WORDS] = { 1, 0, 7, 0, 0, 0x1000, 1, 0x63 };
    for (size_t i = 0; i < VYRE_IO_SLOT_WORDS; i++)
        assert_int_equal(word_get(queue, i), golden[i]);
    struct vyre_io_request back;
    assert_result(VYRE_OK, vyre_io_queue_read(queue, QUEUE, 2, &back, NULL));
    struct vyre_io_request expected = requests[1];
    expected.status = VYRE_IO_PUBLISHED;
    assert_true(back.offset == expected.offset && back.op == expected.op && back.source == 5 &&
                back.destination == 6 && back.bytes == 512 && back.tag == 77 &&
                back.status == VYRE_IO_PUBLISHED && back.slot == 2);
    assert_result(VYRE_OK, vyre_io_queue_read(queue, QUEUE, 1, &back, NULL));
    assert_int_equal(back.status, VYRE_IO_EMPTY);
}

static void a_slot_in_use_is_not_published_again(void **state)
{
    (void)state;
    uint8_t queue[QUEUE];
    static const uint32_t statuses[] = { 1, 2, 3, 0x10, 0x11, 0x12, UINT32_MAX };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        memset(queue, 0, sizeof queue);
        word_put(queue, VYRE_IO_STATUS, statuses[i]);
        struct test_diags diags = { 0 };
        assert_result(VYRE_FULL,
                      vyre_io_queue_publish(queue, QUEUE, &requests[0], test_diag_sink(&diags)));
        assert_non_null(strstr(diags.text, "P004"));
        assert_int_equal(word_get(queue, VYRE_IO_OP), 0);
    }
}

static void a_request_is_claimed_once(void **state)
{
    (void)state;
    uint8_t queue[QUEUE];
    publish_all(queue);
    struct vyre_io_request found[SLOTS];
    size_t count;
    for (int i = 0; i < 2; i++) { // polling changes nothing
        assert_result(VYRE_OK, vyre_io_queue_poll(queue, QUEUE, found, SLOTS, &count, NULL));
        assert_int_equal(count, 2);
        assert_int_equal(found[1].status, VYRE_IO_PUBLISHED);
    }
    // Without room nothing is claimed, so nothing is lost.
    assert_result(VYRE_OK, vyre_io_queue_claim(queue, QUEUE, NULL, 0, &count, NULL));
    assert_int_equal(count, 0);
    assert_result(VYRE_OK, vyre_io_queue_claim(queue, QUEUE, found, 1, &count, NULL));
    assert_int_equal(count, 1);
    assert_int_equal(found[0].slot, 0);
    assert_result(VYRE_OK, vyre_io_queue_claim(queue, QUEUE, found, SLOTS, &count, NULL));
    assert_int_equal(count, 1);
    assert_true(found[0].slot == 2 && found[0].status == VYRE_IO_CLAIMED);
    assert_true(found[0].offset == 0x200001000);
    assert_result(VYRE_OK, vyre_io_queue_claim(queue, QUEUE, found, SLOTS, &count, NULL));
    assert_int_equal(count, 0);
}

static void completions_are_all_or_none(void **state)
{
    (void)state;
    uint8_t queue[QUEUE], before[QUEUE];
    publish_all(queue);
    struct vyre_io_request found[SLOTS];
    size_t count;
    assert_result(VYRE_OK, vyre_io_queue_claim(queue, QUEUE, found, SLOTS, &count, NULL));
    memcpy(before, queue, QUEUE);
    static const uint32_t bad[] = { 1, SLOTS, UINT32_MAX };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct vyre_io_completion two[] = { { 0, true }, { bad[i], true } };
        assert_result(VYRE_ERR_INVALID_ARGUMENT,
                      vyre_io_queue_complete(queue, QUEUE, two, 2, NULL));
        assert_memory_equal(queue, before, QUEUE);
    }
    const struct vyre_io_completion both[] = { { 2, false }, { 0, true } };
    assert_result(VYRE_OK, vyre_io_queue_complete(queue, QUEUE, both, 2, NULL));
    assert_int_equal(word_get(queue, VYRE_IO_STATUS), VYRE_IO_OK);
    assert_int_equal(word_get(queue, 2 * VYRE_IO_SLOT_WORDS + VYRE_IO_STATUS), VYRE_IO_ERROR);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_io_queue_complete(queue, QUEUE, both, 1, NULL));
}

static void what_is_no_queue_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[65 * VYRE_IO_SLOT_SIZE];
    struct vyre_io_request found[SLOTS];
    for (size_t size = 0; size <= sizeof zeros; size += size < 70 ? 1 : 5) {
        uint8_t *queue = exact_copy(zeros, size);
        const bool good = size % 32 == 0 && size <= 2048;
        const enum vyre_result expected = good ? VYRE_OK : VYRE_ERR_INVALID_ARGUMENT;
        size_t count = 1;
        assert_result(expected, vyre_io_queue_poll(queue, size, found, SLOTS, &count, NULL));
        assert_int_equal(count, 0);
        assert_result(expected, vyre_io_queue_claim(queue, size, found, SLOTS, &count, NULL));
        assert_result(expected, vyre_io_queue_complete(queue, size, NULL, 0, NULL));
        const uint32_t slots = (uint32_t)(size / 32);
        assert_result(VYRE_ERR_INVALID_ARGUMENT,
                      vyre_io_queue_read(queue, size, slots, &found[0], NULL));
        assert_result(good && slots > 2 ? VYRE_OK : VYRE_ERR_INVALID_ARGUMENT,
                      vyre_io_queue_publish(queue, size, &requests[1], NULL));
        free(queue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_request_has_the_golden_words),
        cmocka_unit_test(a_slot_in_use_is_not_published_again),
        cmocka_unit_test(a_request_is_claimed_once),
        cmocka_unit_test(completions_are_all_or_none),
        cmocka_unit_test(what_is_no_queue_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
