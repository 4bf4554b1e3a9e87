// SPDX-License-Identifier: MIT
// The walk over an expression: children before the operator's own rule, except that a load names
// its buffer first and an atomic is checked before its operands (spec: ir.md, 4.4).
#include "ir/literal64.h"
#include "validate_walk.h"

#include <string.h>

const char *ir_validate_kid_role(const struct ir_expr *expr, uint32_t kid, bool *numbered)
{
    static const char *const binop[] = { "left", "right" };
    static const char *const select[] = { "cond", "true", "false" };
    static const char *const fma[] = { "a", "b", "c" };
    static const char *const shuffle[] = { "value", "lane" };
    static const char *const atomic[] = { "index", "value" };
    static const char *const exchange[] = { "index", "expected", "value" };
    *numbered = expr->kind == IR_EXPR_CALL || expr->kind == IR_EXPR_OPAQUE;
    switch (expr->kind) {
    case IR_EXPR_LOAD: return "index";
    case IR_EXPR_BINOP: return binop[kid & 1];
    case IR_EXPR_UNOP: return "operand";
    case IR_EXPR_SELECT: return select[kid % 3];
    case IR_EXPR_CAST: return "value";
    case IR_EXPR_ATOMIC: return expr->has_expected ? exchange[kid % 3] : atomic[kid & 1];
    case IR_EXPR_FMA: return fma[kid % 3];
    case IR_EXPR_SUBGROUP_ADD: return "value";
    case IR_EXPR_SUBGROUP_SHUFFLE: return shuffle[kid & 1];
    case IR_EXPR_SUBGROUP_BALLOT: return "cond";
    default: return "args";
    }
}

static void check_axis(struct ir_validator *v, const struct ir_expr *expr)
{
    if (expr->op > 2)
        ir_validate_report(v, DIAG_V117, "there is no axis %u", expr->op);
}

static void check_select(struct ir_validator *v, uint32_t fact)
{
    const struct ir_type *yes = v->facts.items[ir_fact_kid(v, fact, 1)].type;
    const struct ir_type *no = v->facts.items[ir_fact_kid(v, fact, 2)].type;
    if (ir_types_differ(yes, no))
        ir_validate_report(v, DIAG_V029, "one value is %s, the other %s", ir_validate_type(v, yes),
                           ir_validate_type(v, no));
}

static void check_fma(struct ir_validator *v, uint32_t fact)
{
    for (uint32_t kid = 0; kid < 3; kid++) {
        const struct ir_type *type = v->facts.items[ir_fact_kid(v, fact, kid)].type;
        if (type && type->kind != IR_TYPE_F32)
            ir_validate_report(v, DIAG_V028, "operand %c is %s", (int)('a' + kid),
                               ir_validate_type(v, type));
    }
}

static void check_subgroup(struct ir_validator *v)
{
    if (!v->params.subgroup_ops)
        ir_validate_report(v, DIAG_V041, "the target has no subgroup operations");
}

static void check_opaque(struct ir_validator *v, const struct ir_expr *expr)
{
    struct ir_text kind = ir_name_text(v->program, expr->name);
    if (kind.size == 0)
        ir_validate_report(v, DIAG_V030, "the extension has no kind");
    if (!ir_literal64_type(v->program, expr))
        ir_validate_report(v, DIAG_V030, "the extension %s has no known type",
                           ir_validate_name(v, expr->name));
}

// Rules that come before the children.
static void check_before(struct ir_validator *v, uint32_t fact)
{
    const struct ir_expr *expr = v->facts.items[fact].expr;
    if (expr->kind == IR_EXPR_LOAD)
        ir_validate_load(v, fact);
    else if (expr->kind == IR_EXPR_ATOMIC)
        ir_validate_atomic(v, fact);
    else if (expr->kind == IR_EXPR_OPAQUE && expr->ext != IR_EXT_NONE)
        ir_validate_ext(v, expr->ext, expr->name, expr->ordering,
                        expr->kid_count > 0 ? ir_fact_kid(v, fact, 0) : UINT32_MAX,
                        expr->kid_count > 1 ? ir_fact_kid(v, fact, 1) : UINT32_MAX);
}

// The ids are met where other languages have vectors: say what they are made of.
static void report_undeclared(struct ir_validator *v, ir_name name)
{
    struct ir_text text = ir_name_text(v->program, name);
    bool is_id =
        text.size == 3 && (memcmp(text.text, "gid", 3) == 0 || memcmp(text.text, "wid", 3) == 0 ||
                           memcmp(text.text, "lid", 3) == 0);
    if (is_id)
        ir_validate_report(v, DIAG_V124, "%s is not declared; the ids are %s.x, .y and .z",
                           ir_validate_name(v, name), text.text);
    else
        ir_validate_report(v, DIAG_V124, "%s is not declared", ir_validate_name(v, name));
}

static void check_after(struct ir_validator *v, uint32_t fact)
{
    const struct ir_expr *expr = v->facts.items[fact].expr;
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_VAR:
        if (!ir_validate_binding(v, expr->name))
            report_undeclared(v, expr->name);
        break;
    case IR_EXPR_BUF_LEN:
        if (!ir_validate_buffer(v, expr->name))
            ir_validate_report(v, DIAG_V116, "buffer %s is not declared",
                               ir_validate_name(v, expr->name));
        break;
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: check_axis(v, expr); break;
    case IR_EXPR_BINOP: ir_validate_binop(v, fact); break;
    case IR_EXPR_UNOP: ir_validate_unop(v, fact); break;
    case IR_EXPR_SELECT: check_select(v, fact); break;
    case IR_EXPR_CAST: ir_validate_cast(v, fact); break;
    case IR_EXPR_CALL: ir_validate_call(v, fact); break;
    case IR_EXPR_FMA: check_fma(v, fact); break;
    case IR_EXPR_SUBGROUP_ADD:
    case IR_EXPR_SUBGROUP_SHUFFLE:
    case IR_EXPR_SUBGROUP_BALLOT:
    case IR_EXPR_SUBGROUP_LOCAL_ID:
    case IR_EXPR_SUBGROUP_SIZE: check_subgroup(v); break;
    case IR_EXPR_OPAQUE:
        if (expr->ext == IR_EXT_NONE)
            check_opaque(v, expr);
        break;
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32:
    case IR_EXPR_LOAD:
    case IR_EXPR_ATOMIC:
    case IR_EXPR_COUNT: break;
    }
}

// Facts that end before `at` are left, the innermost first.
static void leave_before(struct ir_validator *v, uint32_t at)
{
    while (v->open_count > 0 && v->open[v->open_count - 1].end <= at) {
        check_after(v, v->open[v->open_count - 1].fact);
        v->open_count--;
    }
}

// Most expressions are literals and locals in scope: no rule can refuse them.
static bool is_beyond_rules(const struct ir_validator *v, const struct ir_expr *expr)
{
    switch (expr->kind) {
    case IR_EXPR_VAR: return ir_validate_binding(v, expr->name) != NULL;
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32: return true;
    default: return false;
    }
}

void ir_validate_expr(struct ir_validator *v, uint32_t fact, const char *role)
{
    const struct ir_fact *facts = v->facts.items;
    const uint32_t end = fact + facts[fact].size;
    if (facts[fact].fine)
        return;
    v->role = role;
    for (uint32_t at = fact; at < end;) {
        leave_before(v, at);
        const uint32_t depth = v->open_count;
        const uint32_t kid = depth > 0 ? v->open[depth - 1].entered++ : 0;
        if (depth <= IR_MAX_EXPR_DEPTH && is_beyond_rules(v, facts[at].expr)) {
            at++;
            continue;
        }
        v->open[v->open_count++] = (struct ir_open){ at, at + facts[at].size, kid, 0 };
        if (depth <= IR_MAX_EXPR_DEPTH) {
            check_before(v, at);
            at++;
            continue;
        }
        ir_validate_report(v, DIAG_V033,
                           "this expression is nested %u deep, at most %d are allowed", depth,
                           IR_MAX_EXPR_DEPTH);
        v->open_count--;
        at += facts[at].size; // what is inside is not looked at
    }
    leave_before(v, end);
}
