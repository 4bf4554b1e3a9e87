// SPDX-License-Identifier: MIT
// The chunker over scripted reads: sizes that lie, answers in any order, callers that hold memory.
// A file is a memfd, whose size is what fstat says, and the fake backend's bytes, which are what
// reads say.
#include "test.h"

#include "fake_backend.h"

#include "chunker.h"

#include "base/memory.h"
#include "ingest/ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CONTENT = 1 << 18, FILES = 24, UNIT = STREAM_UNIT };

static uint8_t content[CONTENT];
static int memfds[FILES];

struct bench {
    struct ingest_pool *pool;
    struct ingest *ingest;
    struct fake_backend fake;
    struct chunker chunker;
};

static void setup(struct bench *bench, uint64_t pool, uint64_t chunk, uint64_t overlap,
                  unsigned depth)
{
    assert_result(VYRE_OK, ingest_pool_create(pool, 1, NULL, &bench->pool));
    memset(ingest_pool_bytes(bench->pool), 0xee, pool);
    const struct ingest_backend backend = fake_open(&bench->fake, bench->pool);
    const struct ingest_params params = {
        .pool = bench->pool,
        .depth = depth,
        .backend = &backend,
    };
    assert_result(VYRE_OK, ingest_create(&params, &bench->ingest));
    const struct chunker_params chunks = {
        .bytes = ingest_pool_bytes(bench->pool),
        .size = pool,
        .chunk_size = chunk,
        .overlap = overlap,
        .ingest = bench->ingest,
    };
    assert_result(VYRE_OK, stream_chunker_init(&bench->chunker, &chunks));
}

static void teardown(struct bench *bench)
{
    assert_true(ingest_destroy(&bench->ingest, 1000000000, NULL));
    stream_chunker_fini(&bench->chunker);
    ingest_pool_unref(&bench->pool);
}

// File `which` says it has `told` bytes and has `real`.
static int make_file(struct bench *bench, unsigned which, uint64_t told, uint64_t real)
{
    int fd = memfds[which];
    assert_int_equal(ftruncate(fd, (off_t)told), 0);
    assert_true(fd < FAKE_FILES && real <= CONTENT);
    bench->fake.files[fd] = (struct fake_file){ content, real, 0 };
    return fd;
}

// Checks one chunk against the content, and keeps count of how far its input is covered.
static void check_chunk(const struct bench *bench, const struct stream_chunk *chunk,
                        uint64_t *covered)
{
    const struct chunker_params *params = &bench->chunker.params;
    const uint8_t *bytes = params->bytes + chunk->offset;
    assert_int_equal(chunk->offset % 256, 0);
    assert_true(chunk->offset + chunk->size <= params->size);
    assert_true(chunk->size <= params->chunk_size);
    assert_true(chunk->overlap <= chunk->size && chunk->overlap <= params->overlap);
    assert_int_equal(chunk->overlap == 0,
                     chunk->file_offset == 0 || params->overlap == 0 || chunk->size == 0);
    assert_true(chunk->last || chunk->size == params->chunk_size);
    assert_true(chunk->last || chunk->error == 0);
    if (chunk->size) {
        assert_memory_equal(bytes, content + chunk->file_offset, chunk->size);
        assert_int_equal(chunk->file_offset ? chunk->file_offset + params->overlap : 0, *covered);
    }
    for (uint64_t i = chunk->size; i % 4 != 0; i++)
        assert_int_equal(bytes[i], 0);
    if (chunk->size > chunk->overlap)
        *covered = chunk->file_offset + chunk->size;
}

// Everything was given back. Abandoned reads end while others are waited for.
static void check_empty(struct bench *bench)
{
    struct ingest_stats stats;
    ingest_get_stats(bench->ingest, &stats);
    bench->fake.eio = 0;
    for (unsigned i = 0; i < 100 && stats.inflight > 0; i++) {
        int fd = make_file(bench, 0, 1, 1);
        struct stream_chunk chunk;
        enum vyre_result result;
        assert_result(VYRE_OK, stream_chunker_feed_fd(&bench->chunker, fd, 77));
        while ((result = stream_chunker_next(&bench->chunker, 1000000, &chunk)) == VYRE_TIMEOUT)
            ;
        assert_result(VYRE_OK, result);
        stream_chunker_release(&bench->chunker, &chunk);
        ingest_get_stats(bench->ingest, &stats);
    }
    assert_int_equal(stats.inflight, 0);
    assert_int_equal(bench->chunker.units.used, 0);
    assert_false(bench->chunker.reserve_taken);
    assert_int_equal(bench->chunker.free_count, bench->chunker.record_count);
    assert_int_equal(bench->chunker.held, 0);
}

static void edges_are_right_for_every_size_around_a_chunk(void **state)
{
    (void)state;
    static const uint64_t chunks[] = { UNIT, 3 * UNIT };
    static const uint64_t overlaps[] = { 0, 1, 33, 2047 };
    for (unsigned c = 0; c < 2; c++)
        for (unsigned o = 0; o < 4; o++) {
            struct bench bench = { .fake = { .random = 1 + c + o, .shorten = 60 } };
            setup(&bench, 8 * chunks[c], chunks[c], overlaps[o], 32);
            uint64_t step = chunks[c] - overlaps[o];
            for (uint64_t around = 0; around <= 4; around++)
                for (int64_t delta = -3; delta <= (int64_t)overlaps[o] % 40 + 3; delta++) {
                    int64_t size = (int64_t)(around * step) + delta;
                    if (size < 0)
                        continue;
                    for (int kind = 0; kind < 2; kind++) {
                        if (kind == 0)
                            assert_result(VYRE_OK, stream_chunker_feed_fd(
                                                       &bench.chunker,
                                                       make_file(&bench, 0, size, size), size));
                        else
                            assert_result(VYRE_OK, stream_chunker_feed_memory(&bench.chunker,
                                                                              content, size, size));
                        uint64_t covered = 0;
                        unsigned count = 0;
                        struct stream_chunk chunk = { 0 };
                        while (!chunk.last) {
                            assert_result(VYRE_OK,
                                          stream_chunker_next(&bench.chunker, 1000000000, &chunk));
                            assert_int_equal(chunk.input, size);
                            assert_int_equal(chunk.file_offset, count * step);
                            check_chunk(&bench, &chunk, &covered);
                            stream_chunker_release(&bench.chunker, &chunk);
                            count++;
                        }
                        assert_int_equal(covered, size);
                        assert_int_equal(chunk.error, 0);
                        // Memory's size is known, so its last chunk always has something new.
                        if (kind == 1 && count > 1)
                            assert_true(chunk.size > chunk.overlap);
                        assert_result(VYRE_DONE, stream_chunker_next(&bench.chunker, 0, &chunk));
                    }
                }
            check_empty(&bench);
            teardown(&bench);
        }
}

// ---- Anything at all, with fixed seeds --------------------------------------------------------

struct fed {
    uint64_t size; // real
    uint64_t covered;
    int error;
    bool ended;
};

static uint64_t draw_size(struct fake_backend *fake)
{
    switch (fake_random(fake) % 4) {
    case 0: return 0;
    case 1: return fake_random(fake) % 300;
    case 2: return fake_random(fake) % (4 * UNIT);
    default: return fake_random(fake) % CONTENT;
    }
}

static void feed_one(struct bench *bench, struct fed *fed, uint64_t input)
{
    struct fake_backend *fake = &bench->fake;
    *fed = (struct fed){ .size = draw_size(fake) };
    if (fake_random(fake) % 4 == 0) {
        assert_result(VYRE_OK,
                      stream_chunker_feed_memory(&bench->chunker, content, fed->size, input));
        return;
    }
    uint64_t told = fake_random(fake) % 2 ? fed->size : draw_size(fake);
    int fd = make_file(bench, (unsigned)(input % FILES), told, fed->size);
    if (fake_random(fake) % 16 == 0)
        bench->fake.files[fd].error = fed->error = EISDIR;
    assert_result(VYRE_OK, stream_chunker_feed_fd(&bench->chunker, fd, input));
}

static void play(struct bench *bench, uint64_t inputs, bool eio)
{
    struct fed fed[FILES];
    struct stream_chunk held[64];
    unsigned held_count = 0;
    uint64_t next_fed = 0;
    uint64_t next_ended = 0;
    unsigned fulls = 0;
    while (next_ended < inputs) {
        // Up to FILES - 1 at once: a descriptor is used again when its input was returned.
        while (next_fed < inputs && next_fed - next_ended < FILES - 1) {
            feed_one(bench, &fed[next_fed % FILES], next_fed);
            next_fed++;
        }
        struct stream_chunk chunk;
        enum vyre_result result = stream_chunker_next(
            &bench->chunker, fake_random(&bench->fake) % 2 ? 0 : 1000000, &chunk);
        if (result == VYRE_FULL || held_count == 64 ||
            (held_count > 0 && fake_random(&bench->fake) % 3 == 0)) {
            // Full is only said to somebody who can do something about it.
            assert_true(held_count > 0);
            fulls += result == VYRE_FULL;
            unsigned pick = fake_random(&bench->fake) % held_count;
            uint64_t again = 0;
            struct stream_chunk back = held[pick];
            // What was held did not change meanwhile.
            again = back.file_offset ? back.file_offset + bench->chunker.params.overlap : 0;
            check_chunk(bench, &back, &again);
            stream_chunker_release(&bench->chunker, &back);
            held[pick] = held[--held_count];
        }
        if (result != VYRE_OK) {
            assert_true(result == VYRE_TIMEOUT || result == VYRE_FULL);
            continue;
        }
        struct fed *of = &fed[chunk.input % FILES];
        assert_int_equal(chunk.input, next_ended);
        check_chunk(bench, &chunk, &of->covered);
        held[held_count++] = chunk;
        if (!chunk.last)
            continue;
        if (eio && chunk.error == EIO)
            assert_true(of->covered <= of->size);
        else if (of->error)
            assert_true(chunk.error == of->error && chunk.size == 0);
        else
            assert_true(chunk.error == 0 && of->covered == of->size);
        next_ended++;
    }
    while (held_count > 0)
        stream_chunker_release(&bench->chunker, &held[--held_count]);
    assert_true(fulls > 0);
}

static void whatever_happens_the_bytes_come_in_order(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct bench bench = {
            .fake = { .random = seed * 7919,
                      .shorten = seed % 3 ? 30 : 0,
                      .eintr = seed % 4 ? 0 : 30,
                      .lazy = seed % 2 ? 100 : 0,
                      .eio = seed % 5 ? 0 : 5 },
        };
        uint64_t chunk = (1 + seed % 5) * UNIT;
        uint64_t overlap = seed % 7 * 100;
        // From the smallest pool that is allowed, and from few reads at once.
        setup(&bench, chunk * (2 + seed % 9), chunk, overlap, 1 + seed % 33);
        play(&bench, 300, bench.fake.eio > 0);
        check_empty(&bench);
        teardown(&bench);
    }
}

// ---- Single promises --------------------------------------------------------------------------

static void small_files_share_batches_and_memory(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    struct bench bench = { .fake = { .in_order = true } };
    setup(&bench, 64 * 16 * UNIT, 16 * UNIT, 100, 128);
    uint64_t fed = 0;
    uint64_t got = 0;
    while (got < COUNT) {
        while (fed < COUNT && fed - got < FILES - 1) {
            uint64_t size = fed % 4000;
            int fd = make_file(&bench, (unsigned)(fed % FILES), size, size);
            assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, fd, fed++));
        }
        struct stream_chunk chunk;
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &chunk));
        uint64_t covered = 0;
        check_chunk(&bench, &chunk, &covered);
        assert_true(chunk.last && chunk.input == got && chunk.size == got % 4000);
        // A small file holds one unit, not a chunk.
        assert_true(bench.chunker.units.used <= FILES);
        stream_chunker_release(&bench.chunker, &chunk);
        got++;
    }
    struct ingest_stats stats;
    ingest_get_stats(bench.ingest, &stats);
    assert_true(stats.reads <= 2 * COUNT);
    assert_true(stats.batches * 4 < COUNT);
    check_empty(&bench);
    teardown(&bench);
}

static void a_caller_that_holds_everything_is_told_so(void **state)
{
    (void)state;
    struct bench bench = { 0 };
    setup(&bench, 4 * UNIT, UNIT, 10, 8);
    int fd = make_file(&bench, 0, 100000, 100000);
    assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, fd, 5));
    struct stream_chunk held[4];
    struct stream_chunk chunk;
    for (unsigned i = 0; i < 4; i++)
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &held[i]));
    for (unsigned i = 0; i < 3; i++) {
        assert_result(VYRE_FULL, stream_chunker_next(&bench.chunker, 1000000000, &chunk));
        uint64_t covered = i + held[3].file_offset + UNIT;
        stream_chunker_release(&bench.chunker, &held[i]);
        stream_chunker_release(&bench.chunker, &held[i]); // twice is once
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &held[i]));
        assert_int_equal(held[i].file_offset + 10, covered - i + i * (UNIT - 10));
    }
    teardown(&bench);
}

static void inputs_are_bounded(void **state)
{
    (void)state;
    struct bench bench = { 0 };
    setup(&bench, 4 * UNIT, UNIT, 10, 8);
    for (unsigned i = 0; i < STREAM_INPUTS_MAX; i++)
        assert_result(VYRE_OK, stream_chunker_feed_memory(&bench.chunker, "x", 1, i));
    assert_result(VYRE_FULL, stream_chunker_feed_memory(&bench.chunker, "x", 1, 0));
    assert_result(VYRE_FULL, stream_chunker_feed_fd(&bench.chunker, 0, 0));
    struct stream_chunk chunk;
    for (unsigned i = 0; i < STREAM_INPUTS_MAX; i++) {
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 0, &chunk));
        assert_int_equal(chunk.input, i);
        stream_chunker_release(&bench.chunker, &chunk);
    }
    assert_result(VYRE_DONE, stream_chunker_next(&bench.chunker, 0, &chunk));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, stream_chunker_feed_fd(&bench.chunker, -1, 0));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  stream_chunker_feed_memory(&bench.chunker, NULL, 1, 0));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  stream_chunker_next(&bench.chunker, UINT64_MAX, &chunk));
    check_empty(&bench);
    teardown(&bench);
}

// The file had five chunks when it was opened. With five reads in flight it is cut to exactly two
// chunks; with two, it is cut into what the second chunk already had.
static void a_file_that_shrank_ends_where_a_read_found_its_end(void **state)
{
    (void)state;
    enum { STEP = UNIT - 10 };
    for (unsigned depth = 2; depth <= 8; depth += 6) {
        struct bench bench = { .fake = { .withhold = depth == 8 } };
        setup(&bench, 16 * UNIT, UNIT, 10, depth);
        int fd = make_file(&bench, 0, 5 * STEP - 50, 5 * STEP - 50);
        struct stream_chunk chunk;
        uint64_t covered = 0;
        assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, fd, 1));
        assert_result(VYRE_OK, stream_chunker_feed_memory(&bench.chunker, content, 5, 2));
        if (depth == 8) {
            assert_result(VYRE_TIMEOUT, stream_chunker_next(&bench.chunker, 0, &chunk));
            assert_int_equal(bench.fake.count, 5);
            bench.fake.files[fd].size = 2 * STEP + 10;
            bench.fake.withhold = false;
        }
        for (unsigned i = 0; i < 3; i++) {
            if (depth == 2 && i == 2)
                bench.fake.files[fd].size = 2 * STEP + 7;
            assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &chunk));
            check_chunk(&bench, &chunk, &covered);
            assert_int_equal(chunk.input, 1);
            assert_int_equal(chunk.last, i == 2);
            stream_chunker_release(&bench.chunker, &chunk);
        }
        assert_int_equal(chunk.size, depth == 8 ? 10 : 7);
        assert_int_equal(chunk.overlap, chunk.size);
        assert_int_equal(covered, STEP + UNIT);
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &chunk));
        assert_true(chunk.input == 2 && chunk.last && chunk.size == 5);
        stream_chunker_release(&bench.chunker, &chunk);
        check_empty(&bench);
        teardown(&bench);
    }
}

// Later inputs have taken the pool when the first turns out to be longer than it said.
static void a_file_that_grew_does_not_starve_behind_those_that_ran_ahead(void **state)
{
    (void)state;
    struct bench bench = { 0 };
    setup(&bench, 8 * UNIT, 2 * UNIT, 10, 64);
    assert_result(VYRE_OK,
                  stream_chunker_feed_fd(&bench.chunker, make_file(&bench, 0, 1, CONTENT), 0));
    for (unsigned i = 1; i < FILES; i++)
        assert_result(VYRE_OK,
                      stream_chunker_feed_fd(&bench.chunker, make_file(&bench, i, 10, 10), i));
    uint64_t covered = 0;
    for (uint64_t input = 0; input < FILES;) {
        struct stream_chunk chunk;
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &chunk));
        assert_int_equal(chunk.input, input);
        check_chunk(&bench, &chunk, &covered);
        stream_chunker_release(&bench.chunker, &chunk);
        if (!chunk.last)
            continue;
        assert_int_equal(covered, input == 0 ? CONTENT : 10);
        covered = 0;
        input++;
    }
    check_empty(&bench);
    teardown(&bench);
}

// The same with records instead of memory: more chunks wait behind the front than there are.
static void records_do_not_run_out_for_the_front(void **state)
{
    (void)state;
    struct bench bench = { 0 };
    setup(&bench, (uint64_t)(CHUNKER_RECORDS_MAX + 2000) * UNIT, UNIT, 10, 64);
    assert_result(VYRE_OK,
                  stream_chunker_feed_fd(&bench.chunker, make_file(&bench, 0, 1, CONTENT), 0));
    for (unsigned i = 1; i < STREAM_INPUTS_MAX; i++)
        assert_result(VYRE_OK, stream_chunker_feed_memory(&bench.chunker, content, CONTENT, i));
    uint64_t covered = 0;
    for (uint64_t input = 0; input < STREAM_INPUTS_MAX;) {
        struct stream_chunk chunk;
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &chunk));
        assert_int_equal(chunk.input, input);
        check_chunk(&bench, &chunk, &covered);
        stream_chunker_release(&bench.chunker, &chunk);
        if (!chunk.last)
            continue;
        assert_int_equal(covered, CONTENT);
        covered = 0;
        input++;
    }
    check_empty(&bench);
    teardown(&bench);
}

// What lies behind an error is not read to its end.
static void reads_behind_an_error_stop(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .limit = 100, .fail_below = 1, .in_order = true } };
    setup(&bench, 16 * UNIT, UNIT, 10, 8);
    int fd = make_file(&bench, 1, 8 * UNIT, 8 * UNIT);
    assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, fd, 0));
    struct stream_chunk chunk;
    assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &chunk));
    assert_true(chunk.last && chunk.error == EIO && chunk.size == 0);
    stream_chunker_release(&bench.chunker, &chunk);
    bench.fake.fail_below = 0;
    check_empty(&bench);
    struct ingest_stats stats;
    ingest_get_stats(bench.ingest, &stats);
    assert_true(stats.reads < 8 * 4);
    teardown(&bench);
}

static void an_error_ends_its_input_and_no_other(void **state)
{
    (void)state;
    struct bench bench = { 0 };
    setup(&bench, 8 * UNIT, UNIT, 10, 8);
    int bad = make_file(&bench, 0, 30000, 30000);
    bench.fake.files[bad].error = EIO;
    int good = make_file(&bench, 1, 500, 500);
    assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, bad, 0));
    assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, good, 1));
    assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, 300, 2)); // fstat fails
    bench.fake.files[300].error = EBADF;
    static const int errors[] = { EIO, 0, EBADF };
    for (unsigned i = 0; i < 3; i++) {
        struct stream_chunk chunk;
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 1000000000, &chunk));
        assert_int_equal(chunk.input, i);
        assert_int_equal(chunk.error, errors[i]);
        assert_int_equal(chunk.size, i == 1 ? 500 : 0);
        assert_true(chunk.last);
        stream_chunker_release(&bench.chunker, &chunk);
    }
    check_empty(&bench);
    teardown(&bench);
}

static void nothing_ready_is_a_timeout_and_a_broken_backend_an_error(void **state)
{
    (void)state;
    struct bench bench = { .fake = { .withhold = true } };
    setup(&bench, 8 * UNIT, UNIT, 10, 8);
    struct stream_chunk chunk;
    assert_result(VYRE_DONE, stream_chunker_next(&bench.chunker, 0, &chunk));
    assert_result(VYRE_OK, stream_chunker_feed_memory(&bench.chunker, "x", 1, 0));
    assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, make_file(&bench, 0, 50, 50), 1));
    assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, 0, &chunk));
    assert_result(VYRE_TIMEOUT, stream_chunker_next(&bench.chunker, 0, &chunk));
    assert_result(VYRE_TIMEOUT, stream_chunker_next(&bench.chunker, 100000, &chunk));
    bench.fake.break_reap = EBADF;
    assert_result(VYRE_ERR_IO, stream_chunker_next(&bench.chunker, 100000, &chunk));
    assert_result(VYRE_ERR_IO, stream_chunker_next(&bench.chunker, 100000, &chunk));
    static struct ingest *abandoned; // kept reachable: destroy gives up on it on purpose
    abandoned = bench.ingest;
    assert_false(ingest_destroy(&bench.ingest, 1000, NULL));
    assert_non_null(abandoned);
    stream_chunker_fini(&bench.chunker);
    ingest_pool_unref(&bench.pool);
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct chunker_params bad[] = {
        { NULL, 0, UNIT, 0, NULL },
        { NULL, 8 * UNIT, 0, 0, NULL },
        { NULL, 8 * UNIT, UNIT - 1, 0, NULL },
        { NULL, 8 * UNIT, UNIT + 4, 0, NULL },
        { NULL, 8 * UNIT, UNIT, UNIT / 2, NULL },
        { NULL, 2 * UNIT - 1, UNIT, 0, NULL },
        { NULL, UINT64_MAX, UNIT, 0, NULL },
        { NULL, 8 * UNIT, UINT64_MAX - UNIT + 1, 0, NULL },
        { NULL, 8 * UNIT, UNIT, UINT64_MAX, NULL },
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct chunker chunker;
        assert_result(VYRE_ERR_INVALID_ARGUMENT, stream_chunker_init(&chunker, &bad[i]));
    }
    const struct chunker_params good = { .size = 2 * UNIT, .chunk_size = UNIT };
    for (uint64_t nth = 1; nth <= 2; nth++) {
        struct chunker chunker;
        (void)memory_fail_nth(nth);
        assert_result(VYRE_ERR_NO_MEMORY, stream_chunker_init(&chunker, &good));
    }
    struct chunker chunker;
    (void)memory_fail_nth(3);
    assert_result(VYRE_OK, stream_chunker_init(&chunker, &good));
    (void)memory_fail_nth(0);
    stream_chunker_fini(&chunker);
}

int main(void)
{
    for (unsigned i = 0; i < CONTENT; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 21);
    for (unsigned i = 0; i < FILES; i++)
        if ((memfds[i] = memfd_create("vyre-test", MFD_CLOEXEC)) < 0)
            return 99;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_right_for_every_size_around_a_chunk),
        cmocka_unit_test(whatever_happens_the_bytes_come_in_order),
        cmocka_unit_test(small_files_share_batches_and_memory),
        cmocka_unit_test(a_caller_that_holds_everything_is_told_so),
        cmocka_unit_test(inputs_are_bounded),
        cmocka_unit_test(a_file_that_shrank_ends_where_a_read_found_its_end),
        cmocka_unit_test(a_file_that_grew_does_not_starve_behind_those_that_ran_ahead),
        cmocka_unit_test(records_do_not_run_out_for_the_front),
        cmocka_unit_test(reads_behind_an_error_stop),
        cmocka_unit_test(an_error_ends_its_input_and_no_other),
        cmocka_unit_test(nothing_ready_is_a_timeout_and_a_broken_backend_an_error),
        cmocka_unit_test(sizes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
