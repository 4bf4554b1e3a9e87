// SPDX-License-Identifier: MIT
// Operand types of operators (spec: ir.md, 4.3.7). Unknown types satisfy every rule.
#include "ir/tables.h"
#include "validate_walk.h"

static bool is_64bit(const struct ir_type *type)
{
    return ir_type_is(type, IR_TYPE_U64) || ir_type_is(type, IR_TYPE_I64);
}

static bool is_integer32(const struct ir_type *type)
{
    return ir_type_is(type, IR_TYPE_U32) || ir_type_is(type, IR_TYPE_I32);
}

static bool is_number32(const struct ir_type *type)
{
    return is_integer32(type) || ir_type_is(type, IR_TYPE_F32);
}

static bool is_logical(const struct ir_type *type)
{
    return ir_type_is(type, IR_TYPE_U32) || ir_type_is(type, IR_TYPE_BOOL);
}

static const char *side(unsigned kid)
{
    return kid ? "right" : "left";
}

bool ir_is_static_zero(const struct ir_expr *expr)
{
    while (expr->kind == IR_EXPR_CAST)
        expr = expr->kids[0];
    switch (expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32: return expr->bits == 0;
    case IR_EXPR_LIT_F32: return (expr->bits & 0x7FFFFFFFu) == 0;
    default: return false;
    }
}

static void report_mixed(struct ir_validator *v, enum diag_code code,
                         const struct ir_type *const types[2])
{
    ir_validate_report(v, code, "the operands are %s and %s", ir_validate_type(v, types[0]),
                       ir_validate_type(v, types[1]));
}

// Reports each operand of a known type that does not satisfy `legal`.
static void check_sides(struct ir_validator *v, enum diag_code code,
                        const struct ir_type *const types[2],
                        bool (*legal)(const struct ir_type *type))
{
    for (unsigned kid = 0; kid < 2; kid++)
        if (types[kid] && !legal(types[kid]))
            ir_validate_report(v, code, "the %s operand is %s", side(kid),
                               ir_validate_type(v, types[kid]));
}

static bool is_u32(const struct ir_type *type)
{
    return ir_type_is(type, IR_TYPE_U32);
}

static bool is_not_bool(const struct ir_type *type)
{
    return !ir_type_is(type, IR_TYPE_BOOL);
}

static void check_arithmetic(struct ir_validator *v, unsigned op,
                             const struct ir_type *const types[2])
{
    bool known = types[0] && types[1];
    if (known && (is_64bit(types[0]) || is_64bit(types[1])))
        report_mixed(v, DIAG_V140, types);
    if (known &&
        (op == IR_BIN_SATURATING_ADD || op == IR_BIN_SATURATING_SUB ||
         op == IR_BIN_SATURATING_MUL) &&
        !(is_u32(types[0]) && is_u32(types[1])))
        report_mixed(v, DIAG_V141, types);
    if (known && op == IR_BIN_ABS_DIFF &&
        (ir_type_is(types[0], IR_TYPE_I32) || ir_type_is(types[1], IR_TYPE_I32)))
        report_mixed(v, DIAG_V142, types);
    check_sides(v, DIAG_V143, types, is_not_bool);
    if (is_number32(types[0]) && is_number32(types[1]) && ir_types_differ(types[0], types[1]))
        report_mixed(v, DIAG_V144, types);
}

static void check_remainder(struct ir_validator *v, const struct ir_type *const types[2])
{
    check_sides(v, DIAG_V145, types, is_integer32);
    if (is_integer32(types[0]) && is_integer32(types[1]) && ir_types_differ(types[0], types[1]))
        report_mixed(v, DIAG_V146, types);
}

static void check_bitwise(struct ir_validator *v, const struct ir_type *const types[2])
{
    if (!types[0] || !types[1])
        return;
    check_sides(v, DIAG_V147, types, is_integer32);
    if (ir_types_differ(types[0], types[1]))
        report_mixed(v, DIAG_V148, types);
}

void ir_validate_binop(struct ir_validator *v, uint32_t fact)
{
    const struct ir_expr *expr = v->facts.items[fact].expr;
    const struct ir_type *const types[2] = {
        v->facts.items[ir_fact_kid(v, fact, 0)].type,
        v->facts.items[ir_fact_kid(v, fact, 1)].type,
    };
    if ((expr->op == IR_BIN_DIV || expr->op == IR_BIN_MOD) && ir_is_static_zero(expr->kids[1]))
        ir_validate_report(v, DIAG_V044, "the divisor is 0");
    if (ir_binop_info((enum ir_binop)expr->op)->needs_subgroup) {
        ir_validate_report(v, DIAG_V152, "%s needs subgroup semantics",
                           ir_binop_info(expr->op)->spelling);
        return;
    }
    if (is_u32(types[0]) && is_u32(types[1]))
        return; // what most operands are, and nothing below refuses it
    switch ((enum ir_binop)expr->op) {
    case IR_BIN_ADD:
    case IR_BIN_SUB:
    case IR_BIN_MUL:
    case IR_BIN_DIV:
    case IR_BIN_SATURATING_ADD:
    case IR_BIN_SATURATING_SUB:
    case IR_BIN_SATURATING_MUL:
    case IR_BIN_MIN:
    case IR_BIN_MAX:
    case IR_BIN_ABS_DIFF: check_arithmetic(v, expr->op, types); break;
    case IR_BIN_MOD: check_remainder(v, types); break;
    case IR_BIN_BIT_AND:
    case IR_BIN_BIT_OR:
    case IR_BIN_BIT_XOR: check_bitwise(v, types); break;
    case IR_BIN_SHL:
    case IR_BIN_SHR:
    case IR_BIN_ROTATE_LEFT:
    case IR_BIN_ROTATE_RIGHT: check_sides(v, DIAG_V149, types, is_u32); break;
    case IR_BIN_AND:
    case IR_BIN_OR: check_sides(v, DIAG_V150, types, is_logical); break;
    case IR_BIN_EQ:
    case IR_BIN_NE:
    case IR_BIN_LT:
    case IR_BIN_GT:
    case IR_BIN_LE:
    case IR_BIN_GE:
        if (ir_types_differ(types[0], types[1]))
            report_mixed(v, DIAG_V151, types);
        break;
    default: break; // wrapping sums, mul_high and extensions take anything
    }
}

static bool unop_accepts(unsigned op, const struct ir_type *type, enum diag_code *code)
{
    switch (op) {
    case IR_UN_NEGATE: *code = DIAG_V153; return is_u32(type) || ir_type_is(type, IR_TYPE_F32);
    case IR_UN_LOGICAL_NOT: *code = DIAG_V154; return is_logical(type);
    case IR_UN_BIT_NOT:
    case IR_UN_POPCOUNT:
    case IR_UN_CLZ:
    case IR_UN_CTZ:
    case IR_UN_REVERSE_BITS:
        *code = DIAG_V155;
        return is_integer32(type) || ir_type_is(type, IR_TYPE_U64);
    case IR_UN_UNPACK4_LOW:
    case IR_UN_UNPACK4_HIGH:
    case IR_UN_UNPACK8_LOW:
    case IR_UN_UNPACK8_HIGH:
    case IR_UN_OPAQUE: *code = DIAG_V157; return false;
    default: *code = DIAG_V156; return ir_type_is(type, IR_TYPE_F32);
    }
}

void ir_validate_unop(struct ir_validator *v, uint32_t fact)
{
    const struct ir_expr *expr = v->facts.items[fact].expr;
    const struct ir_type *type = v->facts.items[ir_fact_kid(v, fact, 0)].type;
    enum diag_code code;
    if (type && !unop_accepts(expr->op, type, &code))
        ir_validate_report(v, code, "the operand of %s is %s", ir_unop_info(expr->op)->spelling,
                           ir_validate_type(v, type));
}
