// SPDX-License-Identifier: MIT
// Rules about the program as a whole and its buffers (spec: ir.md, 4.3.1).
#include <stdio.h>

#include "ir/tables.h"
#include "validate_walk.h"

static void check_entry(struct ir_validator *v)
{
    const struct ir_body *entry = &v->program->entry;
    const struct ir_pos nowhere = { 0, 0 };
    if (entry->count == 0)
        ir_validate_report_at(v, DIAG_V101, "entry", nowhere, "the entry has no region");
    for (uint32_t i = 0; i < entry->count; i++) {
        const struct ir_node *node = entry->nodes[i];
        if (node->kind == IR_NODE_REGION)
            continue;
        char path[32];
        snprintf(path, sizeof path, "entry[%u]", i);
        ir_validate_report_at(v, DIAG_V102, path, node->pos,
                              "entry statement %u is a %s, not a Region", i,
                              ir_node_info(node->kind)->name);
        return;
    }
}

static void check_workgroup(struct ir_validator *v)
{
    for (unsigned axis = 0; axis < 3; axis++)
        if (v->program->workgroup[axis] == 0)
            ir_validate_report_at(v, DIAG_V103, "workgroup", v->program->workgroup_pos,
                                  "the workgroup size is 0 on axis %c", "xyz"[axis]);
}

// The bindings seen so far, in open addressing; sized for all buffers, so it never fills up.
struct binding_set {
    uint32_t *slots; // binding + 1, 0 is free; UINT32_MAX has a flag of its own
    uint64_t mask;
    bool has_last;
};

static bool binding_set_init(struct binding_set *set, struct arena *arena, uint32_t count)
{
    uint64_t size = 4;
    while (size < 2 * (uint64_t)count)
        size *= 2;
    set->slots = arena_array(arena, size, sizeof *set->slots);
    set->mask = size - 1;
    set->has_last = false;
    return set->slots != NULL;
}

// True when the binding was there already.
static bool binding_set_add(struct binding_set *set, uint32_t binding)
{
    if (binding == UINT32_MAX) {
        bool seen = set->has_last;
        set->has_last = true;
        return seen;
    }
    uint64_t at = binding * UINT64_C(0x9E3779B97F4A7C15) >> 20 & set->mask;
    for (; set->slots[at] != 0; at = (at + 1) & set->mask)
        if (set->slots[at] == binding + 1)
            return true;
    set->slots[at] = binding + 1;
    return false;
}

static void check_buffer(struct ir_validator *v, uint32_t index, struct binding_set *bindings)
{
    const struct ir_buffer *buffer = &v->program->buffers[index];
    bool workgroup = buffer->access == VYRE_ACCESS_WORKGROUP;
    if (v->buffer_of[buffer->name] != 0)
        ir_validate_report_buffer(v, DIAG_V104, index, "buffer %s is declared twice",
                                  ir_validate_name(v, buffer->name));
    // Later declarations hide earlier ones.
    v->buffer_of[buffer->name] = index + 1;
    if (!workgroup && binding_set_add(bindings, buffer->binding))
        ir_validate_report_buffer(v, DIAG_V105, index, "buffer %s uses binding %u, which is taken",
                                  ir_validate_name(v, buffer->name), buffer->binding);
    if (workgroup && buffer->count == 0)
        ir_validate_report_buffer(v, DIAG_V106, index, "workgroup buffer %s has no elements",
                                  ir_validate_name(v, buffer->name));
    unsigned kind = buffer->element->kind;
    if (buffer->is_output && (kind == IR_TYPE_ARRAY || kind == IR_TYPE_TENSOR))
        ir_validate_report_buffer(v, DIAG_V107, index, "output %s has elements of type %s",
                                  ir_validate_name(v, buffer->name),
                                  ir_validate_type(v, buffer->element));
}

static void check_output_marks(struct ir_validator *v)
{
    uint32_t count = 0;
    const struct ir_buffer *last = NULL;
    for (uint32_t i = 0; i < v->program->buffer_count; i++) {
        if (v->program->buffers[i].is_output) {
            last = &v->program->buffers[i];
            count++;
        }
    }
    if (count > 1)
        ir_validate_report_at(v, DIAG_V022, "buffers", last->pos, "%u buffers are marked as output",
                              count);
}

void ir_validate_declarations(struct ir_validator *v)
{
    struct binding_set bindings;
    if (!binding_set_init(&bindings, &v->arena, v->program->buffer_count)) {
        v->failed = true;
        return;
    }
    check_entry(v);
    check_workgroup(v);
    for (uint32_t i = 0; i < v->program->buffer_count; i++)
        check_buffer(v, i, &bindings);
    check_output_marks(v);
}
