// SPDX-License-Identifier: MIT
#include "facts.h"

#include "base/size.h"
#include "ir/cost.h"
#include "ir/equal.h"

// An atomic of the language, remembered until the whole program is known.
struct atomic_use {
    const struct ir_expr *expr;
    ir_name result; // the local that takes its value directly; 0: the value is used in place
    bool in_loop;
};

struct walk {
    const struct vyre_program *program;
    struct spv_facts *facts;
    struct arena *arena;
    struct {
        ARRAY(struct atomic_use);
    } atomics;
    uint32_t loop_depth;
    uint32_t subgroup_depth; // operations around the current expression
    // Stores that have an atomic behind them, or before them; and whether loops have stores.
    bool stores, stores_before_atomic, stores_behind_atomic, stores_in_loop;
    bool meets; // the current node's expressions have a subgroup operation
    bool failed;
};

uint64_t spv_workgroup_words(const struct ir_buffer *buffer)
{
    uint64_t bytes;
    if (!ir_type_packed_size(buffer->element, buffer->count, &bytes))
        return 0; // its elements cannot be accessed
    return bytes / 4 + (bytes % 4 != 0);
}

// ---- The walk ---------------------------------------------------------------------------------

static struct spv_buffer_facts *buffer_facts(struct walk *walk, ir_name name)
{
    uint32_t buffer = walk->facts->names[name].buffer;
    return buffer ? &walk->facts->buffers[buffer - 1] : NULL;
}

static void visit_extension(struct walk *walk, uint8_t ext, ir_name name, uint32_t immediate)
{
    struct spv_buffer_facts *buffer = buffer_facts(walk, name);
    switch (ext) {
    case IR_EXT_PARAM:
        // Saturates: the launch check then refuses the program for its size.
        if (immediate >= walk->facts->param_count)
            walk->facts->param_count = immediate == UINT32_MAX ? immediate : immediate + 1;
        break;
    case IR_EXT_UNIFORM_LOAD:
        if (buffer)
            buffer->loaded = true;
        break;
    case IR_EXT_ATOMIC_LOAD:
    case IR_EXT_ATOMIC_STORE:
        walk->facts->external = true;
        if (buffer) {
            buffer->external = true;
            buffer->updated |= ext == IR_EXT_ATOMIC_STORE;
            buffer->loaded |= ext == IR_EXT_ATOMIC_LOAD;
        }
        break;
    default: break;
    }
}

static void visit_atomic(struct walk *walk, const struct ir_expr *expr, ir_name result)
{
    struct spv_buffer_facts *buffer = buffer_facts(walk, expr->name);
    if (buffer)
        buffer->updated = true;
    walk->facts->has_nand |= expr->op == IR_ATOMIC_FETCH_NAND;
    walk->stores_before_atomic |= walk->stores;
    if (!array_push_in(walk->arena, &walk->atomics,
                       ((struct atomic_use){ expr, result, walk->loop_depth > 0 })))
        walk->failed = true;
}

bool spv_may_be_constant(const struct vyre_program *program, const struct spv_facts *facts,
                         const struct ir_expr *expr)
{
    const struct ir_expr *const *kids = (const struct ir_expr *const *)expr->kids;
    const struct spv_name_facts *name;
    switch (expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_F32: return !spv_is_mixed_up(expr->bits); // else it is hidden
    case IR_EXPR_VAR:
        name = &facts->names[expr->name];
        return name->constant_count || (name->constant && !name->set_to_constant);
    case IR_EXPR_LOCAL_ID: return expr->op > 2 || program->workgroup[expr->op] == 1;
    case IR_EXPR_SUBGROUP_LOCAL_ID: return facts->workgroup_invocations == 1;
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOAD:
    case IR_EXPR_ATOMIC:
    case IR_EXPR_OPAQUE: return false;
    case IR_EXPR_BINOP: // 0, whatever they are
        if ((expr->op == IR_BIN_SUB || expr->op == IR_BIN_BIT_XOR) &&
            ir_expr_equal(program, kids[0], program, kids[1]))
            return true;
        break;
    default: break;
    }
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (!spv_may_be_constant(program, facts, kids[i]))
            return false;
    return true;
}

static void visit_expr(struct walk *walk, const struct ir_expr *expr, ir_name result)
{
    struct spv_facts *facts = walk->facts;
    const bool subgroup = ir_expr_is_subgroup(expr) && facts->workgroup_invocations > 1;
    struct spv_buffer_facts *buffer;
    switch (expr->kind) {
    case IR_EXPR_VAR:
        facts->names[expr->name].uses++;
        facts->names[expr->name].passed |= walk->subgroup_depth > 0;
        break;
    case IR_EXPR_LOAD:
        buffer = buffer_facts(walk, expr->name);
        if (buffer)
            buffer->loaded = true;
        break;
    case IR_EXPR_INVOCATION_ID: facts->global_ids |= (uint8_t)(1u << (expr->op & 3)); break;
    case IR_EXPR_WORKGROUP_ID: facts->workgroup_ids |= (uint8_t)(1u << (expr->op & 3)); break;
    case IR_EXPR_LOCAL_ID: facts->local_ids |= (uint8_t)(1u << (expr->op & 3)); break;
    case IR_EXPR_ATOMIC: visit_atomic(walk, expr, result); break;
    case IR_EXPR_OPAQUE: visit_extension(walk, expr->ext, expr->name, expr->bits); break;
    default: break;
    }
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        const bool passed = subgroup && i == 0; // a shuffle's second operand is for its own lane
        walk->subgroup_depth += passed;
        visit_expr(walk, expr->kids[i], 0);
        walk->subgroup_depth -= passed;
    }
    if (subgroup) {
        facts->has_subgroup = walk->meets = true;
        facts->exits_before_meeting = facts->exit_count;
    }
}

struct summary {
    struct ir_cost cost; // of loops without a guard, over the whole body
    bool has_barrier;
};

static uint64_t saturating_product(uint64_t a, uint64_t b)
{
    uint64_t product;
    return u64_mul(a, b, &product) ? product : UINT64_MAX;
}

static void add_summary(struct summary *sum, struct summary more)
{
    sum->cost = ir_cost_add(sum->cost, more.cost);
    sum->has_barrier |= more.has_barrier;
}

// An operand of a node. Returns whether the workgroup has to meet for it.
static bool visit_operand(struct walk *walk, const struct ir_expr *expr, ir_name result)
{
    walk->meets = false;
    if (expr)
        visit_expr(walk, expr, result);
    return walk->meets;
}

static struct summary visit_body(struct walk *walk, const struct ir_body *body);

// `first`: what the local begins with.
static void visit_binding(struct walk *walk, ir_name name, const struct ir_expr *first,
                          bool loop_variable)
{
    struct spv_name_facts *facts = &walk->facts->names[name];
    const bool constant = spv_may_be_constant(walk->program, walk->facts, first);
    *(loop_variable ? &facts->constant_count : &facts->constant) |= constant;
    // Who left before a local was made has none of it.
    facts->varies |=
        facts->bound || loop_variable || walk->loop_depth > 0 || walk->facts->exit_count > 0;
    facts->rebound |= facts->bound;
    facts->bound = true;
}

static struct summary visit_loop(struct walk *walk, const struct ir_node *node)
{
    struct spv_facts *facts = walk->facts;
    visit_binding(walk, node->name, node->a, true);
    bool meets_before = visit_operand(walk, node->a, 0);
    meets_before |= visit_operand(walk, node->b, 0);
    size_t number = facts->loops.count;
    if (!array_push_in(walk->arena, &facts->loops, ((struct spv_loop_facts){ 0 }))) {
        walk->failed = true;
        return (struct summary){ 0 };
    }
    const uint32_t first_exit = facts->exit_count;
    const size_t first_assigned = facts->assigned.count;
    walk->loop_depth++;
    struct summary inner = visit_body(walk, &node->body);
    walk->loop_depth--;

    const uint64_t trips = ir_ranges_iterations(&facts->ranges, node);
    struct ir_cost total = ir_cost_loop(trips, inner.cost);
    struct spv_loop_facts *loop = &facts->loops.items[number];
    loop->has_barrier = inner.has_barrier;
    loop->first_exit = first_exit;
    loop->exit_end = facts->exit_count;
    loop->first_assigned = first_assigned;
    loop->assigned_end = facts->assigned.count;
    loop->guarded = total.passes > facts->loop_budget;
    // An iteration's own pass, and those of the loops in it that have no guard.
    uint64_t each = inner.cost.passes < facts->loop_budget ? inner.cost.passes + 1 : UINT64_MAX;
    loop->charge = (uint32_t)u64_min(each, facts->loop_budget);
    facts->has_guarded_loop |= loop->guarded;
    // A guarded loop accounts for itself.
    return (struct summary){ loop->guarded ? (struct ir_cost){ 0 } : total,
                             inner.has_barrier || meets_before };
}

// The start of a copy. Its loop takes a pass for each word of the destination that it touches, of
// which the first and the last may be partial.
static struct summary visit_copy(struct walk *walk, const struct ir_node *node)
{
    struct spv_facts *facts = walk->facts;
    struct spv_buffer_facts *source = buffer_facts(walk, node->name);
    struct spv_buffer_facts *destination = buffer_facts(walk, node->name2);
    if (source)
        source->loaded = source->copied = true;
    if (destination)
        destination->stored = destination->restored = destination->copied = true;
    facts->has_copies = true;
    if (spv_copy_is_small(node))
        return (struct summary){ 0 };
    const bool known = node->b && node->b->kind == IR_EXPR_LIT_U32;
    const uint64_t words = known ? (uint64_t)node->b->bits / 4 + 2 : UINT64_MAX;
    if (words >= facts->loop_budget) {
        facts->guard_copies = true;
        return (struct summary){ 0 };
    }
    return (struct summary){ .cost = ir_cost_loop(words, (struct ir_cost){ 0 }) };
}

static void visit_meeting(struct walk *walk, struct summary *sum)
{
    sum->has_barrier = true;
    walk->facts->exits_before_meeting = walk->facts->exit_count;
}

// Behind its operands.
static void visit_write(struct walk *walk)
{
    walk->stores = true;
    walk->stores_behind_atomic |= walk->atomics.count > 0;
    walk->stores_in_loop |= walk->loop_depth > 0;
}

static struct summary visit_node(struct walk *walk, const struct ir_node *node)
{
    struct summary sum = { 0 };
    struct spv_buffer_facts *buffer;
    switch (node->kind) {
    case IR_NODE_LOOP: return visit_loop(walk, node);
    case IR_NODE_LET: visit_binding(walk, node->name, node->a, false); break;
    case IR_NODE_ASSIGN:
        walk->facts->names[node->name].assigned = true;
        walk->facts->names[node->name].varies = true;
        walk->facts->names[node->name].set_to_constant |=
            spv_may_be_constant(walk->program, walk->facts, node->a);
        if (!array_push_in(walk->arena, &walk->facts->assigned, node->name))
            walk->failed = true;
        break;
    case IR_NODE_STORE:
        buffer = buffer_facts(walk, node->name);
        if (buffer) {
            buffer->restored |= buffer->stored || walk->loop_depth > 0;
            buffer->stored = true;
        }
        break;
    case IR_NODE_BARRIER: visit_meeting(walk, &sum); break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
        sum = visit_copy(walk, node);
        // A workgroup may share the work.
        if (walk->facts->workgroup_invocations > 1)
            visit_meeting(walk, &sum);
        break;
    case IR_NODE_ASYNC_WAIT:
        walk->facts->has_copies = true;
        if (walk->facts->workgroup_invocations > 1)
            visit_meeting(walk, &sum);
        break;
    case IR_NODE_TRAP:
        walk->facts->has_trap = true;
        walk->facts->exit_count++;
        break;
    case IR_NODE_RETURN: walk->facts->exit_count++; break;
    case IR_NODE_RESUME:
    case IR_NODE_INDIRECT_DISPATCH: walk->facts->has_trap = true; break;
    case IR_NODE_OPAQUE: visit_extension(walk, node->ext, node->name, 0); break;
    default: break;
    }
    sum.has_barrier |= visit_operand(walk, node->a, node->kind == IR_NODE_LET ? node->name : 0);
    sum.has_barrier |= visit_operand(walk, node->b, 0);
    if (node->kind == IR_NODE_STORE || node->kind == IR_NODE_ASYNC_LOAD ||
        node->kind == IR_NODE_ASYNC_STORE || node->kind == IR_NODE_ASYNC_WAIT)
        visit_write(walk);
    add_summary(&sum, visit_body(walk, &node->body));
    add_summary(&sum, visit_body(walk, &node->otherwise));
    return sum;
}

static struct summary visit_body(struct walk *walk, const struct ir_body *body)
{
    struct summary sum = { 0 };
    for (uint32_t i = 0; i < body->count; i++)
        add_summary(&sum, visit_node(walk, body->nodes[i]));
    return sum;
}

// ---- Decisions --------------------------------------------------------------------------------

// Whether no invocation can observe the order of two things that another did: then orderings cost
// and give nothing. Conservative: it recognises the histogram (results unused) and the single claim
// counter, and keeps every ordering otherwise.
static bool atomics_are_relaxed(const struct walk *walk)
{
    const struct spv_facts *facts = walk->facts;
    if (facts->has_barrier || facts->external)
        return false;
    for (uint32_t i = 0; i < walk->program->buffer_count; i++) {
        const struct spv_buffer_facts *buffer = &facts->buffers[i];
        if (buffer->loaded && (buffer->stored || buffer->updated))
            return false;
    }
    // Somebody's last word may be that of who came behind all others.
    if (walk->stores_before_atomic && walk->stores_behind_atomic)
        return false;
    // No written location is read plainly, so only the results of atomics can observe anything.
    const struct ir_expr *only = NULL;
    for (size_t i = 0; i < walk->atomics.count; i++) {
        const struct atomic_use *use = &walk->atomics.items[i];
        if (use->in_loop && walk->stores_in_loop) // they are before and behind each other
            return false;
        if (use->result && facts->names[use->result].uses == 0)
            continue;
        // One observation per invocation, and thus nothing to order it against.
        if (only || use->in_loop)
            return false;
        only = use->expr;
    }
    return true;
}

uint64_t spv_exchange_words(const struct spv_facts *facts)
{
    const uint64_t invocations = facts->workgroup_invocations;
    return (invocations + facts->lanes - 1) / facts->lanes * facts->lanes;
}

static void count_workgroup_memory(const struct vyre_program *program, struct spv_facts *facts)
{
    uint64_t invocations = (uint64_t)program->workgroup[0] * program->workgroup[1];
    invocations = saturating_product(invocations, program->workgroup[2]);
    facts->workgroup_invocations = (uint32_t)u64_min(invocations, UINT32_MAX);
    struct ir_cost zeroing = { 0 };
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        if (buffer->access != VYRE_ACCESS_WORKGROUP)
            continue;
        const uint64_t words = spv_workgroup_words(buffer);
        // Beyond any device anyway; and the sum must not wrap.
        if (words > UINT32_MAX || facts->workgroup_bytes > UINT32_MAX) {
            facts->workgroup_bytes = UINT64_MAX / 2;
            continue;
        }
        facts->workgroup_bytes += words * 4;
        uint64_t rounds = invocations ? (words + invocations - 1) / invocations : 0;
        zeroing = ir_cost_add(zeroing, ir_cost_loop(rounds, (struct ir_cost){ 0 }));
    }
    facts->zero_passes = (uint32_t)u64_min(zeroing.passes, UINT32_MAX);
}

// Unguarded loops stay below a driver's limit by this part of it: 63 passes of Mesa's 65,535. The
// count is exact for that driver; the margin is for a pass that another version may add.
enum { LIMIT_PER_MARGIN = 1024 };

// Whether loops without a guard may run longer together than they should.
static bool exceeds(const struct spv_facts *facts, const struct vyre_target *target,
                    uint64_t passes)
{
    const uint32_t limit = target->loop_limit;
    if (limit && (facts->has_guarded_loop || facts->guard_copies || facts->has_nand ||
                  passes > limit - limit / LIMIT_PER_MARGIN))
        return true;
    return passes > facts->loop_budget;
}

// A driver that ends loops silently ends any of them once the total is spent, also one whose own
// bound is small: when the total may exceed the limit, every loop has to notice. Likewise many
// loops that each fit into the budget may exceed it together.
static void guard_all(struct spv_facts *facts)
{
    for (size_t i = 0; i < facts->loops.count; i++) {
        facts->loops.items[i].guarded = true;
        facts->loops.items[i].charge = 1;
    }
    facts->guard_copies = facts->has_copies;
    facts->has_guarded_loop = facts->loops.count > 0;
}

// A subgroup of the device holds one or two of the language. All of them are full only where a row
// of the workgroup is made of whole ones (VUID-VkPipelineShaderStageCreateInfo-flags-02758).
static uint32_t full_subgroup(const struct vyre_program *program, const struct vyre_target *target,
                              uint32_t lanes)
{
    const uint32_t width = target->full_subgroup_size;
    const bool pairs = width == 2 * lanes;
    // A driver that a test narrows need not promise that invocations meet again.
    const uint32_t needed = VYRE_SUBGROUP_BALLOT | VYRE_SUBGROUP_SHUFFLE |
                            (pairs ? VYRE_SUBGROUP_CLUSTERED : VYRE_SUBGROUP_ARITHMETIC) |
                            (lanes == SPV_SUBGROUP ? VYRE_SUBGROUP_REUNITES : 0u);
    if ((width != lanes && !pairs) || (target->subgroup_ops & needed) != needed)
        return 0;
    return program->workgroup[0] % width == 0 ? width : 0;
}

enum vyre_result spv_facts_init(struct spv_facts *facts, struct arena *arena,
                                const struct vyre_program *program,
                                const struct vyre_target *target, uint32_t loop_budget,
                                bool certify, uint32_t lanes)
{
    *facts = (struct spv_facts){
        .loop_budget = loop_budget ? loop_budget : VYRE_DEFAULT_LOOP_BUDGET,
        .lanes = lanes,
    };
    if (target->loop_limit && target->loop_limit < facts->loop_budget)
        facts->loop_budget = target->loop_limit;
    facts->names = arena_array(arena, program->name_count, sizeof *facts->names);
    facts->buffers = arena_array(arena, program->buffer_count, sizeof *facts->buffers);
    if (!facts->names || !facts->buffers)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = program->buffer_count; i-- > 0;)
        facts->names[program->buffers[i].name].buffer = i + 1;
    if (ir_ranges_init(&facts->ranges, program, certify) != VYRE_OK)
        return VYRE_ERR_NO_MEMORY;
    count_workgroup_memory(program, facts);

    struct walk walk = { .program = program, .facts = facts, .arena = arena };
    struct summary sum = visit_body(&walk, &program->entry);
    facts->has_barrier = sum.has_barrier;
    if (facts->has_subgroup)
        facts->full_subgroup = full_subgroup(program, target, lanes);
    if (facts->has_subgroup && !facts->full_subgroup)
        facts->workgroup_bytes += spv_exchange_words(facts) * 4;
    facts->relaxed = !walk.failed && atomics_are_relaxed(&walk);
    facts->atomics_order = walk.atomics.count && !facts->relaxed;
    facts->communicates = facts->has_barrier || facts->external || facts->atomics_order;
    if (walk.failed)
        return VYRE_ERR_NO_MEMORY;
    const struct ir_cost zeroing = { facts->zero_passes, 0 };
    if (exceeds(facts, target, ir_cost_add(sum.cost, zeroing).passes))
        guard_all(facts);
    return VYRE_OK;
}

void spv_facts_fini(struct spv_facts *facts)
{
    ir_ranges_fini(&facts->ranges);
    *facts = (struct spv_facts){ 0 };
}
