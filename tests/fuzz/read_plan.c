// SPDX-License-Identifier: MIT
// The read plan against any answers: it never asks outside its range, never leaves a hole, and
// ends.
#include "fuzz.h"

#include "ingest/plan.h"

#include <errno.h>

static int64_t draw_answer(struct fuzz_input *input, uint32_t asked)
{
    switch (fuzz_byte(input) % 8) {
    case 0: return 0;
    case 1: return -EINTR;
    case 2: return -EAGAIN;
    case 3: return -(int64_t)fuzz_word(input);
    case 4: return (int64_t)asked + fuzz_byte(input);
    case 5: return INT64_MIN + fuzz_byte(input);
    default: return fuzz_word(input) % ((uint64_t)asked + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size, 0 };
    uint64_t offset = (uint64_t)fuzz_word(&input) << fuzz_byte(&input) % 48;
    uint64_t length = (uint64_t)fuzz_word(&input) << fuzz_byte(&input) % 48;
    uint32_t limit = fuzz_word(&input) << fuzz_byte(&input) % 16;
    struct ingest_plan plan;
    if (!ingest_plan_init(&plan, offset, length)) {
        FUZZ_CHECK(offset > INT64_MAX || length > INT64_MAX || offset + length > INT64_MAX);
        return 0;
    }
    uint64_t arrived = 0;
    uint32_t stalls = 0;
    struct ingest_piece piece;
    while (ingest_plan_next(&plan, limit, &piece)) {
        FUZZ_CHECK(!ingest_plan_finished(&plan));
        FUZZ_CHECK(piece.size >= 1 && piece.size <= limit);
        FUZZ_CHECK(piece.at == arrived && piece.offset == offset + arrived);
        FUZZ_CHECK(piece.size <= length - arrived);
        if (input.next == input.size && fuzz_byte(&input) == 0 && arrived % 2)
            ingest_plan_stop(&plan);
        int64_t answer = draw_answer(&input, piece.size);
        ingest_plan_answer(&plan, piece.size, answer);
        if (answer > 0 && answer <= piece.size)
            arrived += (uint64_t)answer;
        stalls = answer == -EINTR || answer == -EAGAIN ? stalls + 1 : 0;
        FUZZ_CHECK(stalls <= INGEST_STALL_LIMIT);
        FUZZ_CHECK(plan.done == arrived && plan.done <= length);
        FUZZ_CHECK(plan.error >= 0 && plan.error <= 4095);
        FUZZ_CHECK(!plan.ended || answer == 0);
    }
    FUZZ_CHECK(ingest_plan_finished(&plan) || limit == 0);
    return 0;
}
