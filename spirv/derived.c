// SPDX-License-Identifier: MIT
// Words that the host computes from the lengths of buffers, once for a launch where the device
// would for every invocation: lengths in elements, parts of them, and the smallest of several, as
// in `i < min(len(a), len(b) / 4)`.
#include "lowering.h"

enum {
    MOST_TERMS = 4,      // of one word
    DEEPEST_DERIVED = 8, // expressions around each other; deeper ones are computed by the device
};

struct quotients {
    uint32_t count;
    struct vyre_module_term terms[MOST_TERMS];
};

static bool add_length(const struct spv_lowering *lowering, ir_name name, struct quotients *out)
{
    const uint32_t buffer = lowering->facts.names[name].buffer;
    if (!buffer || out->count == MOST_TERMS)
        return false;
    const struct ir_buffer *declared = &lowering->program->buffers[buffer - 1];
    const struct spv_buffer *state = &lowering->buffers[buffer - 1];
    uint64_t bits;
    // Elements that are counted and elements that can be accessed have to be the same.
    if (declared->access == VYRE_ACCESS_WORKGROUP || !state->stride ||
        !ir_type_bits(declared->element, &bits) || bits != 8ull * state->stride)
        return false;
    out->terms[out->count++] = (struct vyre_module_term){ 0, state->binding, state->stride };
    return true;
}

// Finds the quotients of which `expr` is the smallest. A quotient of a quotient is one by the
// product, and dividing keeps which one is the smallest.
static bool find_quotients(const struct spv_lowering *lowering, const struct ir_expr *expr,
                           int depth, struct quotients *out)
{
    if (depth == DEEPEST_DERIVED)
        return false;
    if (expr->kind == IR_EXPR_BUF_LEN)
        return add_length(lowering, expr->name, out);
    if (expr->kind != IR_EXPR_BINOP)
        return false;
    const uint32_t before = out->count;
    if (expr->op == IR_BIN_MIN)
        return find_quotients(lowering, expr->kids[0], depth + 1, out) &&
               find_quotients(lowering, expr->kids[1], depth + 1, out);
    const struct ir_expr *literal = expr->kids[1];
    if (literal->kind != IR_EXPR_LIT_U32 || (expr->op != IR_BIN_DIV && expr->op != IR_BIN_SHR))
        return false;
    const uint64_t divisor =
        expr->op == IR_BIN_DIV ? literal->bits : UINT64_C(1) << (literal->bits & 31);
    if (!divisor || !find_quotients(lowering, expr->kids[0], depth + 1, out))
        return false;
    for (uint32_t i = before; i < out->count; i++) {
        const uint64_t product = out->terms[i].divisor * divisor;
        if (product > UINT32_MAX)
            return false;
        out->terms[i].divisor = (uint32_t)product;
    }
    return true;
}

static bool same_word(const struct spv_lowering *lowering, size_t first,
                      const struct quotients *quotients)
{
    const size_t count = lowering->terms.count;
    const struct vyre_module_term *terms = lowering->terms.items + first;
    const uint32_t word = terms[0].word;
    for (uint32_t i = 0; i < quotients->count; i++)
        if (first + i >= count || terms[i].word != word ||
            terms[i].binding != quotients->terms[i].binding ||
            terms[i].divisor != quotients->terms[i].divisor)
            return false;
    return first + quotients->count == count || terms[quotients->count].word != word;
}

// The push constant with these quotients; UINT32_MAX: there is no room for it.
static uint32_t find_word(struct spv_lowering *lowering, const struct quotients *quotients)
{
    for (size_t i = 0; i < lowering->terms.count; i++)
        if ((i == 0 || lowering->terms.items[i].word != lowering->terms.items[i - 1].word) &&
            same_word(lowering, i, quotients))
            return lowering->terms.items[i].word;
    const uint32_t word = lowering->push_words + lowering->derived_count;
    if (lowering->derived_count == VYRE_MODULE_MOST_DERIVED ||
        word >= lowering->target->max_push_bytes / 4)
        return UINT32_MAX;
    for (uint32_t i = 0; i < quotients->count; i++) {
        struct vyre_module_term term = quotients->terms[i];
        term.word = word;
        if (!array_push_in(&lowering->arena, &lowering->terms, term))
            lowering->writer.status = VYRE_ERR_NO_MEMORY;
    }
    lowering->derived_count++;
    return word;
}

bool spv_derived(struct spv_lowering *lowering, const struct ir_expr *expr, uint32_t *id)
{
    struct quotients quotients = { 0 };
    if (lowering->no_optimize || !find_quotients(lowering, expr, 0, &quotients))
        return false;
    const uint32_t word = find_word(lowering, &quotients);
    if (word == UINT32_MAX)
        return false;
    *id = spv_push_word(lowering, word);
    return true;
}

bool spv_derived_length(struct spv_lowering *lowering, uint32_t buffer, uint32_t *id)
{
    const struct spv_buffer *state = &lowering->buffers[buffer];
    const struct quotients one = { 1, { { 0, state->binding, state->stride } } };
    if (lowering->no_optimize || state->stride < 2)
        return false;
    const uint32_t word = find_word(lowering, &one);
    if (word == UINT32_MAX)
        return false;
    *id = spv_push_word(lowering, word);
    return true;
}
