// SPDX-License-Identifier: MIT
// The engine over a scripted backend: every kind of answer, in random order, never a real file.
#include "test.h"

#include "fake_backend.h"

#include "base/memory.h"
#include "ingest/ingest.h"
#include "ingest/plan.h"

#include <stdlib.h>
#include <sys/mman.h>

#define SECOND UINT64_C(1000000000)

enum { POOL = 1 << 20, FILE_SIZE = 300000, DEPTH = 16, SLOTS = 16, SLOT = POOL / SLOTS };

static uint8_t content[FILE_SIZE];

struct bench {
    struct ingest_pool *pool;
    struct ingest *ingest;
    struct fake_backend fake;
    uint8_t *bytes;
};

static void setup(struct bench *bench, unsigned depth)
{
    assert_result(VYRE_OK, ingest_pool_create(POOL, 1, NULL, &bench->pool));
    bench->bytes = ingest_pool_bytes(bench->pool);
    for (unsigned i = 0; i < FAKE_FILES; i++)
        if (!bench->fake.files[i].bytes)
            bench->fake.files[i] =
                (struct fake_file){ content, FILE_SIZE, bench->fake.files[i].error };
    const struct ingest_backend backend = fake_open(&bench->fake, bench->pool);
    const struct ingest_params params = {
        .pool = bench->pool,
        .depth = depth,
        .backend = &backend,
    };
    assert_result(VYRE_OK, ingest_create(&params, &bench->ingest));
}

static void teardown(struct bench *bench)
{
    assert_true(ingest_destroy(&bench->ingest, 1000000000, NULL));
    assert_null(bench->ingest);
    assert_int_equal(bench->fake.closed, 1);
    ingest_pool_unref(&bench->pool);
}

static enum vyre_result start(struct bench *bench, int fd, uint64_t offset, uint64_t size,
                              uint64_t slot, uint32_t *ticket)
{
    const struct ingest_read read = { fd, offset, size, slot * SLOT, slot };
    return ingest_start(bench->ingest, &read, ticket);
}

// Reads ranges of many files until `rounds` are done and checks each against the file.
static void read_and_check_waiting(struct bench *bench, unsigned rounds, bool errors_allowed,
                                   uint64_t timeout_ns)
{
    struct ingest_read reads[SLOTS];
    bool busy[SLOTS] = { false };
    unsigned started = 0;
    unsigned errors = 0;
    for (unsigned finished = 0; finished < rounds;) {
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            if (busy[slot] || started == rounds)
                continue;
            uint64_t offset = fake_random(&bench->fake) % (FILE_SIZE + 1000);
            uint64_t size = fake_random(&bench->fake) % SLOT;
            memset(bench->bytes + (size_t)slot * SLOT, 0xee, SLOT);
            reads[slot] = (struct ingest_read){ (int)slot, offset, size, slot * SLOT, slot };
            assert_result(VYRE_OK, ingest_start(bench->ingest, &reads[slot], NULL));
            busy[slot] = true;
            started++;
        }
        struct ingest_done done[5];
        size_t count;
        enum vyre_result result = ingest_poll(bench->ingest, timeout_ns, done, 5, &count);
        assert_true(result == VYRE_OK || result == VYRE_TIMEOUT);
        assert_int_equal(result == VYRE_OK, count > 0);
        for (size_t i = 0; i < count; i++) {
            const struct ingest_read *read = &reads[done[i].tag];
            const uint8_t *bytes = bench->bytes + read->at;
            uint64_t left = read->offset < FILE_SIZE ? FILE_SIZE - read->offset : 0;
            uint64_t whole = left < read->size ? left : read->size;
            assert_true(busy[done[i].tag]);
            busy[done[i].tag] = false;
            finished++;
            errors += done[i].error != 0;
            assert_true(done[i].error == 0 || (errors_allowed && done[i].error == EIO));
            assert_true(done[i].error ? done[i].size <= whole : done[i].size == whole);
            assert_int_equal(done[i].ended, !done[i].error && whole < read->size);
            if (done[i].size)
                assert_memory_equal(bytes, content + read->offset, done[i].size);
            for (uint64_t k = whole; k < SLOT; k++)
                assert_int_equal(bytes[k], 0xee);
        }
    }
    assert_int_equal(errors > 0, errors_allowed);
}

static void read_and_check(struct bench *bench, unsigned rounds, bool errors_allowed)
{
    read_and_check_waiting(bench, rounds, errors_allowed, 1000000);
}

static void bytes_are_right_whatever_the_order_of_answers(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .random = 1 } };
    setup(&bench, DEPTH);
    read_and_check(&bench, 2000, false);
    teardown(&bench);
}

static void bytes_are_right_with_short_and_interrupted_answers(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        struct bench bench = {
            .fake = { .random = seed, .eintr = 40, .eagain = 40, .shorten = 100, .lazy = 60 },
        };
        bench.fake.limit = seed == 2 ? 1000 : 0;
        bench.fake.batch = seed == 3 ? 3 : 0;
        setup(&bench, DEPTH);
        read_and_check(&bench, 500, false);
        struct ingest_stats stats;
        ingest_get_stats(bench.ingest, &stats);
        assert_true(stats.shorts > 0 && stats.retries > 0 && stats.reads > 500);
        assert_true(stats.batches < stats.reads);
        assert_int_equal(stats.inflight, 0);
        teardown(&bench);
    }
}

static void errors_keep_the_bytes_before_them(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .random = 7, .eio = 30, .shorten = 200, .eintr = 10 } };
    setup(&bench, DEPTH);
    read_and_check(&bench, 1000, true);
    teardown(&bench);
}

static void refused_batches_are_handed_over_again(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .random = 3, .refuse = 4 } };
    setup(&bench, DEPTH);
    read_and_check_waiting(&bench, 50, false, SECOND);
    assert_int_equal(bench.fake.refuse, 0);
    // The kernel may have taken nothing, so nothing would end a long wait.
    assert_true(bench.fake.refused_wait > 0 && bench.fake.refused_wait <= 10000000);
    teardown(&bench);
}

// The next piece of one read is under way while the caller looks at another.
static void reads_go_on_before_the_caller_comes_back(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .limit = 100 } };
    setup(&bench, DEPTH);
    assert_result(VYRE_OK, start(&bench, 0, 0, 100, 0, NULL));
    assert_result(VYRE_OK, start(&bench, 0, 0, 200, 1, NULL));
    struct ingest_done done[2];
    size_t count;
    assert_result(VYRE_OK, ingest_poll(bench.ingest, 0, done, 2, &count));
    assert_true(count == 1 && done[0].tag == 0);
    assert_int_equal(bench.fake.handed, 1);
    assert_int_equal(bench.fake.requests[0].offset, 100);
    assert_int_equal(bench.fake.requests[0].at, SLOT + 100);
    teardown(&bench);
}

static void each_errno_of_a_descriptor_is_reported(void **state)
{
    (void)state;
    static const int errors[] = { EISDIR, EBADF, EIO, ENODATA, EINVAL, ECANCELED, EFAULT, ENOMEM };
    for (unsigned i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct bench bench = { 0 };
        bench.fake.files[9].error = errors[i];
        setup(&bench, DEPTH);
        assert_result(VYRE_OK, start(&bench, 9, 0, 100, 0, NULL));
        struct ingest_done done;
        size_t count;
        assert_result(VYRE_OK, ingest_poll(bench.ingest, 0, &done, 1, &count));
        assert_int_equal(done.error, errors[i]);
        assert_int_equal(done.size, 0);
        assert_false(done.ended);
        assert_result(VYRE_DONE, ingest_poll(bench.ingest, 0, &done, 1, &count));
        teardown(&bench);
    }
}

static void endless_eagain_becomes_an_error(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .eagain = 256 } };
    setup(&bench, DEPTH);
    assert_result(VYRE_OK, start(&bench, 0, 0, 100, 0, NULL));
    struct ingest_done done;
    size_t count;
    assert_result(VYRE_OK, ingest_poll(bench.ingest, 5000000000, &done, 1, &count));
    assert_int_equal(done.error, EAGAIN);
    struct ingest_stats stats;
    ingest_get_stats(bench.ingest, &stats);
    assert_int_equal(stats.reads, INGEST_STALL_LIMIT);
    teardown(&bench);
}

static void an_answer_larger_than_its_request_is_an_error(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .grow = true } };
    setup(&bench, DEPTH);
    assert_result(VYRE_OK, start(&bench, 0, 0, 100, 0, NULL));
    struct ingest_done done;
    size_t count;
    assert_result(VYRE_OK, ingest_poll(bench.ingest, 0, &done, 1, &count));
    assert_int_equal(done.error, EOVERFLOW);
    assert_int_equal(done.size, 0);
    teardown(&bench);
}

static void depth_bounds_what_is_in_flight(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .withhold = true } };
    setup(&bench, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_result(VYRE_OK, start(&bench, 0, 0, 100, i, NULL));
    assert_result(VYRE_FULL, start(&bench, 0, 0, 100, 3, NULL));
    struct ingest_done done[4];
    size_t count;
    assert_result(VYRE_TIMEOUT, ingest_poll(bench.ingest, 1000, done, 4, &count));
    assert_int_equal(bench.fake.submits, 1);
    assert_result(VYRE_FULL, start(&bench, 0, 0, 100, 3, NULL));
    bench.fake.withhold = false;
    assert_result(VYRE_OK, ingest_poll(bench.ingest, 1000, done, 4, &count));
    assert_int_equal(count, 3);
    assert_result(VYRE_OK, start(&bench, 0, 0, 100, 3, NULL));
    assert_int_equal(bench.fake.most, 3);
    teardown(&bench);
}

static void sizes_from_outside_are_checked(void **state)
{
    (void)state;
    struct bench bench = { 0 };
    setup(&bench, DEPTH);
    static const struct ingest_read bad[] = {
        { 0, 0, POOL + 1, 0, 0 },   { 0, 0, 1, POOL, 0 },       { 0, 0, UINT64_MAX, 1, 0 },
        { 0, 0, 1, UINT64_MAX, 0 }, { 0, UINT64_MAX, 1, 0, 0 }, { 0, INT64_MAX, 1, 0, 0 },
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_result(VYRE_ERR_INVALID_ARGUMENT, ingest_start(bench.ingest, &bad[i], NULL));
    struct ingest_done done;
    size_t count;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  ingest_poll(bench.ingest, UINT64_MAX, &done, 1, &count));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, ingest_poll(bench.ingest, 0, &done, 0, &count));
    // An empty read touches nothing and is done.
    assert_result(VYRE_OK, start(&bench, 0, 5, 0, 0, NULL));
    assert_result(VYRE_OK, ingest_poll(bench.ingest, 0, &done, 1, &count));
    assert_true(done.size == 0 && !done.ended && !done.error);
    assert_int_equal(bench.fake.submits, 0);
    teardown(&bench);
    struct ingest *none;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  ingest_create(&(const struct ingest_params){ 0 }, &none));
    assert_null(none);
}

// The memory of an abandoned read is not free before its answer came.
static void an_abandoned_read_still_ends(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .withhold = true, .shorten = 256 } };
    setup(&bench, DEPTH);
    uint32_t ticket;
    assert_result(VYRE_OK, start(&bench, 0, 0, 1000, 0, &ticket));
    struct ingest_done done;
    size_t count;
    assert_result(VYRE_TIMEOUT, ingest_poll(bench.ingest, 0, &done, 1, &count));
    ingest_abandon(bench.ingest, ticket);
    assert_result(VYRE_TIMEOUT, ingest_poll(bench.ingest, 0, &done, 1, &count));
    bench.fake.withhold = false;
    assert_result(VYRE_OK, ingest_poll(bench.ingest, 0, &done, 1, &count));
    assert_true(done.abandoned && done.tag == 0 && done.size > 0);
    assert_int_equal(bench.fake.submits, 1);
    // One that was never handed over ends without a request.
    assert_result(VYRE_OK, start(&bench, 0, 0, 1000, 1, &ticket));
    ingest_abandon(bench.ingest, ticket);
    assert_result(VYRE_OK, ingest_poll(bench.ingest, 0, &done, 1, &count));
    assert_true(done.abandoned && done.tag == 1 && done.size == 0);
    assert_int_equal(bench.fake.submits, 1);
    ingest_abandon(bench.ingest, ticket); // gone: nothing happens
    ingest_abandon(bench.ingest, 12345);
    teardown(&bench);
}

static void destroy_waits_for_answers(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .lazy = 250, .random = 5 } };
    setup(&bench, DEPTH);
    struct ingest_done done;
    size_t count;
    for (unsigned i = 0; i < 10; i++)
        assert_result(VYRE_OK, start(&bench, 0, 0, 1000, i, NULL));
    (void)ingest_poll(bench.ingest, 0, &done, 1, &count);
    teardown(&bench);
    assert_int_equal(bench.fake.count, 0);
}

// Kept reachable on purpose: what destroy abandons is not a leak of the test.
static struct ingest *abandoned[8];
static unsigned abandoned_count;

static void destroy_abandons_what_never_answers(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .withhold = true } };
    setup(&bench, DEPTH);
    assert_result(VYRE_OK, start(&bench, 0, 0, 1000, 0, NULL));
    struct ingest_done done;
    size_t count;
    assert_result(VYRE_TIMEOUT, ingest_poll(bench.ingest, 0, &done, 1, &count));
    abandoned[abandoned_count++] = bench.ingest;
    struct test_diags diags = { 0 };
    assert_false(ingest_destroy(&bench.ingest, 1000000, test_diag_sink(&diags)));
    assert_null(bench.ingest);
    assert_non_null(strstr(diags.text, "I004 1 reads did not end in time"));
    assert_int_equal(bench.fake.closed, 0);
    ingest_pool_unref(&bench.pool);
    // The late answer lands in memory that is still mapped.
    memset(bench.bytes, 1, 1000);
}

static void a_broken_backend_is_an_error_that_stays(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct bench bench = { 0 };
        bench.fake.break_submit = kind == 0 ? EBADR : 0;
        bench.fake.break_reap = kind == 1 ? EINVAL : 0;
        bench.fake.bad_tag = kind == 2 ? UINT64_C(1) << 40 : 0;
        setup(&bench, DEPTH);
        assert_result(VYRE_OK, start(&bench, 0, 0, 1000, 0, NULL));
        struct ingest_done done;
        size_t count;
        assert_result(VYRE_ERR_IO, ingest_poll(bench.ingest, 1000, &done, 1, &count));
        assert_result(VYRE_ERR_IO, ingest_poll(bench.ingest, 1000, &done, 1, &count));
        assert_result(VYRE_ERR_IO, start(&bench, 0, 0, 1000, 1, NULL));
        // Nobody knows whether the kernel still writes.
        abandoned[abandoned_count++] = bench.ingest;
        assert_false(ingest_destroy(&bench.ingest, 1000, NULL));
        ingest_pool_unref(&bench.pool);
    }
}

static void stale_answers_are_told_from_fresh_ones(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .withhold = true } };
    setup(&bench, 1);
    for (unsigned i = 0; i < 5; i++) {
        assert_result(VYRE_OK, start(&bench, 0, i, 10, i, NULL));
        struct ingest_done done;
        size_t count;
        assert_result(VYRE_TIMEOUT, ingest_poll(bench.ingest, 0, &done, 1, &count));
        // One op, five uses: the tags that the backend sees all differ.
        assert_int_equal(bench.fake.requests[0].tag, (uint64_t)(i + 1) << 32);
        bench.fake.withhold = false;
        assert_result(VYRE_OK, ingest_poll(bench.ingest, 0, &done, 1, &count));
        assert_int_equal(done.tag, i);
        bench.fake.withhold = true;
    }
    teardown(&bench);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    static const enum ingest_path paths[] = { INGEST_AUTO, INGEST_PREAD };
    for (unsigned p = 0; p < 2; p++) {
        uint64_t nth = 1;
        for (;; nth++) {
            struct ingest_pool *pool = NULL;
            struct ingest *ingest = NULL;
            (void)memory_fail_nth(nth);
            enum vyre_result result = ingest_pool_create(POOL, 4096, NULL, &pool);
            const struct ingest_params params = { .pool = pool, .path = paths[p] };
            if (result == VYRE_OK)
                result = ingest_create(&params, &ingest);
            (void)memory_fail_nth(0);
            if (result == VYRE_OK) {
                assert_true(ingest_destroy(&ingest, 1000000000, NULL));
                ingest_pool_unref(&pool);
                break;
            }
            assert_result(VYRE_ERR_NO_MEMORY, result);
            assert_null(ingest);
            ingest_pool_unref(&pool);
        }
        assert_true(nth >= 4);
    }
}

static void pools_are_aligned_and_zero(void **state)
{
    (void)state;
    for (uint64_t alignment = 1; alignment <= 4 << 20; alignment *= 2) {
        struct ingest_pool *pool;
        assert_result(VYRE_OK, ingest_pool_create(10000, alignment, NULL, &pool));
        uint64_t real = alignment < 4096 ? 4096 : alignment;
        assert_int_equal((uintptr_t)ingest_pool_bytes(pool) % real, 0);
        assert_int_equal(ingest_pool_size(pool) % real, 0);
        assert_true(ingest_pool_size(pool) >= 10000);
        for (unsigned i = 0; i < 10000; i++)
            assert_int_equal(ingest_pool_bytes(pool)[i], 0);
        memset(ingest_pool_bytes(pool), 1, ingest_pool_size(pool));
        ingest_pool_unref(&pool);
        assert_null(pool);
    }
    struct ingest_pool *pool;
    struct test_diags diags = { 0 };
    assert_result(VYRE_ERR_INVALID_ARGUMENT, ingest_pool_create(0, 1, NULL, &pool));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, ingest_pool_create(1, 3, NULL, &pool));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, ingest_pool_create(UINT64_MAX, 1, NULL, &pool));
    assert_result(VYRE_ERR_NO_MEMORY,
                  ingest_pool_create(UINT64_C(1) << 60, 1, test_diag_sink(&diags), &pool));
    assert_null(pool);
    assert_non_null(strstr(diags.text, "I002 cannot map 1152921504606846976 bytes"));
    ingest_pool_unref(&pool);
}

static void abandoned_pages_stay_mapped(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) { // given back before and after the other reference
        struct ingest_pool *pool;
        assert_result(VYRE_OK, ingest_pool_create(POOL, 1, NULL, &pool));
        struct ingest_pool *other = ingest_pool_ref(pool);
        uint8_t *bytes = ingest_pool_bytes(pool);
        size_t size = (size_t)ingest_pool_size(pool);
        if (first)
            ingest_pool_unref(&other);
        ingest_pool_abandon(&pool);
        ingest_pool_unref(&other);
        assert_null(pool);
        memset(bytes, 1, size);
        assert_int_equal(munmap(bytes, size), 0);
    }
    struct ingest_pool *none = NULL;
    ingest_pool_abandon(&none);
}

int main(void)
{
    for (unsigned i = 0; i < FILE_SIZE; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 23);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_right_whatever_the_order_of_answers),
        cmocka_unit_test(bytes_are_right_with_short_and_interrupted_answers),
        cmocka_unit_test(errors_keep_the_bytes_before_them),
        cmocka_unit_test(refused_batches_are_handed_over_again),
        cmocka_unit_test(reads_go_on_before_the_caller_comes_back),
        cmocka_unit_test(each_errno_of_a_descriptor_is_reported),
        cmocka_unit_test(endless_eagain_becomes_an_error),
        cmocka_unit_test(an_answer_larger_than_its_request_is_an_error),
        cmocka_unit_test(depth_bounds_what_is_in_flight),
        cmocka_unit_test(sizes_from_outside_are_checked),
        cmocka_unit_test(an_abandoned_read_still_ends),
        cmocka_unit_test(destroy_waits_for_answers),
        cmocka_unit_test(destroy_abandons_what_never_answers),
        cmocka_unit_test(a_broken_backend_is_an_error_that_stays),
        cmocka_unit_test(stale_answers_are_told_from_fresh_ones),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(pools_are_aligned_and_zero),
        cmocka_unit_test(abandoned_pages_stay_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
