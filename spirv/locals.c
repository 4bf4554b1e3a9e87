// SPDX-License-Identifier: MIT
// Locals as SSA values.
//
// A local is the value that it holds where the program stands. Where the branches of an if leave
// different ones in it, and where a loop assigns it, a phi tells which. Structure makes that one
// walk: what an open branch assigned is kept in a log, of which its end makes phis; what a loop
// assigns is known before it (facts.h), and its phis learn at its end what the body leaves.
#include "locals.h"

static bool same_words(struct spv_value a, struct spv_value b)
{
    for (uint32_t i = 0; i < spv_word_count(a); i++)
        if (spv_value_word(a, i) != spv_value_word(b, i))
            return false;
    return true;
}

// ---- Scopes -----------------------------------------------------------------------------------

void spv_bind(struct spv_lowering *lowering, ir_name name, struct spv_value value)
{
    struct spv_binding *local = &lowering->locals[name];
    if (!array_push_in(&lowering->arena, &lowering->undo, ((struct spv_undo){ name, *local })))
        spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
    *local = (struct spv_binding){ .value = value, .is_live = true, .depth = lowering->arms.depth };
}

void spv_unbind(struct spv_lowering *lowering, size_t mark)
{
    while (lowering->undo.count > mark) {
        const struct spv_undo *undo = &lowering->undo.items[--lowering->undo.count];
        lowering->locals[undo->name] = undo->before;
    }
}

// Notes once for each branch what a local held before it, where it is older than the branch.
static void note_change(struct spv_lowering *lowering, ir_name name, struct spv_value before)
{
    struct spv_binding *local = &lowering->locals[name];
    if (local->depth >= lowering->arms.depth || local->changed_in == lowering->arms.current)
        return;
    const struct spv_change change = { .name = name,
                                       .changed_in = local->changed_in,
                                       .before = before };
    if (!array_push_in(&lowering->arena, &lowering->changes, change))
        spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
    local->changed_in = lowering->arms.current;
}

void spv_assign(struct spv_lowering *lowering, ir_name name, struct spv_value value)
{
    struct spv_binding *local = &lowering->locals[name];
    note_change(lowering, name, local->value);
    local->value = value;
}

// ---- Branches ---------------------------------------------------------------------------------

// Serial numbers tell branches apart, and the ends of them.
static uint32_t next_serial(struct spv_lowering *lowering)
{
    return ++lowering->arms.last;
}

void spv_arms_begin(struct spv_lowering *lowering, struct spv_arms *arms)
{
    *arms = (struct spv_arms){
        .around = lowering->arms.current,
        .header = lowering->block,
        .first = lowering->changes.count,
        .otherwise = SIZE_MAX,
    };
    lowering->arms.depth++;
    lowering->arms.current = next_serial(lowering);
}

void spv_arms_otherwise(struct spv_lowering *lowering, struct spv_arms *arms)
{
    arms->then_end = lowering->block;
    arms->otherwise = lowering->changes.count;
    for (size_t i = arms->first; i < lowering->changes.count; i++) {
        struct spv_change *change = &lowering->changes.items[i];
        struct spv_binding *local = &lowering->locals[change->name];
        change->then = local->value;
        local->value = change->before;
        local->changed_in = change->changed_in;
    }
    lowering->arms.current = next_serial(lowering);
}

void spv_arms_leave(struct spv_lowering *lowering, struct spv_arms *arms)
{
    if (arms->otherwise == SIZE_MAX) {
        spv_arms_otherwise(lowering, arms);
        arms->otherwise_end = arms->header;
    } else {
        arms->otherwise_end = lowering->block;
    }
    lowering->arms.depth--;
    lowering->arms.current = arms->around;
}

// What a local holds behind the branches, of which at least one leads there.
static struct spv_value merged(struct spv_lowering *lowering, const struct spv_arms *arms,
                               struct spv_value then, struct spv_value otherwise)
{
    struct spv_writer *writer = &lowering->writer;
    if (!arms->then_end || same_words(then, otherwise))
        return otherwise;
    if (!arms->otherwise_end)
        return then;
    struct spv_value value = then;
    for (uint32_t i = 0; i < spv_word_count(value); i++) {
        const uint32_t a = spv_value_word(then, i), b = spv_value_word(otherwise, i);
        if (a == b)
            continue;
        spv_set_word(&value, i, spv_writer_id(writer));
        SPV_EMIT(writer, SPV_BODY, SpvOpPhi, lowering->type_u32, spv_value_word(value, i), a,
                 arms->then_end, b, arms->otherwise_end);
    }
    return value;
}

void spv_arms_merge(struct spv_lowering *lowering, const struct spv_arms *arms)
{
    const uint32_t here = next_serial(lowering);
    const size_t end = lowering->changes.count;
    const bool is_reached = arms->then_end || arms->otherwise_end;
    // What an outer branch has to know of takes the place of what this one knew.
    lowering->changes.count = arms->first;
    for (size_t i = arms->first; i < end; i++) {
        const struct spv_change change = lowering->changes.items[i];
        struct spv_binding *local = &lowering->locals[change.name];
        if (local->merged_in == here)
            continue;
        const struct spv_value then = i < arms->otherwise ? change.then : change.before;
        local->merged_in = here;
        local->changed_in = change.changed_in;
        local->value = is_reached ? merged(lowering, arms, then, local->value) : change.before;
        spv_name_value(lowering, local->value, change.name);
        note_change(lowering, change.name, change.before);
    }
}

// ---- Loops ------------------------------------------------------------------------------------

// Words of an OpPhi with two edges, and which of them is the second value.
enum { PHI_WORDS = 7, PHI_SECOND = 5 };

void spv_loop_locals_begin(struct spv_lowering *lowering, struct spv_loop *loop, uint32_t before)
{
    struct spv_writer *writer = &lowering->writer;
    const uint32_t here = next_serial(lowering);
    loop->first_phi = lowering->phis.count;
    for (size_t i = loop->first_assigned; i < loop->assigned_end; i++) {
        const ir_name name = lowering->facts.assigned.items[i];
        struct spv_binding *local = &lowering->locals[name];
        if (!local->is_assigned || local->merged_in == here)
            continue;
        local->merged_in = here;
        struct spv_value value = local->value;
        for (uint32_t k = 0; k < spv_word_count(value); k++) {
            spv_set_word(&value, k, spv_writer_id(writer));
            SPV_EMIT(writer, SPV_BODY, SpvOpPhi, lowering->type_u32, spv_value_word(value, k),
                     spv_value_word(local->value, k), before, spv_value_word(value, k),
                     loop->next_block);
            spv_name(lowering, spv_value_word(value, k), name);
        }
        const size_t end = writer->sections[SPV_BODY].count;
        if (!array_push_in(&lowering->arena, &lowering->phis,
                           ((struct spv_loop_phi){ name, value, end })))
            spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
        spv_assign(lowering, name, value);
    }
}

void spv_loop_locals_end(struct spv_lowering *lowering, const struct spv_loop *loop)
{
    struct spv_writer *writer = &lowering->writer;
    const bool ends = lowering->block != 0; // else nothing comes from there
    for (size_t i = loop->first_phi; i < lowering->phis.count && !writer->status; i++) {
        const struct spv_loop_phi *phi = &lowering->phis.items[i];
        struct spv_binding *local = &lowering->locals[phi->name];
        const uint32_t words = spv_word_count(phi->value);
        uint32_t *first = writer->sections[SPV_BODY].items + phi->end - words * PHI_WORDS;
        for (uint32_t k = 0; ends && k < words; k++)
            first[k * PHI_WORDS + PHI_SECOND] = spv_value_word(local->value, k);
        // Whoever leaves a loop leaves it at its header.
        local->value = phi->value;
    }
    lowering->phis.count = loop->first_phi;
}
