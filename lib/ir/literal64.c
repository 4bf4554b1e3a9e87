// SPDX-License-Identifier: MIT
// The one place that knows what literals of 64 bits are made of.
#include "ir/literal64.h"

#include <string.h>

enum { LITERAL_BYTES = 8 };

static const struct {
    const char *kind;
    enum ir_type_kind type;
} literals[] = {
    { "vyre.literal.i64", IR_TYPE_I64 },
    { "vyre.literal.u64", IR_TYPE_U64 },
    { "vyre.literal.f64", IR_TYPE_F64 },
};

bool ir_literal64_from_kind(const char *kind, size_t size, enum ir_type_kind *out)
{
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        if (size == strlen(literals[i].kind) && memcmp(kind, literals[i].kind, size) == 0) {
            *out = literals[i].type;
            return true;
        }
    }
    return false;
}

const struct ir_type *ir_literal64_type(const struct vyre_program *program,
                                        const struct ir_expr *expr)
{
    enum ir_type_kind type;
    if (expr->kind != IR_EXPR_OPAQUE || expr->ext != IR_EXT_NONE ||
        expr->payload_size != LITERAL_BYTES)
        return NULL;
    struct ir_text kind = ir_name_text(program, expr->name);
    return ir_literal64_from_kind(kind.text, kind.size, &type) ? ir_type_scalar(type) : NULL;
}

uint64_t ir_literal64_bits(const struct ir_expr *expr)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < LITERAL_BYTES; i++)
        bits |= (uint64_t)expr->payload[i] << (8 * i);
    return bits;
}

struct ir_expr *ir_literal64(struct ir_draft *draft, enum ir_type_kind type, uint64_t bits)
{
    struct ir_expr *expr = ir_draft_expr(draft, IR_EXPR_OPAQUE, 0);
    uint8_t bytes[LITERAL_BYTES];
    if (!expr)
        return NULL;
    for (unsigned i = 0; i < LITERAL_BYTES; i++)
        bytes[i] = (uint8_t)(bits >> (8 * i));
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++)
        if (literals[i].type == type)
            expr->name = ir_draft_cname(draft, literals[i].kind);
    if (draft->failed)
        return NULL;
    expr->payload = arena_copy(&draft->program->arena, bytes, sizeof bytes);
    expr->payload_size = sizeof bytes;
    if (!expr->payload) {
        draft->failed = true;
        return NULL;
    }
    return expr;
}
