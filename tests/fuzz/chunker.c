// SPDX-License-Identifier: MIT
// The chunker against any inputs, answers and callers: every input comes back whole, in order, the
// pool is never said to be full to somebody who holds nothing, and all memory comes back.
#include "fuzz.h"

#include "fake_backend.h"

#include "chunker.h"

#include "ingest/ingest.h"

enum { CONTENT = 1 << 16, INPUTS = 12, HELD = 8, FIRST_FD = 400 };

static uint8_t content[CONTENT];

struct run {
    struct fuzz_input input;
    struct chunker chunker;
    struct fake_backend fake;
    uint64_t sizes[INPUTS];
    uint64_t covered;
    uint32_t fed;
    uint32_t ended;
    struct stream_chunk held[HELD];
    uint32_t held_count;
};

// Descriptors from FIRST_FD on are not open, so fstat says nothing; the hint is set behind the
// chunker's back, which is what a size that lies amounts to.
static void feed(struct run *run)
{
    uint32_t number = run->fed;
    uint64_t size = fuzz_word(&run->input) % CONTENT >> fuzz_byte(&run->input) % 16;
    run->sizes[number] = size;
    if (fuzz_byte(&run->input) % 4 == 0) {
        FUZZ_CHECK(stream_chunker_feed_memory(&run->chunker, content, size, number) == VYRE_OK);
    } else {
        int fd = FIRST_FD + (int)number;
        run->fake.files[fd] = (struct fake_file){ content, size, 0 };
        FUZZ_CHECK(stream_chunker_feed_fd(&run->chunker, fd, number) == VYRE_OK);
        uint32_t place =
            (run->chunker.input_first + run->chunker.input_count - 1) % STREAM_INPUTS_MAX;
        uint64_t lie = fuzz_word(&run->input) % CONTENT;
        run->chunker.inputs[place].hint = fuzz_byte(&run->input) % 2 ? size : lie;
    }
    run->fed++;
}

static void release(struct run *run)
{
    uint32_t pick = fuzz_byte(&run->input) % run->held_count;
    stream_chunker_release(&run->chunker, &run->held[pick]);
    run->held[pick] = run->held[--run->held_count];
}

static void take(struct run *run, const struct stream_chunk *chunk)
{
    const uint8_t *bytes = run->chunker.params.bytes + chunk->offset;
    FUZZ_CHECK(chunk->input == run->ended && chunk->error == 0);
    FUZZ_CHECK(chunk->size <= run->chunker.params.chunk_size && chunk->overlap <= chunk->size);
    FUZZ_CHECK(chunk->size == 0 || memcmp(bytes, content + chunk->file_offset, chunk->size) == 0);
    FUZZ_CHECK(chunk->size == 0 || chunk->file_offset + chunk->overlap == run->covered);
    run->covered += chunk->size - chunk->overlap;
    run->held[run->held_count++] = *chunk;
    if (!chunk->last)
        return;
    FUZZ_CHECK(run->covered == run->sizes[run->ended]);
    run->covered = 0;
    run->ended++;
}

static void play(struct run *run)
{
    while (run->ended < INPUTS) {
        while (run->fed < INPUTS && (run->fed == run->ended || fuzz_byte(&run->input) % 2))
            feed(run);
        struct stream_chunk chunk;
        enum vyre_result result = stream_chunker_next(&run->chunker, 0, &chunk);
        FUZZ_CHECK(result == VYRE_OK || result == VYRE_FULL || result == VYRE_TIMEOUT);
        FUZZ_CHECK(result != VYRE_FULL || run->held_count > 0);
        if (result == VYRE_OK)
            take(run, &chunk);
        if (result == VYRE_FULL || run->held_count == HELD ||
            (run->held_count > 0 && fuzz_byte(&run->input) % 2))
            release(run);
    }
    while (run->held_count > 0)
        release(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run;
    static bool filled;
    for (uint32_t i = 0; !filled && i < CONTENT; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 21);
    filled = true;
    run = (struct run){ .input = { data, size, 0 } };
    struct fuzz_input *input = &run.input;
    uint64_t chunk = (1 + fuzz_byte(input) % 4) * (uint64_t)STREAM_UNIT;
    uint64_t pool_size = chunk * (2 + fuzz_byte(input) % 6);
    uint64_t overlap = fuzz_word(input) % (chunk / 2);
    struct ingest_pool *pool;
    struct ingest *ingest;
    if (ingest_pool_create(pool_size, 1, NULL, &pool) != VYRE_OK)
        return 0;
    // Chances stay below one half, so that reads come to an end.
    run.fake.eintr = fuzz_byte(input) % 64;
    run.fake.shorten = fuzz_byte(input) % 128;
    run.fake.lazy = fuzz_byte(input) % 128;
    run.fake.batch = fuzz_byte(input) % 8;
    run.fake.refuse = fuzz_byte(input) % 8;
    run.fake.limit = fuzz_byte(input) % 2 ? 1000 : 0;
    run.fake.random = fuzz_word(input);
    const struct ingest_backend backend = fake_open(&run.fake, pool);
    const struct ingest_params params = {
        .pool = pool,
        .depth = 1 + fuzz_byte(input) % 16,
        .backend = &backend,
    };
    FUZZ_CHECK(ingest_create(&params, &ingest) == VYRE_OK);
    const struct chunker_params chunks = {
        .bytes = ingest_pool_bytes(pool),
        .size = pool_size,
        .chunk_size = chunk,
        .overlap = overlap,
        .ingest = ingest,
    };
    FUZZ_CHECK(stream_chunker_init(&run.chunker, &chunks) == VYRE_OK);
    play(&run);
    FUZZ_CHECK(run.chunker.held == 0);
    FUZZ_CHECK(ingest_destroy(&ingest, 10000000000, NULL));
    stream_chunker_fini(&run.chunker);
    ingest_pool_unref(&pool);
    return 0;
}
