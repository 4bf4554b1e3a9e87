// SPDX-License-Identifier: MIT
// Verifies certificates of the range analysis (see ir/range.h). It trusts nothing that the analysis
// says: it keeps its own account of what is in scope, what is assigned, which conditions stand
// around an access and of which kind values are, and accepts a step only when its claim follows
// from earlier ones by one of the rules below.
#include "ir/range.h"

#include "base/memory.h"

enum { MOST_AROUND = 512 };

struct around {
    const struct ir_node *node; // an IF
    bool negated;               // its condition is false here
};

struct local {
    const struct ir_node *binder; // NULL: not live
    bool is_u32;
};

struct checker {
    const struct vyre_program *program;
    const struct ir_ranges *ranges;
    bool *assigned;       // owned, per name
    uint32_t *buffers;    // owned, per name: declaration index plus 1
    struct local *locals; // owned, per name
    uint32_t *verified;   // owned, per step: number of the access for which it was last accepted
    uint32_t access;      // number of the access at hand
    struct around around[MOST_AROUND];
    uint32_t around_count;
    size_t next; // proof
    const char *why;
};

static bool fails(struct checker *checker, const char *why)
{
    checker->why = why;
    return false;
}

// ---- Claims -----------------------------------------------------------------------------------

static bool is_any(const struct ir_range *claim)
{
    return claim->low == 0 && claim->high == UINT32_MAX && claim->count == 0;
}

// Whether `known` says at least scale * value + slack < len(buffer).
static bool says(const struct ir_range *known, uint32_t buffer, uint64_t scale, int64_t slack)
{
    for (uint32_t i = 0; i < known->count; i++)
        if (known->below[i].buffer == buffer && known->below[i].scale == scale &&
            known->below[i].slack >= slack)
            return true;
    return false;
}

static bool has_plain_elements(const struct ir_buffer *buffer)
{
    uint64_t bits;
    return ir_type_bits(buffer->element, &bits) && bits > 0 &&
           bits == 8 * ir_type_stride(buffer->element);
}

// A claimed relation to a length also bounds the value.
static bool high_follows(const struct checker *checker, const struct ir_range *claim, uint64_t high)
{
    if (claim->high >= high)
        return true;
    for (uint32_t i = 0; i < claim->count; i++) {
        const struct ir_below *below = &claim->below[i];
        const struct ir_buffer *buffer = &checker->program->buffers[below->buffer];
        // value * scale <= len - 1 - slack, and len * stride < 2^32
        int64_t room = (int64_t)(UINT32_MAX / ir_type_stride(buffer->element)) - 1 - below->slack;
        if (room < 0 || (uint64_t)claim->high >= (uint64_t)room / below->scale)
            return true;
    }
    return false;
}

static bool interval_follows(const struct checker *checker, const struct ir_range *claim,
                             uint64_t low, uint64_t high)
{
    return (claim->low <= low || claim->low == claim->high) && high_follows(checker, claim, high);
}

// Each relation of the claim must come from `from`, with `extra` per unit of scale on top.
static bool relations_follow(const struct ir_range *claim, const struct ir_range *from,
                             int64_t extra)
{
    for (uint32_t i = 0; i < claim->count; i++) {
        const struct ir_below *below = &claim->below[i];
        if (!says(from, below->buffer, below->scale, below->slack - below->scale * extra))
            return false;
    }
    return true;
}

static bool either_says(const struct ir_range *claim, const struct ir_range *a, int64_t extra_a,
                        const struct ir_range *b, int64_t extra_b)
{
    for (uint32_t i = 0; i < claim->count; i++) {
        const struct ir_below *below = &claim->below[i];
        if (!says(a, below->buffer, below->scale, below->slack - below->scale * extra_a) &&
            !says(b, below->buffer, below->scale, below->slack - below->scale * extra_b))
            return false;
    }
    return true;
}

// `times` times the value of the claim is at most the value of `from`, or equal to it.
static bool scaled_relations_follow(const struct ir_range *claim, const struct ir_range *from,
                                    uint64_t times, bool grows)
{
    for (uint32_t i = 0; i < claim->count; i++) {
        const struct ir_below *below = &claim->below[i];
        uint64_t scale = grows ? below->scale * times : below->scale / times;
        bool exact = grows || below->scale % times == 0;
        if (!exact || !says(from, below->buffer, scale, below->slack))
            return false;
    }
    return true;
}

// ---- Kinds and equality -----------------------------------------------------------------------

static bool element_loads_u32(const struct checker *checker, ir_name name)
{
    uint32_t buffer = checker->buffers[name];
    if (!buffer)
        return false;
    enum ir_type_kind kind = checker->program->buffers[buffer - 1].element->kind;
    return kind == IR_TYPE_U32 || kind == IR_TYPE_BOOL;
}

static bool is_u32(const struct checker *checker, const struct ir_expr *expr)
{
    switch (expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID:
    case IR_EXPR_ATOMIC: return true;
    case IR_EXPR_VAR: return checker->locals[expr->name].is_u32;
    case IR_EXPR_LOAD: return element_loads_u32(checker, expr->name);
    case IR_EXPR_CAST: return expr->type->kind == IR_TYPE_U32;
    case IR_EXPR_OPAQUE:
        return expr->ext == IR_EXT_PARAM ||
               ((expr->ext == IR_EXT_UNIFORM_LOAD || expr->ext == IR_EXT_ATOMIC_LOAD) &&
                element_loads_u32(checker, expr->name));
    case IR_EXPR_SELECT: return is_u32(checker, expr->kids[1]) && is_u32(checker, expr->kids[2]);
    case IR_EXPR_UNOP:
        return expr->op != IR_UN_LOGICAL_NOT && expr->op <= IR_UN_REVERSE_BITS &&
               is_u32(checker, expr->kids[0]);
    case IR_EXPR_BINOP:
        if ((expr->op >= IR_BIN_EQ && expr->op <= IR_BIN_OR) || expr->op == IR_BIN_OPAQUE ||
            (expr->op >= IR_BIN_SHUFFLE && expr->op <= IR_BIN_WAVE_BROADCAST))
            return false;
        return is_u32(checker, expr->kids[0]) || is_u32(checker, expr->kids[1]);
    default: return false;
    }
}

// The same value at every place where both are in scope: no loads, no assigned locals.
static bool is_same(const struct checker *checker, const struct ir_expr *a, const struct ir_expr *b,
                    int depth)
{
    if (depth == 0 || a->kind != b->kind || a->op != b->op)
        return false;
    switch (a->kind) {
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: return true;
    case IR_EXPR_LIT_U32: return a->bits == b->bits;
    case IR_EXPR_BUF_LEN: return a->name == b->name;
    case IR_EXPR_VAR:
        return a->name == b->name && !checker->assigned[a->name] && checker->locals[a->name].binder;
    case IR_EXPR_BINOP:
        for (uint32_t i = 0; i < 2; i++)
            if (!is_same(checker, a->kids[i], b->kids[i], depth - 1))
                return false;
        return a->op != IR_BIN_OPAQUE;
    default: return false;
    }
}

// ---- Conditions -------------------------------------------------------------------------------

// Whether `part` is true (false where `negated`) whenever `whole` is true (false where
// `whole_negated`).
static bool implies(const struct checker *checker, const struct ir_expr *whole, bool whole_negated,
                    const struct ir_expr *part, bool negated, int depth)
{
    if (whole == part)
        return whole_negated == negated;
    if (depth == 0)
        return false;
    if (whole->kind == IR_EXPR_VAR) {
        const struct ir_node *binder = checker->locals[whole->name].binder;
        return binder && binder->kind == IR_NODE_LET && !checker->assigned[whole->name] &&
               implies(checker, binder->a, whole_negated, part, negated, depth - 1);
    }
    if (whole->kind == IR_EXPR_UNOP && whole->op == IR_UN_LOGICAL_NOT)
        return implies(checker, whole->kids[0], !whole_negated, part, negated, depth - 1);
    if (whole->kind == IR_EXPR_BINOP && whole->op == (whole_negated ? IR_BIN_OR : IR_BIN_AND))
        return implies(checker, whole->kids[0], whole_negated, part, negated, depth - 1) ||
               implies(checker, whole->kids[1], whole_negated, part, negated, depth - 1);
    return false;
}

struct order {
    const struct ir_expr *lower; // lower <= upper, or < when strict
    const struct ir_expr *upper;
    bool strict;
};

// What a comparison says. Equality says it in both directions: `flip` takes the other one.
static bool read_order(const struct ir_proof_step *step, bool flip, struct order *out)
{
    const struct ir_expr *comparison = step->comparison;
    const struct ir_expr *a = comparison->kids[0];
    const struct ir_expr *b = comparison->kids[1];
    uint8_t op = comparison->op;
    if (op == IR_BIN_EQ || op == IR_BIN_NE) {
        *out = flip ? (struct order){ b, a, false } : (struct order){ a, b, false };
        return (op == IR_BIN_NE) == step->negated;
    }
    if (flip || (op != IR_BIN_LT && op != IR_BIN_LE && op != IR_BIN_GT && op != IR_BIN_GE))
        return false;
    bool left_is_lower = op == IR_BIN_LT || op == IR_BIN_LE;
    bool strict = op == IR_BIN_LT || op == IR_BIN_GT;
    if (step->negated) { // !(a < b) is b <= a
        left_is_lower = !left_is_lower;
        strict = !strict;
    }
    *out = left_is_lower ? (struct order){ a, b, strict } : (struct order){ b, a, strict };
    return true;
}

// Whether the step's comparison holds where the access stands, and compares u32.
static bool comparison_holds(struct checker *checker, const struct ir_proof_step *step)
{
    const struct ir_expr *comparison = step->comparison;
    if (!comparison || comparison->kind != IR_EXPR_BINOP)
        return fails(checker, "a guard without a comparison");
    if (!is_u32(checker, comparison->kids[0]) && !is_u32(checker, comparison->kids[1]))
        return fails(checker, "a guard that does not compare u32");
    for (uint32_t i = 0; i < checker->around_count; i++) {
        const struct around *around = &checker->around[i];
        if (around->node == step->node &&
            implies(checker, around->node->a, around->negated, comparison, step->negated, 64))
            return true;
    }
    return fails(checker, "a guard that does not hold here");
}

// ---- Rules ------------------------------------------------------------------------------------

static bool check_difference(const struct checker *checker, const struct ir_range *claim,
                             const struct ir_range *l, const struct ir_range *r)
{
    uint64_t low = l->low > r->high ? l->low - r->high : 0;
    uint64_t high = l->high > r->low ? l->high - r->low : 0;
    return interval_follows(checker, claim, low, high) && relations_follow(claim, l, r->low);
}

static bool check_product(const struct checker *checker, const struct ir_range *claim,
                          const struct ir_range *l, const struct ir_range *r)
{
    uint64_t high = (uint64_t)l->high * r->high;
    if (high > UINT32_MAX)
        return is_any(claim);
    if (!interval_follows(checker, claim, (uint64_t)l->low * r->low, high))
        return false;
    return claim->count == 0 ||
           (r->low == r->high && scaled_relations_follow(claim, l, r->low, true)) ||
           (l->low == l->high && scaled_relations_follow(claim, r, l->low, true));
}

static bool check_quotient(const struct checker *checker, const struct ir_range *claim,
                           const struct ir_range *l, uint64_t by)
{
    return interval_follows(checker, claim, l->low / by, l->high / by) &&
           scaled_relations_follow(claim, l, by, false);
}

static bool check_shrunk(const struct checker *checker, const struct ir_range *claim,
                         const struct ir_range *l, uint64_t high)
{
    return interval_follows(checker, claim, 0, high) && relations_follow(claim, l, 0);
}

static bool check_bits(const struct ir_range *claim, uint32_t low, uint32_t bits)
{
    bool all_ones = (claim->high & (claim->high + 1)) == 0;
    return claim->low <= low && all_ones && claim->high >= bits && claim->count == 0;
}

static bool check_binop(const struct checker *checker, const struct ir_expr *expr,
                        const struct ir_range *claim, const struct ir_range *l,
                        const struct ir_range *r)
{
    const bool fixed = r->low == r->high;
    const uint64_t shift = r->low & 31;
    switch (expr->op) {
    case IR_BIN_ADD:
    case IR_BIN_WRAPPING_ADD: {
        uint64_t high = (uint64_t)l->high + r->high;
        if (high > UINT32_MAX)
            return is_any(claim);
        return interval_follows(checker, claim, (uint64_t)l->low + r->low, high) &&
               either_says(claim, l, -(int64_t)r->high, r, -(int64_t)l->high);
    }
    case IR_BIN_SUB:
    case IR_BIN_WRAPPING_SUB:
        return l->low >= r->high ? check_difference(checker, claim, l, r) : is_any(claim);
    case IR_BIN_SATURATING_SUB:
        return check_shrunk(checker, claim, l, l->high > r->low ? l->high - r->low : 0);
    case IR_BIN_MUL: return check_product(checker, claim, l, r);
    case IR_BIN_SHL: {
        const struct ir_range by = { .low = 1u << shift, .high = 1u << shift };
        return fixed ? check_product(checker, claim, l, &by) : is_any(claim);
    }
    case IR_BIN_DIV:
        if (fixed && r->low > 0)
            return check_quotient(checker, claim, l, r->low);
        return r->low > 0 ? check_shrunk(checker, claim, l, l->high) : is_any(claim);
    case IR_BIN_SHR:
        return fixed ? check_quotient(checker, claim, l, UINT64_C(1) << shift)
                     : check_shrunk(checker, claim, l, l->high);
    case IR_BIN_MOD: {
        uint32_t most = r->high > 0 ? r->high - 1 : 0;
        return check_shrunk(checker, claim, l, l->high < most ? l->high : most);
    }
    case IR_BIN_BIT_AND:
        return interval_follows(checker, claim, 0, l->high < r->high ? l->high : r->high) &&
               either_says(claim, l, 0, r, 0);
    case IR_BIN_BIT_OR:
        return check_bits(claim, l->low > r->low ? l->low : r->low, l->high | r->high);
    case IR_BIN_BIT_XOR: return check_bits(claim, 0, l->high | r->high);
    case IR_BIN_MIN:
        return interval_follows(checker, claim, l->low < r->low ? l->low : r->low,
                                l->high < r->high ? l->high : r->high) &&
               either_says(claim, l, 0, r, 0);
    case IR_BIN_MAX:
        return interval_follows(checker, claim, l->low > r->low ? l->low : r->low,
                                l->high > r->high ? l->high : r->high) &&
               relations_follow(claim, l, 0) && relations_follow(claim, r, 0);
    default: return is_any(claim);
    }
}

static bool check_length(const struct checker *checker, const struct ir_expr *expr,
                         const struct ir_range *claim)
{
    uint32_t number = checker->buffers[expr->name];
    if (!number)
        return is_any(claim);
    const struct ir_buffer *buffer = &checker->program->buffers[number - 1];
    if (!has_plain_elements(buffer))
        return is_any(claim);
    for (uint32_t i = 0; i < claim->count; i++)
        if (claim->below[i].buffer != number - 1 || claim->below[i].scale != 1 ||
            claim->below[i].slack > -1)
            return false;
    if (buffer->access == VYRE_ACCESS_WORKGROUP)
        return claim->low <= buffer->count && claim->high >= buffer->count;
    return claim->low == 0 && claim->high >= UINT32_MAX / ir_type_stride(buffer->element);
}

static bool check_shape(struct checker *checker, const struct ir_proof_step *step,
                        const struct ir_range *a, const struct ir_range *b)
{
    const struct ir_expr *expr = step->expr;
    const struct ir_range *claim = &step->range;
    switch (expr->kind) {
    case IR_EXPR_LIT_U32:
        return claim->low <= expr->bits && expr->bits <= claim->high && claim->count == 0;
    case IR_EXPR_LOCAL_ID:
        return expr->op < 3 && claim->low == 0 && claim->count == 0 &&
               claim->high + UINT64_C(1) >= checker->program->workgroup[expr->op];
    case IR_EXPR_BUF_LEN: return check_length(checker, expr, claim);
    case IR_EXPR_UNOP:
        if (expr->op == IR_UN_POPCOUNT || expr->op == IR_UN_CLZ || expr->op == IR_UN_CTZ)
            return claim->low == 0 && claim->high >= 32 && claim->count == 0;
        return is_any(claim);
    case IR_EXPR_CAST:
        if (!is_u32(checker, expr->kids[0]))
            return is_any(claim);
        return interval_follows(checker, claim, a->low, a->high) && relations_follow(claim, a, 0);
    case IR_EXPR_SELECT:
        return interval_follows(checker, claim, a->low < b->low ? a->low : b->low,
                                a->high > b->high ? a->high : b->high) &&
               relations_follow(claim, a, 0) && relations_follow(claim, b, 0);
    case IR_EXPR_BINOP: return check_binop(checker, expr, claim, a, b);
    default: return is_any(claim);
    }
}

// Which operand a premise of a SHAPE must be about; NULL: no premise.
static const struct ir_expr *operand_of(const struct ir_expr *expr, int premise)
{
    if (expr->kind == IR_EXPR_BINOP)
        return expr->kids[premise];
    if (expr->kind == IR_EXPR_SELECT)
        return expr->kids[premise + 1];
    return expr->kind == IR_EXPR_CAST && premise == 0 ? expr->kids[0] : NULL;
}

static bool check_let(struct checker *checker, const struct ir_proof_step *step,
                      const struct ir_range *value)
{
    const struct ir_expr *expr = step->expr;
    if (expr->kind != IR_EXPR_VAR || checker->locals[expr->name].binder != step->node ||
        checker->assigned[expr->name])
        return fails(checker, "a local that may have another value");
    return interval_follows(checker, &step->range, value->low, value->high) &&
           relations_follow(&step->range, value, 0);
}

static bool check_loop(struct checker *checker, const struct ir_proof_step *step,
                       const struct ir_range *from, const struct ir_range *to)
{
    bool known = is_u32(checker, step->node->b);
    uint64_t high = known && to->high > 0 ? to->high - 1 : known ? 0 : UINT32_MAX - 1;
    uint64_t low = is_u32(checker, step->node->a) ? from->low : 0;
    return interval_follows(checker, &step->range, low, high) &&
           (step->range.count == 0 || (known && relations_follow(&step->range, to, 1)));
}

static bool check_guard(struct checker *checker, const struct ir_proof_step *step,
                        const struct ir_proof_step *limit)
{
    if (!limit || !comparison_holds(checker, step))
        return false;
    for (int flip = 0; flip < 2; flip++) {
        struct order order;
        if (!read_order(step, flip, &order) || order.lower != step->expr ||
            order.upper != limit->expr)
            continue;
        uint32_t high = limit->range.high;
        if (order.strict)
            high = high > 0 ? high - 1 : 0;
        return interval_follows(checker, &step->range, 0, high) &&
               relations_follow(&step->range, &limit->range, order.strict);
    }
    return fails(checker, "a guard that compares something else");
}

static bool check_no_wrap(struct checker *checker, const struct ir_proof_step *step,
                          const struct ir_range *l, const struct ir_range *r)
{
    const struct ir_expr *expr = step->expr;
    if (expr->kind != IR_EXPR_BINOP ||
        (expr->op != IR_BIN_SUB && expr->op != IR_BIN_WRAPPING_SUB) ||
        !comparison_holds(checker, step))
        return false;
    for (int flip = 0; flip < 2; flip++) {
        struct order order;
        if (read_order(step, flip, &order) && is_same(checker, order.lower, expr->kids[1], 64) &&
            is_same(checker, order.upper, expr->kids[0], 64))
            return check_difference(checker, &step->range, l, r);
    }
    return fails(checker, "a difference that may wrap");
}

static bool check_group(struct checker *checker, const struct ir_proof_step *step,
                        const struct ir_proof_step *group)
{
    const struct ir_expr *expr = step->expr;
    if (!group || expr->kind != IR_EXPR_INVOCATION_ID || expr->op > 2 ||
        group->expr->kind != IR_EXPR_WORKGROUP_ID || group->expr->op != expr->op)
        return fails(checker, "a global id from something else");
    const uint64_t size = checker->program->workgroup[expr->op];
    const struct ir_range *claim = &step->range;
    uint64_t high = group->range.high * size + size - 1;
    if (high > UINT32_MAX)
        return is_any(claim);
    for (uint32_t i = 0; i < claim->count; i++) {
        const struct ir_below *below = &claim->below[i];
        int64_t slack = below->slack + (int64_t)(below->scale * (size - 1));
        if (!says(&group->range, below->buffer, below->scale * size, slack))
            return fails(checker, "a global id with relations of its own");
    }
    return interval_follows(checker, claim, group->range.low * size, high);
}

static bool check_both(struct checker *checker, const struct ir_proof_step *step,
                       const struct ir_proof_step *a, const struct ir_proof_step *b)
{
    if (!a || !b || a->expr != step->expr || !is_same(checker, b->expr, step->expr, 64))
        return fails(checker, "two claims about different values");
    uint32_t low = a->range.low > b->range.low ? a->range.low : b->range.low;
    uint32_t high = a->range.high < b->range.high ? a->range.high : b->range.high;
    return interval_follows(checker, &step->range, low, high) &&
           either_says(&step->range, &a->range, 0, &b->range, 0);
}

// ---- Steps ------------------------------------------------------------------------------------

// The range of a premise; any value where there is none. False: the premise does not hold, or is
// not about `expr`.
static bool premise(struct checker *checker, const struct ir_proof_step *step, int which,
                    const struct ir_expr *expr, struct ir_range *out)
{
    uint32_t number = step->premise[which];
    *out = ir_range_any;
    if (number == IR_PROOF_NONE)
        return true;
    const struct ir_proof_step *from = &checker->ranges->steps.items[number];
    if (from->expr != expr || !is_u32(checker, expr))
        return fails(checker, "a premise about something else");
    *out = from->range;
    return true;
}

static bool check_rule(struct checker *checker, const struct ir_proof_step *step)
{
    const struct ir_proof_step *const steps = checker->ranges->steps.items;
    const struct ir_proof_step *first =
        step->premise[0] == IR_PROOF_NONE ? NULL : &steps[step->premise[0]];
    const struct ir_proof_step *second =
        step->premise[1] == IR_PROOF_NONE ? NULL : &steps[step->premise[1]];
    struct ir_range a, b;
    if (step->rule == IR_PROOF_LOOP) {
        return step->node && step->node->kind == IR_NODE_LOOP &&
               premise(checker, step, 0, step->node->a, &a) &&
               premise(checker, step, 1, step->node->b, &b) && check_loop(checker, step, &a, &b);
    }
    if (!step->expr || !is_u32(checker, step->expr))
        return fails(checker, "a claim about what is not a u32");
    switch (step->rule) {
    case IR_PROOF_SHAPE:
        return premise(checker, step, 0, operand_of(step->expr, 0), &a) &&
               premise(checker, step, 1, operand_of(step->expr, 1), &b) &&
               check_shape(checker, step, &a, &b);
    case IR_PROOF_LET:
        if (step->node && step->node->kind == IR_NODE_LOOP)
            return first && first->rule == IR_PROOF_LOOP && first->node == step->node &&
                   check_let(checker, step, &first->range);
        return step->node && premise(checker, step, 0, step->node->a, &a) &&
               check_let(checker, step, &a);
    case IR_PROOF_GUARD: return check_guard(checker, step, first);
    case IR_PROOF_NO_WRAP:
        return premise(checker, step, 0, step->expr->kids[0], &a) &&
               premise(checker, step, 1, step->expr->kids[1], &b) &&
               check_no_wrap(checker, step, &a, &b);
    case IR_PROOF_GROUP: return check_group(checker, step, first);
    case IR_PROOF_BOTH: return check_both(checker, step, first, second);
    default: return fails(checker, "an unknown rule");
    }
}

// Numbers beyond these would make the arithmetic of the rules inexact.
static bool is_sane(const struct checker *checker, const struct ir_range *claim)
{
    if (claim->low > claim->high || claim->count > IR_RANGE_BELOWS)
        return false;
    for (uint32_t i = 0; i < claim->count; i++) {
        const struct ir_below *below = &claim->below[i];
        if (below->buffer >= checker->program->buffer_count || below->scale == 0 ||
            below->scale > IR_RANGE_SCALE_MOST || below->slack > IR_RANGE_SLACK_MOST ||
            below->slack < -IR_RANGE_SLACK_MOST ||
            !has_plain_elements(&checker->program->buffers[below->buffer]))
            return false;
    }
    return true;
}

static bool check_step(struct checker *checker, uint32_t number)
{
    if (checker->verified[number] == checker->access)
        return true;
    const struct ir_proof_step *step = &checker->ranges->steps.items[number];
    if (!is_sane(checker, &step->range))
        return fails(checker, "a claim of numbers that no claim has");
    for (int i = 0; i < 3; i++) {
        if (step->premise[i] == IR_PROOF_NONE)
            continue;
        if (step->premise[i] >= number)
            return fails(checker, "a step that rests on a later one");
        if (!check_step(checker, step->premise[i]))
            return false;
    }
    checker->why = "a claim that does not follow";
    if (!check_rule(checker, step))
        return false;
    checker->verified[number] = checker->access;
    return true;
}

static bool check_proof(struct checker *checker, const struct ir_proof *proof, uint32_t buffer)
{
    if (proof->buffer != buffer || proof->step >= checker->ranges->steps.count)
        return fails(checker, "a proof for another buffer");
    if (!check_step(checker, proof->step))
        return false;
    const struct ir_proof_step *step = &checker->ranges->steps.items[proof->step];
    const struct ir_buffer *declared = &checker->program->buffers[buffer];
    if (step->expr != proof->index || !has_plain_elements(declared))
        return fails(checker, "a proof about something else");
    if (step->range.high < declared->count)
        return true;
    for (uint32_t i = 0; i < step->range.count; i++)
        if (step->range.below[i].buffer == buffer && step->range.below[i].slack >= 0)
            return true;
    return fails(checker, "a claim that is too weak");
}

// ---- The walk ---------------------------------------------------------------------------------

static void meet_access(struct checker *checker, ir_name name, const struct ir_expr *index)
{
    if (!checker->buffers[name] || checker->next >= checker->ranges->proofs.count)
        return;
    const struct ir_proof *proof = &checker->ranges->proofs.items[checker->next];
    checker->access++;
    if (proof->index == index && check_proof(checker, proof, checker->buffers[name] - 1))
        checker->next++;
}

static void meet_expr(struct checker *checker, const struct ir_expr *expr)
{
    for (uint32_t i = 0; i < expr->kid_count; i++)
        meet_expr(checker, expr->kids[i]);
    if (expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_ATOMIC ||
        (expr->kind == IR_EXPR_OPAQUE &&
         (expr->ext == IR_EXT_UNIFORM_LOAD || expr->ext == IR_EXT_ATOMIC_LOAD)))
        meet_access(checker, expr->name, expr->kids[0]);
}

static void meet_body(struct checker *checker, const struct ir_body *body);

static void meet_branch(struct checker *checker, const struct ir_node *node, bool negated,
                        const struct ir_body *body)
{
    const uint32_t mark = checker->around_count;
    if (checker->around_count < MOST_AROUND)
        checker->around[checker->around_count++] = (struct around){ node, negated };
    meet_body(checker, body);
    checker->around_count = mark;
}

static void meet_node(struct checker *checker, const struct ir_node *node)
{
    if (node->a)
        meet_expr(checker, node->a);
    if (node->b)
        meet_expr(checker, node->b);
    if (node->kind == IR_NODE_STORE ||
        (node->kind == IR_NODE_OPAQUE && node->ext == IR_EXT_ATOMIC_STORE))
        meet_access(checker, node->name, node->a);
    if (node->kind == IR_NODE_IF) {
        meet_branch(checker, node, false, &node->body);
        meet_branch(checker, node, true, &node->otherwise);
    } else if (node->kind == IR_NODE_LOOP) {
        const struct local before = checker->locals[node->name];
        checker->locals[node->name] = (struct local){ node, true };
        meet_body(checker, &node->body);
        checker->locals[node->name] = before;
    } else {
        meet_body(checker, &node->body);
    }
}

// Ends with everything as it was: locals of the body are gone.
static void meet_body(struct checker *checker, const struct ir_body *body)
{
    const uint32_t mark = checker->around_count;
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        meet_node(checker, node);
        if (node->kind == IR_NODE_LET)
            checker->locals[node->name] = (struct local){ node, is_u32(checker, node->a) };
        // Behind a branch that leaves, its condition is false.
        if (node->kind == IR_NODE_IF && node->otherwise.count == 0 && node->body.count > 0 &&
            checker->around_count < MOST_AROUND) {
            enum ir_node_kind last = node->body.nodes[node->body.count - 1]->kind;
            if (last == IR_NODE_RETURN || last == IR_NODE_TRAP)
                checker->around[checker->around_count++] = (struct around){ node, true };
        }
    }
    for (uint32_t i = 0; i < body->count; i++)
        if (body->nodes[i]->kind == IR_NODE_LET)
            checker->locals[body->nodes[i]->name] = (struct local){ 0 };
    checker->around_count = mark;
}

static void find_assigned(bool *assigned, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        if (body->nodes[i]->kind == IR_NODE_ASSIGN)
            assigned[body->nodes[i]->name] = true;
        find_assigned(assigned, &body->nodes[i]->body);
        find_assigned(assigned, &body->nodes[i]->otherwise);
    }
}

enum vyre_result ir_ranges_check(const struct ir_ranges *ranges, const struct vyre_program *program,
                                 const char **why, size_t *bad)
{
    struct checker checker = { .program = program, .ranges = ranges };
    checker.assigned = memory_calloc(program->name_count, sizeof *checker.assigned);
    checker.buffers = memory_calloc(program->name_count, sizeof *checker.buffers);
    checker.locals = memory_calloc(program->name_count, sizeof *checker.locals);
    checker.verified = memory_calloc(ranges->steps.count, sizeof *checker.verified);
    enum vyre_result result = VYRE_ERR_NO_MEMORY;
    if (checker.assigned && checker.buffers && checker.locals && checker.verified) {
        for (uint32_t i = program->buffer_count; i-- > 0;)
            checker.buffers[program->buffers[i].name] = i + 1;
        find_assigned(checker.assigned, &program->entry);
        meet_body(&checker, &program->entry);
        result = checker.next == ranges->proofs.count ? VYRE_OK : VYRE_ERR_INVALID_PROGRAM;
    }
    if (why)
        *why = checker.why ? checker.why : "a proof for no access of the program";
    if (bad)
        *bad = checker.next;
    memory_free(checker.assigned);
    memory_free(checker.buffers);
    memory_free(checker.locals);
    memory_free(checker.verified);
    return result;
}
