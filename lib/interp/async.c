// SPDX-License-Identifier: MIT
// Asynchronous copies (spec: semantics.md, 7.7). The source is read when the copy starts and the
// destination is written when it is waited for; nobody can see it in between.
#include <string.h>

#include "base/memory.h"
#include "run.h"

struct interp_transfer {
    const struct ir_node *node; // that started it
    struct interp_transfer *next;
    struct interp_buffer *destination;
    uint64_t start; // in the destination
    uint64_t size;
    uint8_t bytes[];
};

static struct interp_transfer **find(struct interp_invocation *invocation, ir_name tag)
{
    struct interp_transfer **at = &invocation->transfers;
    while (*at && (*at)->node->tag != tag)
        at = &(*at)->next;
    return at;
}

static void drop(struct interp_run *run, struct interp_transfer **at)
{
    struct interp_transfer *transfer = *at;
    *at = transfer->next;
    run->memory_left += sizeof *transfer + transfer->size;
    memory_free(transfer);
}

void interp_drop_transfers(struct interp_run *run, struct interp_invocation *invocation)
{
    while (invocation->transfers)
        drop(run, &invocation->transfers);
}

static bool eval_bytes(struct interp_run *run, const struct ir_expr *expr, uint64_t *out)
{
    struct interp_value value;
    if (!interp_eval(run, expr, &value))
        return false;
    return interp_as_u64(&value, out) ||
           interp_fail(run, DIAG_X025, "this %s is not a number of bytes",
                       interp_kind_name(value.kind));
}

static uint64_t clip(uint64_t size, uint64_t room)
{
    return size < room ? size : room;
}

// What lies beyond the end of the destination would be dropped anyway, so it is not kept, and a
// copy never takes more memory than its destination.
static bool start(struct interp_run *run, const struct ir_node *node, struct interp_buffer *source,
                  uint64_t from, struct interp_buffer *destination, uint64_t to, uint64_t size)
{
    size = to < destination->size ? clip(size, destination->size - to) : 0;
    struct interp_transfer *transfer;
    if (!interp_charge(run, 1 + size / INTERP_BYTES_PER_STEP) ||
        !interp_take_memory(run, sizeof *transfer + size))
        return false;
    transfer = memory_calloc(1, sizeof *transfer + (size_t)size);
    if (!transfer) {
        run->result = VYRE_ERR_NO_MEMORY;
        return false;
    }
    run->group_passes += size / sizeof(uint32_t) + 3; // devices copy by words, in a loop
    transfer->node = node;
    transfer->destination = destination;
    transfer->start = to;
    transfer->size = size;
    if (from < source->size) {
        const uint64_t copied = clip(size, source->size - from);
        interp_note(run, source, INTERP_LOAD, from, copied, false);
        memcpy(transfer->bytes, source->bytes + from, (size_t)copied);
    }
    transfer->next = run->current->transfers;
    run->current->transfers = transfer;
    return true;
}

const struct ir_node *interp_oldest_transfer(const struct interp_invocation *invocation)
{
    const struct interp_transfer *transfer = invocation->transfers;
    while (transfer && transfer->next)
        transfer = transfer->next;
    return transfer ? transfer->node : NULL;
}

bool interp_async_start(struct interp_run *run, const struct ir_node *node)
{
    uint64_t offset, size;
    bool load = node->kind == IR_NODE_ASYNC_LOAD;
    if (!eval_bytes(run, node->a, &offset) || !eval_bytes(run, node->b, &size))
        return false;
    struct interp_buffer *source = interp_find_buffer(run, node->name);
    struct interp_buffer *destination = interp_find_buffer(run, node->name2);
    if (!source || !destination)
        return interp_fail(run, DIAG_X023, "buffer '%.60s' is not declared",
                           interp_name_text(run, source ? node->name2 : node->name));
    if (*find(run->current, node->tag))
        return interp_fail(run, DIAG_X026, "tag '%.60s' is in use",
                           interp_name_text(run, node->tag));
    return start(run, node, source, load ? offset : 0, destination, load ? 0 : offset, size);
}

bool interp_async_wait(struct interp_run *run, const struct ir_node *node)
{
    struct interp_transfer **at = find(run->current, node->name);
    struct interp_transfer *transfer = *at;
    if (!transfer)
        return interp_fail(run, DIAG_X027, "no copy with tag '%.60s' was started",
                           interp_name_text(run, node->name));
    if (transfer->size > 0) {
        uint8_t *to = transfer->destination->bytes + transfer->start;
        interp_note(run, transfer->destination, INTERP_STORE, transfer->start, transfer->size,
                    memcmp(to, transfer->bytes, (size_t)transfer->size) != 0);
        memcpy(to, transfer->bytes, (size_t)transfer->size);
    }
    drop(run, at);
    return true;
}
