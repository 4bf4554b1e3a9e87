// SPDX-License-Identifier: MIT
// Statements and expressions in program order (spec: semantics.md, 5 and 7).
//
// Structure stays structure: an if is a selection, a loop is a loop whose only exit is its header's
// condition, a return ends the block it stands in.
#include "locals.h"
#include "numbers.h"

#include "ir/tables.h"

// ---- Expressions ------------------------------------------------------------------------------

static struct spv_value refuse_expr(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    if (expr->kind == IR_EXPR_CALL)
        spv_refuse_call(lowering, expr);
    spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L001, &expr->pos,
               "the expression %s is not compiled yet", ir_expr_info(expr->kind)->name);
    return spv_value_of(spv_u32(lowering, 0), SPV_U32);
}

static struct spv_value lower_var(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    const struct spv_binding *local = &lowering->locals[expr->name];
    if (!local->is_live) {
        spv_refuse(lowering, VYRE_ERR_INVALID_PROGRAM, DIAG_L014, &expr->pos,
                   "there is no local %s", ir_name_text(lowering->program, expr->name).text);
        return spv_value_of(spv_u32(lowering, 0), SPV_U32);
    }
    struct spv_value value = local->value;
    spv_passed_local(lowering, expr->name, &value);
    return value;
}

static struct spv_value lower_length(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    uint32_t buffer = spv_find_buffer(lowering, expr->name, &expr->pos);
    if (buffer == UINT32_MAX)
        return spv_value_of(spv_u32(lowering, 0), SPV_U32);
    return spv_value_of(spv_element_count(lowering, buffer), SPV_U32);
}

static struct spv_value lower_id(struct spv_lowering *lowering, const struct ir_expr *expr,
                                 enum spv_built_in which)
{
    if (expr->op > 2) {
        spv_refuse(lowering, VYRE_ERR_INVALID_PROGRAM, DIAG_L014, &expr->pos, "there is no axis %d",
                   expr->op);
        return spv_value_of(spv_u32(lowering, 0), SPV_U32);
    }
    return spv_value_of(spv_built_in(lowering, which, expr->op), SPV_U32);
}

static struct spv_value lower_extension(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    switch (expr->ext) {
    case IR_EXT_UNIFORM_LOAD: return spv_load(lowering, expr);
    case IR_EXT_ATOMIC_LOAD: return spv_atomic_load(lowering, expr);
    case IR_EXT_PARAM:
        return spv_value_of(spv_push_word(lowering, lowering->binding_count + expr->bits), SPV_U32);
    default: return refuse_expr(lowering, expr);
    }
}

static struct spv_value lower_fma(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    struct spv_value operands[3];
    for (int i = 0; i < 3; i++)
        operands[i] = spv_expr(lowering, expr->kids[i]);
    return spv_fma(lowering, expr, operands);
}

static struct spv_value lower_expr(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    struct spv_value a, b, c;
    switch (expr->kind) {
    case IR_EXPR_LIT_U32: return spv_value_of(spv_literal(lowering, expr->bits), SPV_U32);
    case IR_EXPR_LIT_I32: return spv_value_of(spv_literal(lowering, expr->bits), SPV_I32);
    case IR_EXPR_LIT_F32: return spv_literal_f32(lowering, expr->bits);
    case IR_EXPR_LIT_BOOL: return spv_value_of(spv_bool(lowering, expr->bits != 0), SPV_BOOL);
    case IR_EXPR_VAR: return lower_var(lowering, expr);
    case IR_EXPR_LOAD: return spv_load(lowering, expr);
    case IR_EXPR_BUF_LEN: return lower_length(lowering, expr);
    case IR_EXPR_INVOCATION_ID: return lower_id(lowering, expr, SPV_GLOBAL_ID);
    case IR_EXPR_WORKGROUP_ID: return lower_id(lowering, expr, SPV_WORKGROUP_ID);
    case IR_EXPR_LOCAL_ID: return lower_id(lowering, expr, SPV_LOCAL_ID);
    case IR_EXPR_BINOP:
        if (spv_derived(lowering, expr, &a.id))
            return spv_value_of(a.id, SPV_U32);
        a = spv_expr(lowering, expr->kids[0]);
        b = spv_expr(lowering, expr->kids[1]);
        return spv_binary(lowering, expr, a, b);
    case IR_EXPR_UNOP: return spv_unary(lowering, expr, spv_expr(lowering, expr->kids[0]));
    case IR_EXPR_SELECT:
        a = spv_expr(lowering, expr->kids[0]);
        b = spv_expr(lowering, expr->kids[1]);
        c = spv_expr(lowering, expr->kids[2]);
        return spv_select(lowering, expr, a, b, c);
    case IR_EXPR_FMA: return lower_fma(lowering, expr);
    case IR_EXPR_CAST: return spv_cast(lowering, expr, spv_expr(lowering, expr->kids[0]));
    case IR_EXPR_ATOMIC: return spv_atomic(lowering, expr);
    case IR_EXPR_SUBGROUP_ADD:
    case IR_EXPR_SUBGROUP_SHUFFLE:
    case IR_EXPR_SUBGROUP_BALLOT: return spv_subgroup(lowering, expr);
    case IR_EXPR_SUBGROUP_LOCAL_ID: return spv_value_of(spv_lane(lowering), SPV_U32);
    case IR_EXPR_SUBGROUP_SIZE: return spv_value_of(spv_u32(lowering, lowering->lanes), SPV_U32);
    case IR_EXPR_OPAQUE: return lower_extension(lowering, expr);
    default: return refuse_expr(lowering, expr);
    }
}

struct spv_value spv_expr(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    // Of an expression that goes on over several lines; within one line the statement's column
    // does.
    const struct spv_line before = lowering->writer.line;
    if (expr->pos.line && expr->pos.line != before.line)
        lowering->writer.line = (struct spv_line){ expr->pos.line, expr->pos.column };
    struct spv_value value = lower_expr(lowering, expr);
    lowering->writer.line = before;
    return value;
}

// ---- Locals -----------------------------------------------------------------------------------

static void lower_let(struct spv_lowering *lowering, const struct ir_node *node)
{
    struct spv_value value = spv_expr(lowering, node->a);
    spv_note_passed(lowering, node->name, value);
    spv_name_value(lowering, value, node->name);
    const struct spv_name_facts *facts = &lowering->facts.names[node->name];
    if (facts->assigned) {
        const bool constant = facts->set_to_constant && spv_is_constant(lowering, node->a);
        value = spv_chosen(lowering, spv_hold(lowering, value), constant);
    }
    spv_bind(lowering, node->name, value);
    lowering->locals[node->name].is_assigned = facts->assigned;
}

static void lower_assign(struct spv_lowering *lowering, const struct ir_node *node)
{
    struct spv_value value = spv_hold(lowering, spv_expr(lowering, node->a));
    value = spv_chosen(lowering, value, spv_is_constant(lowering, node->a));
    const struct spv_binding *local = &lowering->locals[node->name];
    const char *name = ir_name_text(lowering->program, node->name).text;
    if (!local->is_assigned) {
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L001, &node->pos,
                   "%s is not a local that can be assigned", name);
        return;
    }
    struct spv_value held = { .kind = local->value.kind, .size = local->value.size };
    if (held.kind == SPV_F64)
        spv_unify(lowering, &held, &value);
    if (value.kind != held.kind || value.size != held.size) {
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L013, &node->pos,
                   "%s would change its kind at run time, from %s to %s", name,
                   spv_kind_names[held.kind], spv_kind_names[value.kind]);
        return;
    }
    spv_name_value(lowering, value, node->name);
    spv_assign(lowering, node->name, value);
    spv_note_passed(lowering, node->name, value);
}

// ---- Control flow -----------------------------------------------------------------------------

static void lower_if(struct spv_lowering *lowering, const struct ir_node *node)
{
    uint32_t cond = spv_as_bool(lowering, spv_expr(lowering, node->a));
    const bool has_otherwise = node->otherwise.count > 0;
    const bool mixed = spv_flow_is_mixed(&lowering->flow, node->a);
    const bool around = lowering->mixed_flow;
    const bool at_end = lowering->at_end;
    struct spv_if outer;
    const bool only_alive = mixed && lowering->maybe_dead;
    const bool has_outer = only_alive && has_otherwise && spv_if_alive(lowering, &outer);
    if (only_alive && !has_outer) { // one branch will do
        cond = spv_and_alive(lowering, cond);
        lowering->maybe_dead = false;
    }
    lowering->mixed_flow |= mixed;
    lowering->at_end = false;
    const bool before = lowering->maybe_dead;
    struct spv_if branch = spv_if_begin(lowering, cond, has_otherwise);
    spv_body(lowering, &node->body, SPV_LIST_THEN);
    const bool after = lowering->maybe_dead;
    if (at_end && !has_otherwise)
        spv_return(lowering);
    if (has_otherwise) {
        lowering->maybe_dead = before;
        spv_if_otherwise(lowering, &branch);
        spv_body(lowering, &node->otherwise, SPV_LIST_OTHERWISE);
    }
    spv_if_end(lowering, &branch);
    lowering->mixed_flow = around;
    lowering->maybe_dead |= before || after || only_alive;
    if (has_outer)
        spv_if_end(lowering, &outer);
}

static void lower_loop(struct spv_lowering *lowering, const struct ir_node *node)
{
    const uint32_t number = lowering->next_loop++;
    const struct spv_loop_facts facts = lowering->facts.loops.items[number];
    const uint32_t *numbers = lowering->program->loop_numbers;
    const bool around = lowering->mixed_flow;
    struct spv_loop loop = {
        .from = spv_as_word(lowering, spv_expr(lowering, node->a)),
        .to = spv_as_word(lowering, spv_expr(lowering, node->b)),
        .step = 1,
        .guarded = facts.guarded,
        .uniform = !lowering->flow.mixed_loops[number],
        .charge = facts.charge,
        .for_alive = spv_loop_is_for_alive(lowering, node, number),
        .fault = VYRE_FAULT_LOOP_LIMIT,
        .number = numbers ? numbers[number] : number,
        .first_assigned = facts.first_assigned,
        .assigned_end = facts.assigned_end,
    };
    if (lowering->explain)
        spv_note_loop(lowering, node, facts.guarded);
    spv_loop_begin(lowering, &loop);
    lowering->mixed_flow |= !loop.uniform;
    lowering->at_end = false;
    lowering->maybe_dead = !loop.for_alive && spv_loop_body_maybe_dead(lowering, number);
    size_t mark = lowering->undo.count;
    const uint32_t limit = node->b->kind == IR_EXPR_LIT_U32 ? node->b->bits : 0;
    spv_bind(lowering, node->name, spv_value_of(loop.counter, SPV_U32));
    lowering->locals[node->name].most = limit ? limit - 1 : 0;
    spv_name(lowering, loop.counter, node->name);
    spv_note_passed(lowering, node->name, spv_value_of(loop.counter, SPV_U32));
    spv_body(lowering, &node->body, SPV_LIST_BODY);
    spv_unbind(lowering, mark);
    lowering->mixed_flow = around;
    spv_loop_end(lowering, &loop);
}

static void lower_trap(struct spv_lowering *lowering, const struct ir_node *node)
{
    uint32_t address = spv_as_word(lowering, spv_expr(lowering, node->a));
    struct spv_if branch;
    const bool only_alive = spv_if_alive(lowering, &branch);
    const uint32_t number = lowering->next_trap++;
    const uint32_t *numbers = lowering->program->trap_numbers;
    const uint32_t told = spv_u32(lowering, numbers ? numbers[number] : number);
    spv_record_fault(lowering, VYRE_FAULT_TRAP, address, told);
    if (only_alive)
        spv_if_end(lowering, &branch);
    lowering->maybe_dead |= only_alive;
    spv_exit(lowering);
}

static void refuse_node(struct spv_lowering *lowering, const struct ir_node *node)
{
    spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L001, &node->pos,
               "the statement %s is not compiled yet", ir_node_info(node->kind)->name);
}

// Resume and indirect dispatch are errors where they are reached, and only there.
static void lower_undefined(struct spv_lowering *lowering)
{
    struct spv_if branch;
    const bool only_alive = spv_if_alive(lowering, &branch);
    spv_record_fault(lowering, VYRE_FAULT_UNDEFINED, spv_u32(lowering, lowering->next_undefined++),
                     spv_u32(lowering, 0));
    if (only_alive)
        spv_if_end(lowering, &branch);
    lowering->maybe_dead |= only_alive;
}

static void lower_node(struct spv_lowering *lowering, const struct ir_node *node)
{
    switch (node->kind) {
    case IR_NODE_LET: lower_let(lowering, node); break;
    case IR_NODE_ASSIGN: lower_assign(lowering, node); break;
    case IR_NODE_STORE: spv_store(lowering, node); break;
    case IR_NODE_IF: lower_if(lowering, node); break;
    case IR_NODE_LOOP: lower_loop(lowering, node); break;
    case IR_NODE_RETURN: spv_exit(lowering); break;
    case IR_NODE_BLOCK:
    case IR_NODE_REGION: spv_body(lowering, &node->body, SPV_LIST_BODY); break;
    case IR_NODE_BARRIER:
        if (node->ordering == IR_ORDER_GRID_SYNC)
            spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L007, &node->pos,
                       "a barrier of the whole grid is not part of one module");
        else
            spv_barrier(lowering);
        break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE: spv_async_start(lowering, node); break;
    case IR_NODE_ASYNC_WAIT: spv_async_wait(lowering, node); break;
    case IR_NODE_TRAP: lower_trap(lowering, node); break;
    case IR_NODE_RESUME:
    case IR_NODE_INDIRECT_DISPATCH: lower_undefined(lowering); break;
    case IR_NODE_OPAQUE:
        if (node->ext == IR_EXT_ATOMIC_STORE)
            spv_atomic_store(lowering, node);
        else
            refuse_node(lowering, node);
        break;
    default: refuse_node(lowering, node); break;
    }
}

// Behind an exit nothing runs; still it is counted, because numbers tell what the facts are about.
static void skip_node(struct spv_lowering *lowering, const struct ir_node *node)
{
    const struct ir_body *bodies[] = { &node->body, &node->otherwise };
    lowering->next_loop += node->kind == IR_NODE_LOOP;
    lowering->next_copy += node->kind == IR_NODE_ASYNC_LOAD || node->kind == IR_NODE_ASYNC_STORE;
    lowering->next_trap += node->kind == IR_NODE_TRAP;
    lowering->next_undefined +=
        node->kind == IR_NODE_RESUME || node->kind == IR_NODE_INDIRECT_DISPATCH;
    lowering->next_exit += node->kind == IR_NODE_TRAP || node->kind == IR_NODE_RETURN;
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < bodies[k]->count; i++)
            skip_node(lowering, bodies[k]->nodes[i]);
}

void spv_body(struct spv_lowering *lowering, const struct ir_body *body, enum spv_list list)
{
    const uint32_t depth = lowering->path_depth;
    const size_t mark = lowering->undo.count;
    const struct spv_line before = lowering->writer.line;
    const bool at_end = lowering->at_end;
    lowering->path_depth++;
    for (uint32_t i = 0; i < body->count && !lowering->status; i++) {
        lowering->at_end = at_end && i + 1 == body->count;
        if (depth < SPV_DEEPEST_PATH) {
            lowering->path_index[depth] = i;
            lowering->path_list[depth] = (uint8_t)list;
        }
        const struct ir_pos pos = body->nodes[i]->pos;
        if (pos.line || pos.column)
            lowering->here = pos;
        if (pos.line)
            lowering->writer.line = (struct spv_line){ pos.line, pos.column };
        if (lowering->block)
            lower_node(lowering, body->nodes[i]);
        else
            skip_node(lowering, body->nodes[i]);
        lowering->writer.line = before;
    }
    lowering->path_depth = depth;
    spv_unbind(lowering, mark);
}
