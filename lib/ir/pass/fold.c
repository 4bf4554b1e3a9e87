// SPDX-License-Identifier: MIT
// Constant folding.
//
// Does: computes operators whose operands are literals, with the interpreter's own arithmetic;
// takes the arm that a literal chooses; puts the value in the place of a local that only ever has a
// literal, or another unchanging local, for its value.
// Needs: a valid program. Breaks nothing: what would be a run-time error, for example an i32
// division by zero, stays one; a negative zero is never made, because the binary form loses its
// sign; and no expression changes its static type.
#include "ir/pass.h"

#include "facts.h"
#include "interp/ops.h"
#include "ir/edit.h"

struct fold {
    struct ir_edit edit;
    struct ir_facts *facts;
    struct arena arena;     // of the tables
    struct ir_expr **known; // by name: what a live local stands for; NULL: itself
    struct {
        ARRAY(ir_name);
    } bound;          // names in `known`, in the order in which they became live
    bool in_subgroup; // operands that all lanes evaluate, each with its own locals
    bool failed;
};

struct folded {
    struct ir_expr *expr;
    struct ir_expr_facts facts;
};

// ---- Operators on literals ----------------------------------------------------------------------

static bool is_negative_zero(const struct interp_value *value)
{
    return value->kind == INTERP_FLOAT && interp_f32_bits((float)value->number) == 0x80000000;
}

// The literal for a value, NULL when there is none.
static struct ir_expr *literal_of(struct fold *fold, const struct interp_value *value,
                                  const struct ir_type *type)
{
    struct ir_draft *draft;
    enum ir_type_kind kind;
    switch (value->kind) {
    case INTERP_U32: kind = IR_TYPE_U32; break;
    case INTERP_I32: kind = IR_TYPE_I32; break;
    case INTERP_BOOL: kind = IR_TYPE_BOOL; break;
    case INTERP_FLOAT: kind = IR_TYPE_F32; break;
    default: return NULL;
    }
    // An i32 value may have the static type u32 (spec: ir.md, 7.2).
    if (!type || type->kind != kind || is_negative_zero(value))
        return NULL;
    draft = ir_edit_draft(&fold->edit);
    switch (kind) {
    case IR_TYPE_I32: return ir_lit_i32(draft, (int32_t)value->u32);
    case IR_TYPE_BOOL: return ir_lit_bool(draft, value->u32);
    case IR_TYPE_F32: return ir_lit_f32(draft, interp_f32_bits((float)value->number));
    default: return ir_lit_u32(draft, value->u32);
    }
}

// Computes an operator whose operands are all literals; false when that is a run-time error.
static bool compute(const struct ir_expr *expr, struct interp_value *out)
{
    struct interp_value operands[IR_FACT_KIDS];
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        operands[i] = ir_literal_value(expr->kids[i]);
        if (is_negative_zero(&operands[i]))
            return false;
    }
    switch (expr->kind) {
    case IR_EXPR_BINOP:
        return interp_binop((enum ir_binop)expr->op, &operands[0], &operands[1], out) ==
               INTERP_OP_OK;
    case IR_EXPR_UNOP:
        return interp_unop((enum ir_unop)expr->op, &operands[0], out) == INTERP_OP_OK;
    case IR_EXPR_CAST:
        return interp_cast((enum ir_type_kind)expr->type->kind, &operands[0], out) == INTERP_OP_OK;
    case IR_EXPR_FMA: return interp_fma(operands, out) == INTERP_OP_OK;
    default: return false;
    }
}

static bool all_literals(const struct ir_expr *expr)
{
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (!ir_is_literal(expr->kids[i]))
            return false;
    return expr->kid_count > 0 && expr->kid_count <= IR_FACT_KIDS;
}

// ---- Expressions --------------------------------------------------------------------------------

static struct ir_expr *fold_select(struct ir_expr *expr, const struct ir_expr_facts *kids)
{
    if (!ir_is_literal(expr->kids[0]))
        return expr;
    const struct interp_value cond = ir_literal_value(expr->kids[0]);
    const unsigned chosen = interp_truthy(&cond) ? 1 : 2;
    return ir_droppable(&kids[3 - chosen]) ? expr->kids[chosen] : expr;
}

// Workgroup memory has exactly the elements that it is declared with; an axis of one invocation
// has one id.
static bool known_number(const struct fold *fold, const struct ir_expr *expr, uint32_t *out)
{
    const struct vyre_program *program = fold->facts->program;
    if (expr->kind == IR_EXPR_LOCAL_ID) {
        *out = 0;
        return expr->op <= 2 && program->workgroup[expr->op] == 1;
    }
    if (expr->kind != IR_EXPR_BUF_LEN || !fold->facts->names[expr->name].buffer)
        return false;
    const struct ir_buffer *buffer = &program->buffers[fold->facts->names[expr->name].buffer - 1];
    uint64_t bytes, elements;
    if (buffer->access != VYRE_ACCESS_WORKGROUP || buffer->linear != IR_LINEAR_UNRESTRICTED ||
        !ir_type_packed_size(buffer->element, buffer->count, &bytes) ||
        !ir_type_element_count(buffer->element, bytes, &elements) || elements > UINT32_MAX)
        return false;
    *out = (uint32_t)elements;
    return true;
}

// What an expression with folded operands becomes.
static struct ir_expr *fold_one(struct fold *fold, struct ir_expr *expr,
                                const struct ir_expr_facts *kids, const struct ir_expr_facts *facts)
{
    struct interp_value value;
    uint32_t number;
    struct ir_expr *made = NULL;
    if (expr->kind == IR_EXPR_VAR)
        return fold->known[expr->name] && !fold->in_subgroup ? fold->known[expr->name] : expr;
    if (expr->kind == IR_EXPR_SELECT)
        return fold_select(expr, kids);
    if (known_number(fold, expr, &number))
        made = ir_lit_u32(ir_edit_draft(&fold->edit), number);
    else if (all_literals(expr) && compute(expr, &value))
        made = literal_of(fold, &value, facts->type);
    return made ? ir_edit_replace(&fold->edit, expr, made) : expr;
}

// Whether a division by this zero will be computed, so that the validator never sees it.
static bool divides_for_good(const struct ir_expr *left, const struct ir_expr *zero)
{
    return zero->bits == 0 && ((left->kind == IR_EXPR_LIT_U32 && zero->kind == IR_EXPR_LIT_U32) ||
                               (left->kind == IR_EXPR_LIT_F32 && zero->kind == IR_EXPR_LIT_F32 &&
                                left->bits != 0x80000000));
}

static struct folded fold_expr(struct fold *fold, struct ir_expr *expr)
{
    struct ir_expr_facts kids[IR_FACT_KIDS];
    struct ir_expr *now = expr;
    const bool outer = fold->in_subgroup;
    fold->in_subgroup = outer || ir_expr_is_subgroup(expr);
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        struct folded kid = fold_expr(fold, expr->kids[i]);
        if (!ir_hides_zero(expr, i, kid.expr) || divides_for_good(now->kids[0], kid.expr))
            now = ir_edit_kid(&fold->edit, expr, now, i, kid.expr);
        if (i < IR_FACT_KIDS)
            kids[i] = kid.facts;
    }
    fold->in_subgroup = outer;
    struct ir_expr_facts facts = ir_facts_from(fold->facts, now, kids);
    struct ir_expr *made = fold_one(fold, now, kids, &facts);
    if (made == now)
        return (struct folded){ now, facts };
    if (now->kind == IR_EXPR_SELECT)
        return (struct folded){ made, kids[made == now->kids[1] ? 1 : 2] };
    return (struct folded){ made, ir_facts_from(fold->facts, made, NULL) };
}

// ---- Statements ---------------------------------------------------------------------------------

// Uses of a local that has one value for its whole life can have that value instead. The life of
// the value must not be the shorter one: literals live for ever, and a local that is in scope where
// another is bound leaves its scope no earlier.
static void learn(struct fold *fold, const struct ir_node *node, struct ir_expr *value)
{
    const struct ir_name_facts *names = fold->facts->names;
    if (names[node->name].assigned)
        return;
    const bool lasts = value->kind == IR_EXPR_VAR && names[value->name].bound &&
                       !names[value->name].assigned && !names[value->name].buffer;
    if (!ir_is_literal(value) && !lasts)
        return;
    if (!array_push_in(&fold->arena, &fold->bound, node->name))
        fold->failed = true;
    else
        fold->known[node->name] = value;
}

static struct ir_body fold_body(struct fold *fold, struct ir_body body);

// A store outside its buffer is dropped, but where the validator can see it, it is an error (V036).
static bool is_outside(const struct fold *fold, ir_name name, const struct ir_expr *index)
{
    const uint32_t buffer = fold->facts->names[name].buffer;
    const uint32_t count = buffer ? fold->facts->program->buffers[buffer - 1].count : 0;
    return count > 0 && index->kind == IR_EXPR_LIT_U32 && index->bits >= count;
}

static struct ir_node *fold_node(struct fold *fold, struct ir_node *node)
{
    struct ir_expr *a = node->a;
    struct ir_expr *b = node->b;
    if (a && !ir_operands_unchecked(node))
        a = fold_expr(fold, a).expr;
    if (b && !ir_operands_unchecked(node))
        b = fold_expr(fold, b).expr;
    if (node->kind == IR_NODE_STORE && is_outside(fold, node->name, a))
        a = node->a;
    struct ir_body body = fold_body(fold, node->body);
    struct ir_body otherwise = fold_body(fold, node->otherwise);
    if (node->kind == IR_NODE_LET)
        learn(fold, node, a);
    return ir_edit_node(&fold->edit, node, a, b, body, otherwise);
}

static struct ir_body fold_body(struct fold *fold, struct ir_body body)
{
    struct ir_edit_body made = { .from = body };
    const size_t mark = fold->bound.count;
    for (uint32_t i = 0; i < body.count; i++)
        ir_edit_put(&fold->edit, &made, fold_node(fold, body.nodes[i]));
    while (fold->bound.count > mark)
        fold->known[fold->bound.items[--fold->bound.count]] = NULL;
    return ir_edit_take(&fold->edit, &made);
}

enum vyre_result ir_pass_fold(const struct ir_pass_context *context,
                              const struct vyre_program *from, struct vyre_program **out)
{
    struct fold fold = { .facts = context->facts };
    enum vyre_result result = VYRE_ERR_NO_MEMORY;
    *out = NULL;
    ir_edit_init(&fold.edit, from);
    fold.known = arena_array(&fold.arena, from->name_count, sizeof *fold.known);
    if (ir_facts_about(fold.facts, from) && fold.known) {
        struct ir_body entry = fold_body(&fold, from->entry);
        if (!fold.failed)
            result = ir_edit_finish(&fold.edit, entry, out);
    }
    if (!result)
        ir_facts_follow(fold.facts, *out);
    ir_edit_fini(&fold.edit);
    arena_fini(&fold.arena);
    return result;
}
