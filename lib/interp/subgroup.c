// SPDX-License-Identifier: MIT
// Subgroup expressions (spec: semantics.md, 7.6): 32 invocations wide over the linear local index.
// Every lane of the subgroup is evaluated, those that returned or wait too, with the locals that it
// had when the round began and with memory as it is now.
#include "ir/tables.h"
#include "run.h"

enum { WIDTH = 32 };

struct lanes {
    struct interp_value values[WIDTH];
    uint32_t count;
    uint32_t self; // lane of the invocation that executes
};

// Whether a lane executes this statement in this round, too: it did, or it is about to. Who
// returned contributes in any case.
static bool is_in_step(const struct interp_run *run, const struct interp_invocation *lane)
{
    const struct interp_invocation *self = run->current;
    const bool is_next =
        run->params->reversed ? lane->linear < self->linear : lane->linear > self->linear;
    if (lane->returned || lane->frame_count == 0)
        return lane->returned;
    if (!is_next)
        return lane->last == run->node;
    const struct interp_frame *frame = &lane->frames[lane->frame_count - 1];
    return !lane->waiting && frame->body && frame->next < frame->body->count &&
           frame->body->nodes[frame->next] == run->node;
}

static bool loads(const struct ir_expr *expr, ir_name buffer)
{
    const bool reads = expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_OPAQUE;
    bool found = reads && expr->name == buffer;
    for (uint32_t i = 0; i < expr->kid_count && !found; i++)
        found = loads(expr->kids[i], buffer);
    return found;
}

// Whether a lane's value of an expression may be another one at another statement.
static bool may_change(const struct ir_expr *expr)
{
    bool found = false;
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_VAR:
    case IR_EXPR_LOAD:
    case IR_EXPR_ATOMIC:
    case IR_EXPR_OPAQUE:
    case IR_EXPR_CALL: return true;
    default: break;
    }
    for (uint32_t i = 0; i < expr->kid_count && !found; i++)
        found = may_change(expr->kids[i]);
    return found;
}

// Lanes whose values a device would not combine at this point.
static void note_lanes(struct interp_run *run, const struct ir_expr *operand, uint32_t first,
                       uint32_t count)
{
    const struct ir_node *node = run->node;
    const bool stores = node->kind == IR_NODE_STORE || node->kind == IR_NODE_OPAQUE;
    if (run->facts.lanes_apart || !may_change(operand))
        return;
    bool apart = stores && loads(operand, node->name);
    for (uint32_t i = 0; i < count && !apart; i++)
        apart = !is_in_step(run, &run->invocations[first + i]);
    run->facts.lanes_apart = apart;
}

static bool eval_lanes(struct interp_run *run, const struct ir_expr *expr, struct lanes *lanes)
{
    struct interp_invocation *self = run->current;
    uint32_t first = self->linear / WIDTH * WIDTH;
    uint32_t left = run->invocation_count - first;
    lanes->count = left < WIDTH ? left : WIDTH;
    lanes->self = self->linear - first;
    // In the operand of another one, lanes were looked at already.
    if (run->params->facts && self == &run->invocations[self->linear])
        note_lanes(run, expr, first, lanes->count);
    bool good = interp_charge(run, lanes->count);
    for (uint32_t i = 0; i < lanes->count && good; i++) {
        struct interp_invocation lane = run->invocations[first + i];
        lane.locals = run->snapshot + (size_t)(first + i) * run->slot_count;
        run->current = &lane;
        good = interp_eval(run, expr, &lanes->values[i]);
    }
    run->current = self;
    return good;
}

// The one kind of all lanes, u32 or f32.
static bool common_kind(struct interp_run *run, const struct ir_expr *expr,
                        const struct lanes *lanes, enum interp_kind *kind)
{
    *kind = lanes->values[0].kind;
    bool same = *kind == INTERP_U32 || *kind == INTERP_FLOAT;
    for (uint32_t i = 1; i < lanes->count; i++)
        same = same && lanes->values[i].kind == *kind;
    return same || interp_fail(run, DIAG_X024, "%s of lanes that are not all u32 or all f32",
                               ir_expr_info((enum ir_expr_kind)expr->kind)->name);
}

bool interp_eval_ballot(struct interp_run *run, const struct ir_expr *expr,
                        struct interp_value *out)
{
    struct lanes lanes;
    uint32_t mask = 0;
    if (!eval_lanes(run, expr->kids[0], &lanes))
        return false;
    for (uint32_t i = 0; i < lanes.count; i++)
        mask |= (uint32_t)interp_truthy(&lanes.values[i]) << i;
    *out = interp_u32(mask);
    return true;
}

bool interp_eval_subgroup_add(struct interp_run *run, const struct ir_expr *expr,
                              struct interp_value *out)
{
    struct lanes lanes;
    enum interp_kind kind;
    uint32_t words = 0;
    float sum = 0.0f;
    if (!eval_lanes(run, expr->kids[0], &lanes) || !common_kind(run, expr, &lanes, &kind))
        return false;
    for (uint32_t i = 0; i < lanes.count; i++) {
        if (kind == INTERP_U32)
            words += lanes.values[i].u32;
        else
            sum = interp_canonical(sum + (float)lanes.values[i].number);
    }
    *out = kind == INTERP_U32 ? interp_u32(words) : interp_float((double)sum);
    return true;
}

bool interp_eval_shuffle(struct interp_run *run, const struct ir_expr *expr,
                         struct interp_value *out)
{
    struct lanes lanes, sources;
    enum interp_kind kind;
    uint32_t source = 0;
    if (!eval_lanes(run, expr->kids[0], &lanes) || !eval_lanes(run, expr->kids[1], &sources))
        return false;
    for (uint32_t i = 0; i < sources.count; i++) {
        uint32_t lane;
        if (!interp_as_u32(&sources.values[i], &lane) &&
            !interp_total_u32(run, &sources.values[i], &lane))
            return interp_fail(run, DIAG_X016, "a %s is no lane number",
                               interp_kind_name(sources.values[i].kind));
        if (i == sources.self)
            source = lane;
    }
    if (!common_kind(run, expr, &lanes, &kind))
        return false;
    if (source < lanes.count)
        *out = lanes.values[source];
    else
        *out = kind == INTERP_U32 ? interp_u32(0) : interp_float(0.0);
    return true;
}
