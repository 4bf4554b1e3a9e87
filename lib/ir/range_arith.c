// SPDX-License-Identifier: MIT
// Arithmetic of ranges: from what is known of operands to what is known of the result. Pure.
//
// Values are u32 and wrap; a rule says more than "any value" only where the operands exclude that
// the exact result wraps.
#include "ir/range.h"

#include "base/size.h"

void ir_range_add_below(struct ir_range *range, struct ir_below below)
{
    if (below.slack < -IR_RANGE_SLACK_MOST || below.slack > IR_RANGE_SLACK_MOST ||
        below.scale == 0 || below.scale > IR_RANGE_SCALE_MOST)
        return;
    for (uint32_t i = 0; i < range->count; i++) {
        struct ir_below *known = &range->below[i];
        if (known->buffer == below.buffer && known->scale == below.scale) {
            known->slack = known->slack > below.slack ? known->slack : below.slack;
            return;
        }
    }
    if (range->count < IR_RANGE_BELOWS)
        range->below[range->count++] = below;
}

static void add_all(struct ir_range *range, const struct ir_range *from)
{
    for (uint32_t i = 0; i < from->count; i++)
        ir_range_add_below(range, from->below[i]);
}

struct ir_range ir_range_both(const struct ir_range *a, const struct ir_range *b)
{
    struct ir_range both = *a;
    both.low = b->low > both.low ? b->low : both.low;
    both.high = b->high < both.high ? b->high : both.high;
    add_all(&both, b);
    return both;
}

// Adds the relations of `from` for a value that is larger by at most `growth`.
static void add_shifted(struct ir_range *range, const struct ir_range *from, int64_t growth)
{
    for (uint32_t i = 0; i < from->count; i++) {
        struct ir_below below = from->below[i];
        below.slack -= (int64_t)below.scale * growth;
        ir_range_add_below(range, below);
    }
}

static struct ir_range sum(const struct ir_range *left, const struct ir_range *right)
{
    uint64_t high = (uint64_t)left->high + right->high;
    if (high > UINT32_MAX)
        return ir_range_any;
    struct ir_range range = { .low = left->low + right->low, .high = (uint32_t)high };
    add_shifted(&range, left, right->high);
    add_shifted(&range, right, left->high);
    return range;
}

struct ir_range ir_range_difference(const struct ir_range *left, const struct ir_range *right)
{
    struct ir_range range = { 0 };
    range.low = left->low > right->high ? left->low - right->high : 0;
    range.high = left->high > right->low ? left->high - right->low : 0;
    add_shifted(&range, left, -(int64_t)right->low);
    return range;
}

static struct ir_range product(const struct ir_range *left, const struct ir_range *right)
{
    uint64_t high = (uint64_t)left->high * right->high;
    if (high > UINT32_MAX)
        return ir_range_any;
    struct ir_range range = { .low = left->low * right->low, .high = (uint32_t)high };
    const struct ir_range *value = right->low == right->high ? left : right;
    const struct ir_range *factor = value == left ? right : left;
    if (factor->low != factor->high || factor->low == 0)
        return range;
    for (uint32_t i = 0; i < value->count; i++) {
        struct ir_below below = value->below[i];
        if (below.scale % factor->low)
            continue;
        below.scale /= factor->low;
        ir_range_add_below(&range, below);
    }
    return range;
}

// The quotient q by a constant has constant * q <= value.
static struct ir_range quotient(const struct ir_range *left, uint32_t by)
{
    struct ir_range range = { .low = left->low / by, .high = left->high / by };
    for (uint32_t i = 0; i < left->count; i++) {
        struct ir_below below = left->below[i];
        uint64_t scale = (uint64_t)below.scale * by;
        if (scale > UINT32_MAX)
            continue;
        below.scale = (uint32_t)scale;
        ir_range_add_below(&range, below);
    }
    return range;
}

// Of a result that is never above the operand.
static struct ir_range shrunk(const struct ir_range *from)
{
    struct ir_range range = *from;
    range.low = 0;
    return range;
}

static uint32_t ones_above(uint32_t value)
{
    for (uint32_t shift = 1; shift < 32; shift *= 2)
        value |= value >> shift;
    return value;
}

static struct ir_range masked(const struct ir_range *left, const struct ir_range *right)
{
    struct ir_range range = shrunk(left);
    range.high = right->high < range.high ? right->high : range.high;
    add_all(&range, right);
    return range;
}

static struct ir_range remainder_by(const struct ir_range *left, const struct ir_range *right)
{
    struct ir_range range = shrunk(left);
    uint32_t most = right->high ? right->high - 1 : 0; // x % 0 is 0
    range.high = most < range.high ? most : range.high;
    return range;
}

static struct ir_range smaller(const struct ir_range *left, const struct ir_range *right)
{
    struct ir_range range = masked(left, right);
    range.low = left->low < right->low ? left->low : right->low;
    return range;
}

// What holds for either of two values.
struct ir_range ir_range_select(const struct ir_range *yes, const struct ir_range *no)
{
    struct ir_range range = {
        .low = yes->low < no->low ? yes->low : no->low,
        .high = yes->high > no->high ? yes->high : no->high,
    };
    for (uint32_t i = 0; i < yes->count; i++)
        for (uint32_t k = 0; k < no->count; k++) {
            struct ir_below below = yes->below[i];
            if (no->below[k].buffer != below.buffer || no->below[k].scale != below.scale)
                continue;
            below.slack = below.slack < no->below[k].slack ? below.slack : no->below[k].slack;
            ir_range_add_below(&range, below);
        }
    return range;
}

static struct ir_range larger(const struct ir_range *left, const struct ir_range *right)
{
    struct ir_range range = ir_range_select(left, right);
    range.low = left->low > right->low ? left->low : right->low;
    return range;
}

struct ir_range ir_range_under(const struct ir_range *bound, bool strict)
{
    struct ir_range range = shrunk(bound);
    if (!strict)
        return range;
    range.high = bound->high ? bound->high - 1 : 0; // below 0: what follows is never reached
    range.count = 0;
    add_shifted(&range, bound, -1);
    return range;
}

struct ir_range ir_range_binop(uint8_t op, const struct ir_range *left,
                               const struct ir_range *right)
{
    const bool fixed = right->low == right->high;
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_WRAPPING_ADD: return sum(left, right);
    case IR_BIN_SUB:
    case IR_BIN_WRAPPING_SUB:
        return left->low >= right->high ? ir_range_difference(left, right) : ir_range_any;
    case IR_BIN_SATURATING_SUB: {
        struct ir_range range = shrunk(left);
        range.high = left->high > right->low ? left->high - right->low : 0;
        return range;
    }
    case IR_BIN_MUL: return product(left, right);
    case IR_BIN_DIV:
        if (fixed && right->low > 0)
            return quotient(left, right->low);
        return right->low > 0 ? shrunk(left) : ir_range_any; // x / 0 is 2^32 - 1
    case IR_BIN_MOD: return remainder_by(left, right);
    case IR_BIN_SHR: return fixed ? quotient(left, UINT32_C(1) << (right->low & 31)) : shrunk(left);
    case IR_BIN_SHL: {
        const uint32_t factor = UINT32_C(1) << (right->low & 31);
        const struct ir_range by = { .low = factor, .high = factor };
        return fixed ? product(left, &by) : ir_range_any;
    }
    case IR_BIN_BIT_AND: return masked(left, right);
    case IR_BIN_BIT_OR:
        return (struct ir_range){
            .low = left->low > right->low ? left->low : right->low,
            .high = ones_above(left->high | right->high),
        };
    case IR_BIN_BIT_XOR: return (struct ir_range){ .high = ones_above(left->high | right->high) };
    case IR_BIN_MIN: return smaller(left, right);
    case IR_BIN_MAX: return larger(left, right);
    default: return ir_range_any;
    }
}
