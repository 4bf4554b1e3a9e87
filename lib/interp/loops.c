// SPDX-License-Identifier: MIT
// Passes through loops, as a driver counts them that runs invocations in step: it comes by a loop
// even where none of them does, once, with nothing to do. So the end of a loop takes the loops in
// it once more, and a branch the loops in the other one.
#include <stdlib.h>

#include "base/array.h"
#include "base/memory.h"
#include "run.h"

// An if or a loop with loops in it, at any depth.
struct interp_nest {
    const struct ir_node *node;
    uint32_t body;
    uint32_t otherwise;
};

struct nests {
    ARRAY(struct interp_nest);
    bool failed;
};

// Returns how many loops there are.
static uint32_t find_nests(struct nests *nests, const struct ir_body *body)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        const struct interp_nest nest = { node, find_nests(nests, &node->body),
                                          find_nests(nests, &node->otherwise) };
        const bool decides = node->kind == IR_NODE_IF || node->kind == IR_NODE_LOOP;
        if (decides && (nest.body || nest.otherwise) && !array_push(nests, nest))
            nests->failed = true;
        count += nest.body + nest.otherwise + (node->kind == IR_NODE_LOOP);
    }
    return count;
}

static int compare(const void *left, const void *right)
{
    const uintptr_t a = (uintptr_t)((const struct interp_nest *)left)->node;
    const uintptr_t b = (uintptr_t)((const struct interp_nest *)right)->node;
    return (a > b) - (a < b);
}

bool interp_watch_loops(struct interp_run *run)
{
    struct nests nests = { .failed = false };
    find_nests(&nests, &run->program->entry);
    if (nests.failed) {
        array_fini(&nests);
        run->result = VYRE_ERR_NO_MEMORY;
        return false;
    }
    if (nests.count > 1)
        qsort(nests.items, nests.count, sizeof *nests.items, compare);
    run->nests = nests.items;
    run->nest_count = nests.count;
    return true;
}

void interp_note_skipped(struct interp_run *run, const struct ir_node *node, bool taken)
{
    const struct interp_nest key = { .node = node };
    if (run->nest_count == 0)
        return;
    const struct interp_nest *nest =
        bsearch(&key, run->nests, run->nest_count, sizeof key, compare);
    if (nest)
        run->group_passes += taken ? nest->otherwise : nest->body;
}

void interp_note_passes(struct interp_run *run)
{
    struct vyre_run_facts *facts = &run->facts;
    if (run->group_passes > facts->workgroup_loop_passes)
        facts->workgroup_loop_passes = run->group_passes;
    for (uint32_t i = 0; i < run->invocation_count; i++)
        if (run->invocations[i].passes > facts->loop_passes)
            facts->loop_passes = run->invocations[i].passes;
}
