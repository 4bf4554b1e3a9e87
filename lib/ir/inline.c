// SPDX-License-Identifier: MIT
// Call inlining; the registry resolves what is called.
//
// Does: puts the body of an op in place of each of its calls, in the order of evaluation: what a
// statement evaluates before a call is kept in locals. Needs: a program that is valid with this
// registry. Breaks: V136, as one statement that accesses a buffer plainly and by atomics may become
// two; what is known statically of a call's type.
#include "ir/inline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/report.h"
#include "base/str.h"
#include "ir/copy.h"
#include "ir/fresh.h"
#include "ir/registry.h"
#include "validate_walk.h"

enum { DEEPEST_CALL = 32 }; // bodies within bodies

#define PREFIX "__vyre_inline_"

struct inliner {
    const struct ir_inline *params;
    struct ir_draft draft;
    struct ir_copy copy;
    uint64_t next; // number of the next body
    unsigned depth;
    const char *limit; // what was exceeded, NULL: nothing
};

// A body that is being put in place.
struct site {
    struct inliner *inliner;
    const struct vyre_op_params *op;
    uint64_t number;
    struct ir_pos pos; // of the call
    ir_name result;
};

static void emit(struct inliner *inliner, struct ir_nodes *out, struct ir_node *node);

// ---- What is put in place -----------------------------------------------------------------------

static const struct vyre_op_params *op_of(const struct ir_inline *params, struct ir_text id)
{
    const struct vyre_op_params *op =
        params->registry ? ir_registry_find(params->registry, id) : NULL;
    bool takes = op && op->program && !(params->keep_evaluated && op->evaluate) &&
                 ir_has_capability(params->capabilities, params->capability_count, op->capability);
    return takes ? op : NULL;
}

// Expressions of the draft are looked at before the program is finished.
static const struct vyre_op_params *op_called(const struct inliner *inliner,
                                              const struct ir_expr *expr)
{
    if (expr->kind != IR_EXPR_CALL)
        return NULL;
    return op_of(inliner->params, inliner->draft.names.items[expr->name]);
}

static bool has_call(const struct inliner *inliner, const struct ir_expr *expr)
{
    if (op_called(inliner, expr))
        return true;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (has_call(inliner, expr->kids[i]))
            return true;
    return false;
}

static bool expr_calls(const struct vyre_program *program, const struct ir_inline *params,
                       const struct ir_expr *expr)
{
    if (expr->kind == IR_EXPR_CALL && op_of(params, ir_name_text(program, expr->name)))
        return true;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (expr_calls(program, params, expr->kids[i]))
            return true;
    return false;
}

static bool body_calls(const struct vyre_program *program, const struct ir_inline *params,
                       const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if ((node->a && expr_calls(program, params, node->a)) ||
            (node->b && expr_calls(program, params, node->b)) ||
            body_calls(program, params, &node->body) ||
            body_calls(program, params, &node->otherwise))
            return true;
    }
    return false;
}

// ---- Locals -------------------------------------------------------------------------------------

static ir_name local_name(struct inliner *inliner, uint64_t number, const char *role,
                          struct ir_text text)
{
    struct str name = { 0 };
    str_printf(&name, PREFIX "%" PRIu64 "_%s", number, role);
    str_add(&name, text.text, text.size);
    if (name.failed)
        inliner->draft.failed = true;
    ir_name made = ir_draft_name(&inliner->draft, str_text(&name), name.size);
    str_fini(&name);
    return made;
}

static ir_name numbered_name(struct inliner *inliner, uint64_t number, const char *role,
                             uint32_t index)
{
    char text[16];
    int size = snprintf(text, sizeof text, "%" PRIu32, index);
    return local_name(inliner, number, role, (struct ir_text){ text, (uint32_t)size });
}

static void add_let(struct inliner *inliner, struct ir_nodes *out, ir_name name,
                    struct ir_expr *value, struct ir_pos pos)
{
    struct ir_node *let = ir_let(&inliner->draft, name, value);
    if (let)
        let->pos = pos;
    ir_nodes_add(&inliner->draft, out, let);
}

// ---- Expressions --------------------------------------------------------------------------------

static struct ir_expr *put_body(struct inliner *inliner, struct ir_nodes *out,
                                struct ir_expr *call);

// Puts the bodies of all calls in an expression before it. What is evaluated before the last of
// them is kept in locals, so that nothing changes its place among loads and atomics.
static struct ir_expr *expand(struct inliner *inliner, struct ir_nodes *out, struct ir_expr *expr);

static bool is_leaf(const struct ir_expr *expr)
{
    switch (expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32:
    case IR_EXPR_VAR:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: return true;
    default: return false;
    }
}

static struct ir_expr *keep(struct inliner *inliner, struct ir_nodes *out, struct ir_expr *expr)
{
    expr = expand(inliner, out, expr);
    if (!expr || is_leaf(expr))
        return expr;
    ir_name name = numbered_name(inliner, inliner->next++, "kept", 0);
    add_let(inliner, out, name, expr, expr->pos);
    struct ir_expr *var = ir_var(&inliner->draft, name);
    if (var)
        var->pos = expr->pos;
    return var;
}

static struct ir_expr *expand(struct inliner *inliner, struct ir_nodes *out, struct ir_expr *expr)
{
    uint32_t last = UINT32_MAX;
    if (inliner->draft.failed || !expr)
        return NULL;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (has_call(inliner, expr->kids[i]))
            last = i;
    for (uint32_t i = 0; last != UINT32_MAX && i <= last && !inliner->draft.failed; i++)
        expr->kids[i] =
            i < last ? keep(inliner, out, expr->kids[i]) : expand(inliner, out, expr->kids[i]);
    if (inliner->draft.failed)
        return NULL;
    return op_called(inliner, expr) ? put_body(inliner, out, expr) : expr;
}

static void emit(struct inliner *inliner, struct ir_nodes *out, struct ir_node *node)
{
    if (!node || inliner->draft.failed) {
        inliner->draft.failed = true;
        return;
    }
    if (node->b && has_call(inliner, node->b)) {
        node->a = node->a ? keep(inliner, out, node->a) : NULL;
        node->b = expand(inliner, out, node->b);
    } else if (node->a && has_call(inliner, node->a)) {
        node->a = expand(inliner, out, node->a);
    }
    ir_nodes_add(&inliner->draft, out, node);
}

// ---- Bodies -------------------------------------------------------------------------------------

static struct ir_expr *zero(struct ir_draft *draft, const struct ir_type *type)
{
    switch (type->kind) {
    case IR_TYPE_I32: return ir_lit_i32(draft, 0);
    case IR_TYPE_F32: return ir_lit_f32(draft, 0);
    case IR_TYPE_BOOL: return ir_lit_bool(draft, false);
    default: return ir_lit_u32(draft, 0);
    }
}

static bool loads_type(const struct ir_draft *draft, const struct ir_expr *load, uint8_t type)
{
    for (size_t i = 0; i < draft->buffers.count; i++)
        if (draft->buffers.items[i].name == load->name)
            return draft->buffers.items[i].element->kind == type;
    return false;
}

// Whether a value surely has the kind u32 or i32 when it runs, and not only this static type.
static bool is_surely(const struct ir_draft *draft, const struct ir_expr *expr, uint8_t type)
{
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID:
    case IR_EXPR_ATOMIC: return type == IR_TYPE_U32;
    case IR_EXPR_LIT_I32: return type == IR_TYPE_I32;
    case IR_EXPR_CAST: return expr->type->kind == type;
    case IR_EXPR_LOAD: return loads_type(draft, expr, type);
    default: return false;
    }
}

// A value as its buffer would give it back: words are that of the declared type, whatever kind
// operators leave in them.
static struct ir_expr *as_declared(struct ir_draft *draft, const struct ir_type *type,
                                   struct ir_expr *value)
{
    if (!value || (type->kind != IR_TYPE_U32 && type->kind != IR_TYPE_I32) ||
        is_surely(draft, value, type->kind))
        return value;
    struct ir_expr *cast = ir_cast(draft, type, value);
    if (cast)
        cast->pos = value->pos;
    return cast;
}

static ir_name site_name(void *user, enum ir_name_use use, ir_name name)
{
    struct site *site = user;
    struct ir_text text = ir_name_text(site->op->program, name);
    if (use == IR_NAME_LOCAL)
        return local_name(site->inliner, site->number, "local_", text);
    return ir_draft_name(&site->inliner->draft, text.text, text.size);
}

static bool is_first(const struct ir_expr *index)
{
    return index->kind == IR_EXPR_LIT_U32 && index->bits == 0;
}

// An argument, or the result so far, is a buffer of one element: 0 behind its end.
static struct ir_expr *site_load(struct site *site, const struct ir_expr *load,
                                 struct ir_expr *index)
{
    struct ir_draft *draft = &site->inliner->draft;
    const struct vyre_program *body = site->op->program;
    const struct ir_buffer *buffer = ir_find_buffer(body, load->name);
    ir_name local = site->result;
    if (!buffer->is_output)
        local =
            numbered_name(site->inliner, site->number, "argument", ir_body_argument(body, buffer));
    struct ir_expr *var = ir_var(draft, local);
    if (is_first(index))
        return var;
    struct ir_expr *inside = ir_bin(draft, IR_BIN_EQ, index, ir_lit_u32(draft, 0));
    return ir_select(draft, inside, var, zero(draft, buffer->element));
}

static struct ir_expr *site_expr(void *user, const struct ir_expr *original, struct ir_expr *copy)
{
    struct site *site = user;
    if (!copy)
        return NULL;
    if (original->kind == IR_EXPR_LOAD)
        copy = site_load(site, original, copy->kids[0]);
    else if (original->kind == IR_EXPR_BUF_LEN)
        copy = ir_lit_u32(&site->inliner->draft, 1);
    if (copy)
        copy->pos = site->pos;
    return copy;
}

// A store assigns the result, when it is to its one element.
static void site_store(struct site *site, struct ir_nodes *out, struct ir_node *store)
{
    struct inliner *inliner = site->inliner;
    struct ir_draft *draft = &inliner->draft;
    store->b = as_declared(draft, ir_signature_type(site->op->outputs[0].type), store->b);
    if (is_first(store->a)) {
        struct ir_node *assign = ir_assign(draft, site->result, store->b);
        if (assign)
            assign->pos = site->pos;
        emit(inliner, out, assign);
        return;
    }
    ir_name index = numbered_name(inliner, inliner->next++, "index", 0);
    ir_name value = numbered_name(inliner, inliner->next++, "value", 0);
    emit(inliner, out, ir_let(draft, index, store->a));
    emit(inliner, out, ir_let(draft, value, store->b));
    struct ir_nodes then = { 0 };
    ir_nodes_add(draft, &then, ir_assign(draft, site->result, ir_var(draft, value)));
    struct ir_body body = ir_nodes_take(draft, &then);
    ir_nodes_add(draft, out,
                 ir_if(draft, ir_bin(draft, IR_BIN_EQ, ir_var(draft, index), ir_lit_u32(draft, 0)),
                       body, (struct ir_body){ NULL, 0 }));
}

static void site_node(void *user, struct ir_nodes *out, const struct ir_node *original,
                      struct ir_node *copy)
{
    struct site *site = user;
    (void)original;
    copy->pos = site->pos;
    if (copy->kind == IR_NODE_STORE)
        site_store(site, out, copy);
    else
        emit(site->inliner, out, copy);
}

// Ends everything; the limit is told at the end.
static struct ir_expr *exceed(struct inliner *inliner, const char *limit)
{
    inliner->limit = limit;
    inliner->draft.failed = true;
    return NULL;
}

static struct ir_expr *put_body(struct inliner *inliner, struct ir_nodes *out, struct ir_expr *call)
{
    struct ir_draft *draft = &inliner->draft;
    const struct vyre_op_params *op = op_called(inliner, call);
    if (inliner->depth == DEEPEST_CALL)
        return exceed(inliner, "bodies call each other more than 32 deep");
    if (draft->parts > IR_MOST_PARTS)
        return exceed(inliner, "the program grows beyond 4,194,304 parts");
    struct site site = { inliner, op, inliner->next++, call->pos, 0 };
    for (uint32_t i = 0; i < call->kid_count; i++)
        add_let(inliner, out, numbered_name(inliner, site.number, "argument", i),
                as_declared(draft, ir_signature_type(op->inputs[i].type), call->kids[i]),
                call->pos);
    const struct ir_type *type = ir_signature_type(op->outputs[0].type);
    site.result = numbered_name(inliner, site.number, "result", 0);
    add_let(inliner, out, site.result, zero(draft, type), call->pos);
    const struct ir_copy copy = {
        .draft = draft,
        .from = op->program,
        .user = &site,
        .name = site_name,
        .expr = site_expr,
        .node = site_node,
    };
    inliner->depth++;
    struct ir_node *block = ir_block(draft, ir_copy_body(&copy, op->program->entry));
    inliner->depth--;
    if (block)
        block->pos = call->pos;
    ir_nodes_add(draft, out, block);
    struct ir_expr *var = ir_var(draft, site.result);
    if (var)
        var->pos = call->pos;
    return var;
}

// ---- The program --------------------------------------------------------------------------------

static const char *check_expr(const struct ir_expr *expr, unsigned depth)
{
    const char *limit = depth > IR_MAX_EXPR_DEPTH ? "an expression is nested too deeply" : NULL;
    for (uint32_t i = 0; i < expr->kid_count && !limit; i++)
        limit = check_expr(expr->kids[i], depth + 1);
    return limit;
}

// The limits of the validator, which the result must keep as its source did.
static const char *check_body(const struct ir_body *body, unsigned depth, uint64_t *nodes)
{
    const char *limit = NULL;
    for (uint32_t i = 0; i < body->count && !limit; i++) {
        const struct ir_node *node = body->nodes[i];
        if (depth > IR_MAX_NESTING)
            return "statements are nested more than 64 deep";
        if (++*nodes > IR_MAX_NODES)
            return "the program grows beyond 100,000 statements";
        if (node->a)
            limit = check_expr(node->a, 0);
        if (node->b && !limit)
            limit = check_expr(node->b, 0);
        if (!limit)
            limit = check_body(&node->body, depth + 1, nodes);
        if (!limit)
            limit = check_body(&node->otherwise, depth + 1, nodes);
    }
    return limit;
}

static void copy_node(void *user, struct ir_nodes *out, const struct ir_node *original,
                      struct ir_node *copy)
{
    (void)original;
    emit(user, out, copy);
}

enum vyre_result ir_inline_calls(const struct vyre_program *program, const struct ir_inline *params,
                                 struct vyre_program **out)
{
    *out = NULL;
    if (!ir_may_have_expr(program, IR_EXPR_CALL) || !body_calls(program, params, &program->entry))
        return VYRE_OK;
    struct inliner inliner = { .params = params };
    inliner.copy = (struct ir_copy){
        .draft = &inliner.draft, .from = program, .user = &inliner, .node = copy_node
    };
    inliner.next = ir_fresh_number(program, PREFIX);
    if (!ir_draft_init(&inliner.draft)) {
        ir_draft_fini(&inliner.draft);
        return VYRE_ERR_NO_MEMORY;
    }
    ir_copy_head(&inliner.copy);
    struct ir_body entry = ir_copy_body(&inliner.copy, program->entry);
    enum vyre_result result = ir_draft_finish(&inliner.draft, entry, false, out);
    uint64_t nodes = 0;
    if (result == VYRE_OK)
        inliner.limit = check_body(&(*out)->entry, 0, &nodes);
    if (!inliner.limit)
        return result;
    vyre_program_destroy(out);
    diag_report(params->diag, DIAG_O005, NULL, "%s", inliner.limit);
    return VYRE_ERR_LIMIT;
}
