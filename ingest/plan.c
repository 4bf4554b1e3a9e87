// SPDX-License-Identifier: MIT
#include "ingest/plan.h"

#include "base/size.h"

#include <errno.h>

bool ingest_plan_init(struct ingest_plan *plan, uint64_t offset, uint64_t size)
{
    if (offset > INGEST_OFFSET_LIMIT || size > INGEST_OFFSET_LIMIT - offset)
        return false;
    *plan = (struct ingest_plan){ .offset = offset, .size = size };
    return true;
}

bool ingest_plan_finished(const struct ingest_plan *plan)
{
    return plan->stopped || plan->ended || plan->error != 0 || plan->done == plan->size;
}

bool ingest_plan_next(const struct ingest_plan *plan, uint32_t limit, struct ingest_piece *piece)
{
    if (ingest_plan_finished(plan) || limit == 0)
        return false;
    piece->offset = plan->offset + plan->done;
    piece->at = plan->done;
    piece->size = (uint32_t)u64_min(plan->size - plan->done, limit);
    return true;
}

void ingest_plan_answer(struct ingest_plan *plan, uint32_t asked, int64_t answer)
{
    if (answer > asked) {
        plan->error = EOVERFLOW;
    } else if (answer > 0) {
        plan->done += (uint64_t)answer;
        plan->stalls = 0;
        if (answer < asked)
            plan->shorts++;
    } else if (answer == 0) {
        plan->ended = true;
    } else if (answer == -EINTR || answer == -EAGAIN) {
        if (++plan->stalls >= INGEST_STALL_LIMIT)
            plan->error = (int)-answer;
    } else {
        // An errno is small; anything else is not an answer that the kernel can give.
        plan->error = answer >= -4095 ? (int)-answer : EIO;
    }
}

void ingest_plan_stop(struct ingest_plan *plan)
{
    plan->stopped = true;
}
