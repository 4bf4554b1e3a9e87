// SPDX-License-Identifier: MIT
// Plain and atomic accesses of one buffer without a barrier between them (V136; spec: ir.md, 4.7).
// Each list of nodes keeps two sets of buffers, those accessed plainly and those accessed by
// atomics since its last barrier.
#include <stdlib.h>
#include <string.h>

#include "validate_walk.h"

void ir_alias_add(struct ir_validator *v, ir_name buffer, bool atomic)
{
    const struct ir_access access = { buffer, atomic };
    if (!array_push_in(&v->arena, &v->accesses, access))
        v->failed = true;
}

static bool conflicts(const struct ir_validator *v, const struct ir_access *access)
{
    uint32_t epoch = v->frames.items[v->frames.count - 1].alias_epoch;
    const struct ir_alias_stamp *stamp = &v->alias[access->buffer];
    return access->atomic ? stamp->plain == epoch : stamp->atomic == epoch;
}

// qsort has no argument for the program, so the texts travel with the names.
struct hazard {
    struct ir_text text;
    ir_name name;
};

static int compare_hazards(const void *left, const void *right)
{
    const struct hazard *a = left;
    const struct hazard *b = right;
    uint32_t size = a->text.size < b->text.size ? a->text.size : b->text.size;
    int order = memcmp(a->text.text, b->text.text, size);
    if (order != 0)
        return order;
    return (a->text.size > b->text.size) - (a->text.size < b->text.size);
}

void ir_alias_check(struct ir_validator *v, uint32_t base)
{
    struct {
        ARRAY(struct hazard);
    } hazards = { 0 };
    for (size_t i = base; i < v->accesses.count; i++) {
        const struct ir_access *access = &v->accesses.items[i];
        if (!conflicts(v, access))
            continue;
        struct hazard hazard = { ir_name_text(v->program, access->buffer), access->buffer };
        if (!array_push(&hazards, hazard)) {
            v->failed = true;
            break;
        }
    }
    if (hazards.count > 1)
        qsort(hazards.items, hazards.count, sizeof *hazards.items, compare_hazards);
    for (size_t i = 0; i < hazards.count; i++)
        if (i == 0 || hazards.items[i].name != hazards.items[i - 1].name)
            ir_validate_report(v, DIAG_V136,
                               "buffer %s is accessed both plainly and by atomics, "
                               "with no barrier between",
                               ir_validate_name(v, hazards.items[i].name));
    array_fini(&hazards);
}

void ir_alias_apply(struct ir_validator *v, uint32_t base)
{
    uint32_t epoch = v->frames.items[v->frames.count - 1].alias_epoch;
    for (size_t i = base; i < v->accesses.count; i++) {
        const struct ir_access *access = &v->accesses.items[i];
        struct ir_alias_stamp *stamp = &v->alias[access->buffer];
        uint32_t *mine = access->atomic ? &stamp->atomic : &stamp->plain;
        if (*mine == epoch)
            continue;
        const struct ir_alias_undo undo = { access->buffer, *stamp };
        if (!array_push_in(&v->arena, &v->alias_undo, undo))
            v->failed = true;
        *mine = epoch;
    }
    v->accesses.count = base;
}

void ir_alias_enter(struct ir_validator *v, struct ir_frame *frame)
{
    frame->alias_epoch = ++v->next_epoch;
    frame->alias_undo_base = (uint32_t)v->alias_undo.count;
}

void ir_alias_leave(struct ir_validator *v, const struct ir_frame *frame)
{
    while (v->alias_undo.count > frame->alias_undo_base) {
        const struct ir_alias_undo *undo = &v->alias_undo.items[--v->alias_undo.count];
        v->alias[undo->buffer] = undo->stamp;
    }
}

void ir_alias_barrier(struct ir_validator *v, struct ir_frame *frame)
{
    frame->alias_epoch = ++v->next_epoch;
}
