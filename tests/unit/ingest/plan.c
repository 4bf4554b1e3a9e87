// SPDX-License-Identifier: MIT
#include "test.h"

#include "ingest/plan.h"

#include <errno.h>

// What the plan must be after a list of answers, said in another way than the plan says it: walk
// the list and stop at the first answer that ends a read.
struct expected {
    uint64_t done;
    int error;
    bool ended;
    bool finished;
};

static struct expected expect(uint64_t size, uint32_t limit, const int64_t *answers, unsigned count)
{
    struct expected e = { .finished = size == 0 };
    for (unsigned i = 0; i < count && !e.finished; i++) {
        uint64_t asked = size - e.done < limit ? size - e.done : limit;
        if (answers[i] > (int64_t)asked)
            e = (struct expected){ e.done, EOVERFLOW, false, true };
        else if (answers[i] > 0)
            e.done += (uint64_t)answers[i];
        else if (answers[i] == 0)
            e.ended = e.finished = true;
        else if (answers[i] != -EINTR && answers[i] != -EAGAIN)
            e = (struct expected){ e.done, (int)-answers[i], false, true };
        if (e.done == size)
            e.finished = true;
    }
    return e;
}

static void check_sequence(uint64_t size, uint32_t limit, const int64_t *answers, unsigned count)
{
    enum { OFFSET = 1000 };
    struct ingest_plan plan;
    struct ingest_piece piece;
    assert_true(ingest_plan_init(&plan, OFFSET, size));
    for (unsigned i = 0; i < count && ingest_plan_next(&plan, limit, &piece); i++) {
        assert_true(piece.size >= 1 && piece.size <= limit);
        assert_true(piece.at + piece.size <= size);
        assert_int_equal(piece.at, plan.done);
        assert_int_equal(piece.offset, OFFSET + plan.done);
        ingest_plan_answer(&plan, piece.size, answers[i]);
    }
    struct expected e = expect(size, limit, answers, count);
    assert_int_equal(plan.done, e.done);
    assert_int_equal(plan.error, e.error);
    assert_int_equal(plan.ended, e.ended);
    assert_int_equal(ingest_plan_finished(&plan), e.finished);
    assert_int_equal(ingest_plan_next(&plan, limit, &piece), !e.finished);
}

// Every list of up to 5 answers out of 8 kinds, for every size up to 5 and every limit up to 5.
static void every_sequence_of_answers_is_understood(void **state)
{
    (void)state;
    static const int64_t kinds[] = { 0, 1, 2, 4, 6, -EINTR, -EAGAIN, -EIO };
    enum { KINDS = sizeof kinds / sizeof kinds[0], LENGTH = 5 };
    for (uint64_t size = 0; size <= 5; size++)
        for (uint32_t limit = 1; limit <= 5; limit++)
            for (unsigned code = 0; code < 32768; code++) {
                int64_t answers[LENGTH];
                unsigned rest = code;
                for (unsigned i = 0; i < LENGTH; i++, rest /= KINDS)
                    answers[i] = kinds[rest % KINDS];
                check_sequence(size, limit, answers, LENGTH);
            }
}

static void every_errno_ends_the_plan_with_that_errno(void **state)
{
    (void)state;
    for (int error = 1; error <= 4095; error++) {
        struct ingest_plan plan;
        assert_true(ingest_plan_init(&plan, 0, 10));
        ingest_plan_answer(&plan, 10, 3);
        ingest_plan_answer(&plan, 7, -error);
        bool retry = error == EINTR || error == EAGAIN;
        assert_int_equal(plan.error, retry ? 0 : error);
        assert_int_equal(plan.done, 3);
    }
    struct ingest_plan plan;
    assert_true(ingest_plan_init(&plan, 0, 10));
    ingest_plan_answer(&plan, 10, INT64_MIN);
    assert_int_equal(plan.error, EIO);
}

static void a_stall_is_bounded_and_a_byte_ends_it(void **state)
{
    (void)state;
    struct ingest_plan plan;
    assert_true(ingest_plan_init(&plan, 0, 10));
    for (int i = 0; i < INGEST_STALL_LIMIT - 1; i++)
        ingest_plan_answer(&plan, 10, i % 2 ? -EINTR : -EAGAIN);
    assert_false(ingest_plan_finished(&plan));
    ingest_plan_answer(&plan, 10, 1);
    for (int i = 0; i < INGEST_STALL_LIMIT; i++) {
        assert_false(ingest_plan_finished(&plan));
        ingest_plan_answer(&plan, 9, -EAGAIN);
    }
    assert_int_equal(plan.error, EAGAIN);
    assert_int_equal(plan.done, 1);
}

static void ranges_past_the_largest_offset_are_refused(void **state)
{
    (void)state;
    struct ingest_plan plan;
    struct ingest_piece piece;
    assert_false(ingest_plan_init(&plan, UINT64_MAX, 1));
    assert_false(ingest_plan_init(&plan, 1, UINT64_MAX));
    assert_false(ingest_plan_init(&plan, INT64_MAX, 1));
    assert_false(ingest_plan_init(&plan, (uint64_t)INT64_MAX + 1, 0));
    assert_true(ingest_plan_init(&plan, INT64_MAX, 0));
    assert_false(ingest_plan_next(&plan, 1, &piece));
    assert_true(ingest_plan_init(&plan, 0, INT64_MAX));
    assert_true(ingest_plan_next(&plan, UINT32_MAX, &piece));
    assert_int_equal(piece.size, UINT32_MAX);
    assert_false(ingest_plan_next(&plan, 0, &piece));
}

static void a_stopped_plan_takes_its_last_answer_and_asks_no_more(void **state)
{
    (void)state;
    struct ingest_plan plan;
    struct ingest_piece piece;
    assert_true(ingest_plan_init(&plan, 0, 100));
    assert_true(ingest_plan_next(&plan, 50, &piece));
    ingest_plan_stop(&plan);
    assert_false(ingest_plan_next(&plan, 50, &piece));
    ingest_plan_answer(&plan, 50, 20);
    assert_int_equal(plan.done, 20);
    assert_int_equal(plan.shorts, 1);
    assert_true(ingest_plan_finished(&plan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_of_answers_is_understood),
        cmocka_unit_test(every_errno_ends_the_plan_with_that_errno),
        cmocka_unit_test(a_stall_is_bounded_and_a_byte_ends_it),
        cmocka_unit_test(ranges_past_the_largest_offset_are_refused),
        cmocka_unit_test(a_stopped_plan_takes_its_last_answer_and_asks_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
