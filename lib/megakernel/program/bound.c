// SPDX-License-Identifier: MIT
// Does: finds an upper bound of the trip count of every loop, from literals, minima and what the
// immutable locals in them are bound to.
// Needs: a valid program.
#include "bound.h"

#include "base/memory.h"

// Loops beyond this run too long for one slot anyway; they are guarded instead of trusted.
enum { LONGEST_TRUSTED_LOOP = 1 << 23 };

// What is known about a local: facts of the Let that was met last.
struct local {
    const struct ir_expr *value; // NULL: a loop variable, or not met yet
    uint32_t upper;
    bool assigned; // anywhere in the program
};

struct finder {
    const struct vyre_program *program;
    struct local *locals; // by name
    struct mk_loops *loops;
    bool failed;
};

// ---- Values -------------------------------------------------------------------------------------

static uint32_t upper(const struct finder *finder, const struct ir_expr *expr);

static uint32_t small(uint64_t value)
{
    return value < MK_UNBOUNDED ? (uint32_t)value : MK_UNBOUNDED;
}

// Only unsigned values have a bound below MK_UNBOUNDED, so signed operands bound nothing here,
// except for `and`: no bit outside of the smaller operand survives.
static uint32_t upper_binary(const struct finder *finder, const struct ir_expr *expr)
{
    const struct ir_expr *right = expr->kids[1];
    const uint32_t a = upper(finder, expr->kids[0]);
    const uint32_t b = upper(finder, right);
    const bool known = a != MK_UNBOUNDED && b != MK_UNBOUNDED;
    const bool literal = right->kind == IR_EXPR_LIT_U32 && right->bits > 0;
    switch ((enum ir_binop)expr->op) {
    case IR_BIN_MIN:
    case IR_BIN_BIT_AND: return a < b ? a : b;
    case IR_BIN_MAX: return a > b ? a : b;
    case IR_BIN_ADD: return known ? small((uint64_t)a + b) : MK_UNBOUNDED;
    case IR_BIN_MUL: return known ? small((uint64_t)a * b) : MK_UNBOUNDED;
    case IR_BIN_SATURATING_SUB: return a;
    case IR_BIN_DIV: return literal && a != MK_UNBOUNDED ? a / right->bits : MK_UNBOUNDED;
    case IR_BIN_MOD: return literal && right->bits - 1 < a ? right->bits - 1 : a;
    case IR_BIN_SHR: return literal && a != MK_UNBOUNDED ? a >> (right->bits & 31) : MK_UNBOUNDED;
    case IR_BIN_EQ:
    case IR_BIN_NE:
    case IR_BIN_LT:
    case IR_BIN_GT:
    case IR_BIN_LE:
    case IR_BIN_GE: return 1;
    default: return MK_UNBOUNDED;
    }
}

static uint32_t upper(const struct finder *finder, const struct ir_expr *expr)
{
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_BOOL: return expr->bits;
    case IR_EXPR_VAR: {
        const struct local *local = &finder->locals[expr->name];
        return local->assigned ? MK_UNBOUNDED : local->upper;
    }
    case IR_EXPR_LOCAL_ID:
        return expr->op < 3 ? finder->program->workgroup[expr->op] - 1 : MK_UNBOUNDED;
    case IR_EXPR_SELECT: {
        uint32_t yes = upper(finder, expr->kids[1]);
        uint32_t no = upper(finder, expr->kids[2]);
        return yes > no ? yes : no;
    }
    case IR_EXPR_BINOP: return upper_binary(finder, expr);
    default: return MK_UNBOUNDED;
    }
}

// ---- Trip counts --------------------------------------------------------------------------------

// Whether two expressions certainly have one value: nothing in them reads memory. `same_time` says
// that they are evaluated together, else assigned locals may have changed in between.
static bool equal(const struct finder *finder, const struct ir_expr *a, const struct ir_expr *b,
                  bool same_time)
{
    if (a->kind != b->kind || a->kid_count != b->kid_count || a->op != b->op)
        return false;
    switch ((enum ir_expr_kind)a->kind) {
    case IR_EXPR_LIT_U32: return a->bits == b->bits;
    case IR_EXPR_VAR: return a->name == b->name && (same_time || !finder->locals[a->name].assigned);
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: return true;
    case IR_EXPR_BINOP:
        return equal(finder, a->kids[0], b->kids[0], same_time) &&
               equal(finder, a->kids[1], b->kids[1], same_time);
    default: return false;
    }
}

// At most this many iterations between `from` and `to`. A sum that wraps around ends below `from`,
// which is no iteration at all.
static uint32_t trips(const struct finder *finder, const struct ir_expr *from,
                      const struct ir_expr *to, bool same_time)
{
    uint32_t best = upper(finder, to);
    if (best != MK_UNBOUNDED && from->kind == IR_EXPR_LIT_U32)
        best = best > from->bits ? best - from->bits : 0;
    if (to->kind != IR_EXPR_BINOP)
        return best;
    if (to->op == IR_BIN_ADD) {
        for (int side = 0; side < 2; side++)
            if (equal(finder, to->kids[side], from, same_time)) {
                uint32_t extra = upper(finder, to->kids[!side]);
                best = extra < best ? extra : best;
            }
    } else if (to->op == IR_BIN_MIN) {
        for (int side = 0; side < 2; side++) {
            uint32_t one = trips(finder, from, to->kids[side], same_time);
            best = one < best ? one : best;
        }
    }
    return best;
}

static uint32_t loop_bound(const struct finder *finder, const struct ir_node *loop)
{
    uint32_t bound = trips(finder, loop->a, loop->b, true);
    if (loop->b->kind == IR_EXPR_VAR) {
        const struct local *local = &finder->locals[loop->b->name];
        if (local->value && !local->assigned) {
            uint32_t through = trips(finder, loop->a, local->value, false);
            bound = through < bound ? through : bound;
        }
    }
    return bound > LONGEST_TRUSTED_LOOP ? MK_UNBOUNDED : bound;
}

// ---- The walk -----------------------------------------------------------------------------------

static void mark_assigned(struct finder *finder, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_ASSIGN)
            finder->locals[node->name].assigned = true;
        mark_assigned(finder, &node->body);
        mark_assigned(finder, &node->otherwise);
    }
}

static void visit(struct finder *finder, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        struct local *local = &finder->locals[node->name];
        if (node->kind == IR_NODE_LET) {
            local->upper = upper(finder, node->a);
            local->value = node->a;
        } else if (node->kind == IR_NODE_LOOP) {
            if (!array_push(finder->loops, loop_bound(finder, node)))
                finder->failed = true;
            uint32_t last = upper(finder, node->b);
            local->upper = last == MK_UNBOUNDED || last == 0 ? last : last - 1;
            local->value = NULL;
        }
        visit(finder, &node->body);
        visit(finder, &node->otherwise);
    }
}

bool mk_loops_find(const struct vyre_program *program, struct mk_loops *out)
{
    *out = (struct mk_loops){ 0 };
    struct finder finder = { .program = program, .loops = out };
    finder.locals = memory_calloc(program->name_count, sizeof *finder.locals);
    if (!finder.locals)
        return false;
    for (uint32_t i = 0; i < program->name_count; i++)
        finder.locals[i].upper = MK_UNBOUNDED;
    mark_assigned(&finder, &program->entry);
    visit(&finder, &program->entry);
    memory_free(finder.locals);
    if (finder.failed)
        mk_loops_fini(out);
    return !finder.failed;
}

void mk_loops_fini(struct mk_loops *loops)
{
    array_fini(loops);
}

// ---- Costs --------------------------------------------------------------------------------------

static struct ir_cost cost_of(const struct ir_body *body, const struct mk_loops *loops,
                              size_t *next, uint32_t guard)
{
    struct ir_cost total = { 0, 0 };
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_LOOP) {
            uint32_t bound = loops->items[(*next)++];
            struct ir_cost inner = cost_of(&node->body, loops, next, guard);
            total = ir_cost_add(total, ir_cost_loop(bound == MK_UNBOUNDED ? guard : bound, inner));
            continue;
        }
        // Both branches count: masked invocations walk through either.
        total = ir_cost_add(total, cost_of(&node->body, loops, next, guard));
        total = ir_cost_add(total, cost_of(&node->otherwise, loops, next, guard));
    }
    return total;
}

struct ir_cost mk_loops_cost(const struct vyre_program *program, const struct mk_loops *loops,
                             uint32_t guard)
{
    size_t next = 0;
    return cost_of(&program->entry, loops, &next, guard);
}
