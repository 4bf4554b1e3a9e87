// SPDX-License-Identifier: MIT
// The walk of the range analysis (see ir/range.h).
//
// Only values that cannot change take part: ids, lengths, literals, and locals that nobody assigns.
// Of an assigned local its kind is known, nothing else; so loops need no fixed point, one walk is
// enough, and a condition holds wherever its branch stands.
#include "ir/range.h"

#include "ir/tables.h"

enum {
    MOST_GUARDS = 64,    // comparisons that hold at one place; more are not looked at
    MOST_CONJUNCTS = 16, // of one condition
    MOST_DEPTH = 8,      // of expressions that guards compare
};

// What an expression was found to be.
struct value {
    struct ir_range range;
    uint32_t step; // IR_PROOF_NONE without certificates
    bool is_u32;   // at run time; else nothing is claimed
    bool exits;    // holds because some invocations have left
};

struct binding {
    const struct ir_node *node; // LET or LOOP; NULL: not live
    const struct value *value;  // in the arena
};

// A comparison that holds here: `expr` is in range, or `expr` >= `other`.
struct guard {
    const struct ir_expr *expr;
    const struct ir_expr *other; // NULL: a range
    struct value value;
    const struct ir_node *node;
    const struct ir_expr *comparison;
    bool negated;
};

struct undo {
    ir_name name;
    struct binding before;
};

struct walk {
    const struct vyre_program *program;
    struct ir_ranges *ranges;
    bool certify;
    bool failed;
    bool *assigned;           // one per name
    uint32_t *buffers;        // one per name: declaration index plus 1
    struct binding *bindings; // one per name
    struct {
        ARRAY(struct undo);
    } undo;
    struct {
        ARRAY(struct guard);
    } guards; // those that hold where the walk stands
};

// ---- Answers ----------------------------------------------------------------------------------

// Parts of a program that follow each other lie side by side, so their answers do too: those of 4
// KiB have places in one group, which a hash chooses.
static size_t place_of(const struct ir_ranges *ranges, const void *key)
{
    enum { PAGE_BITS = 12, GROUP_BITS = 5 };
    const uint64_t address = (uintptr_t)key;
    const uint64_t page = (address >> PAGE_BITS) * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    const uint64_t in_page = address >> (PAGE_BITS - GROUP_BITS) & ((1 << GROUP_BITS) - 1);
    size_t at = (size_t)(page << GROUP_BITS | in_page) & (ranges->capacity - 1);
    while (ranges->entries[at].key && ranges->entries[at].key != key)
        at = (at + 1) & (ranges->capacity - 1);
    return at;
}

static bool grow(struct ir_ranges *ranges)
{
    enum { FIRST = 32 };
    struct ir_ranges larger = { .capacity = ranges->capacity ? ranges->capacity * 2 : FIRST };
    larger.entries = arena_array(&ranges->arena, larger.capacity, sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t i = 0; i < ranges->capacity; i++)
        if (ranges->entries[i].key)
            larger.entries[place_of(&larger, ranges->entries[i].key)] = ranges->entries[i];
    ranges->entries = larger.entries;
    ranges->capacity = larger.capacity;
    return true;
}

// A node that stands in several places keeps the answer that holds in all of them.
static void answer(struct walk *walk, const void *key, uint64_t value, bool keep_smaller)
{
    struct ir_ranges *ranges = walk->ranges;
    if (2 * ranges->count >= ranges->capacity && !grow(ranges)) {
        walk->failed = true;
        return;
    }
    struct ir_range_entry *entry = &ranges->entries[place_of(ranges, key)];
    bool replaces = !entry->key || (keep_smaller ? value < entry->value : value > entry->value);
    ranges->count += entry->key == NULL;
    if (replaces)
        *entry = (struct ir_range_entry){ key, value };
}

static const struct ir_range_entry *find(const struct ir_ranges *ranges, const void *key)
{
    if (ranges->capacity == 0)
        return NULL;
    const struct ir_range_entry *entry = &ranges->entries[place_of(ranges, key)];
    return entry->key ? entry : NULL;
}

enum ir_inside ir_ranges_inside(const struct ir_ranges *ranges, const struct ir_expr *index)
{
    const struct ir_range_entry *entry = find(ranges, index);
    return entry ? (enum ir_inside)entry->value : IR_INSIDE_UNKNOWN;
}

uint32_t ir_ranges_iterations(const struct ir_ranges *ranges, const struct ir_node *loop)
{
    const struct ir_range_entry *entry = find(ranges, loop);
    return entry ? (uint32_t)entry->value : UINT32_MAX;
}

// ---- Steps ------------------------------------------------------------------------------------

static uint32_t record(struct walk *walk, struct ir_proof_step step)
{
    if (!walk->certify)
        return IR_PROOF_NONE;
    if (!array_push_in(&walk->ranges->arena, &walk->ranges->steps, step)) {
        walk->failed = true;
        return IR_PROOF_NONE;
    }
    return (uint32_t)walk->ranges->steps.count - 1;
}

// Only where elements are whole bytes does a length count what may be accessed.
static bool is_plain(const struct ir_type *element)
{
    uint64_t bits;
    uint64_t stride = ir_type_stride(element);
    return stride > 0 && ir_type_bits(element, &bits) && bits == stride * 8;
}

// The bytes of a binding are counted in 32 bits.
static uint64_t longest(const struct ir_buffer *buffer)
{
    return UINT32_MAX / ir_type_stride(buffer->element);
}

// Relations to lengths bound the value itself, too.
static void tighten(const struct walk *walk, struct ir_range *range)
{
    for (uint32_t i = 0; i < range->count; i++) {
        const struct ir_below *below = &range->below[i];
        int64_t most = (int64_t)longest(&walk->program->buffers[below->buffer]) - 1 - below->slack;
        int64_t high = most < 0 ? 0 : most / below->scale;
        if (high < range->high)
            range->high = (uint32_t)high;
    }
    if (range->low > range->high)
        range->low = range->high; // nothing gets here
}

static struct value conclude(struct walk *walk, const struct ir_expr *expr, uint8_t rule,
                             struct ir_range range, const struct value *a, const struct value *b,
                             const struct ir_node *node)
{
    struct value value = { .range = range, .is_u32 = true };
    value.exits = (a && a->exits) || (b && b->exits);
    tighten(walk, &value.range);
    value.step = record(walk, (struct ir_proof_step){
                                  .rule = rule,
                                  .expr = expr,
                                  .node = node,
                                  .range = value.range,
                                  .premise = { a ? a->step : IR_PROOF_NONE,
                                               b ? b->step : IR_PROOF_NONE, IR_PROOF_NONE },
                              });
    return value;
}

// ---- The same value ---------------------------------------------------------------------------

static bool is_fixed(const struct walk *walk, ir_name name)
{
    return walk->bindings[name].node && !walk->assigned[name];
}

// Whether two expressions are the same and made of what cannot change.
static bool same_value(const struct walk *walk, const struct ir_expr *a, const struct ir_expr *b,
                       int depth)
{
    if (a->kind != b->kind || a->op != b->op || depth == 0)
        return false;
    switch (a->kind) {
    case IR_EXPR_LIT_U32: return a->bits == b->bits;
    case IR_EXPR_VAR: return a->name == b->name && is_fixed(walk, a->name);
    case IR_EXPR_BUF_LEN: return a->name == b->name;
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: return true;
    case IR_EXPR_BINOP:
        return a->op != IR_BIN_OPAQUE && same_value(walk, a->kids[0], b->kids[0], depth - 1) &&
               same_value(walk, a->kids[1], b->kids[1], depth - 1);
    default: return false;
    }
}

// ---- Expressions ------------------------------------------------------------------------------

static struct value nothing(void)
{
    return (struct value){ .range = ir_range_any, .step = IR_PROOF_NONE };
}

static struct value evaluate(struct walk *walk, const struct ir_expr *expr);

// Whether an operator of two u32 gives a u32.
static bool gives_word(uint8_t op)
{
    switch (op) {
    case IR_BIN_EQ:
    case IR_BIN_NE:
    case IR_BIN_LT:
    case IR_BIN_GT:
    case IR_BIN_LE:
    case IR_BIN_GE:
    case IR_BIN_AND:
    case IR_BIN_OR:
    case IR_BIN_OPAQUE: return false;
    default: return !ir_binop_info((enum ir_binop)op)->needs_subgroup;
    }
}

static struct value shape(struct walk *walk, const struct ir_expr *expr, uint32_t low,
                          uint32_t high)
{
    return conclude(walk, expr, IR_PROOF_SHAPE, (struct ir_range){ .low = low, .high = high }, NULL,
                    NULL, NULL);
}

static struct value length(struct walk *walk, const struct ir_expr *expr)
{
    uint32_t buffer = walk->buffers[expr->name];
    if (!buffer)
        return nothing();
    const struct ir_buffer *declared = &walk->program->buffers[buffer - 1];
    if (!is_plain(declared->element))
        return shape(walk, expr, 0, UINT32_MAX);
    struct ir_range range = { .high = (uint32_t)longest(declared) };
    if (declared->access == VYRE_ACCESS_WORKGROUP)
        range.low = range.high = declared->count;
    ir_range_add_below(&range, (struct ir_below){ buffer - 1, 1, -1 });
    return conclude(walk, expr, IR_PROOF_SHAPE, range, NULL, NULL, NULL);
}

// gid = wid * size + lid: what is known of the workgroup's id says something about the global one.
static struct value global_id(struct walk *walk, const struct ir_expr *expr)
{
    if (expr->op > 2 || walk->guards.count == 0)
        return shape(walk, expr, 0, UINT32_MAX);
    const uint32_t size = walk->program->workgroup[expr->op];
    for (size_t i = walk->guards.count; i-- > 0;) {
        const struct guard *guard = &walk->guards.items[i];
        if (guard->other || guard->expr->kind != IR_EXPR_WORKGROUP_ID ||
            guard->expr->op != expr->op || size == 0)
            continue;
        const struct value group = evaluate(walk, guard->expr);
        const struct ir_range by = { .low = size, .high = size };
        const struct ir_range local = { .high = size - 1 };
        struct ir_range first = ir_range_binop(IR_BIN_MUL, &group.range, &by);
        return conclude(walk, expr, IR_PROOF_GROUP, ir_range_binop(IR_BIN_ADD, &first, &local),
                        &group, NULL, NULL);
    }
    return shape(walk, expr, 0, UINT32_MAX);
}

static const struct guard *no_wrap(const struct walk *walk, const struct ir_expr *expr)
{
    if (expr->op != IR_BIN_SUB && expr->op != IR_BIN_WRAPPING_SUB)
        return NULL;
    for (size_t i = walk->guards.count; i-- > 0;) {
        const struct guard *guard = &walk->guards.items[i];
        if (guard->other && same_value(walk, guard->expr, expr->kids[0], MOST_DEPTH) &&
            same_value(walk, guard->other, expr->kids[1], MOST_DEPTH))
            return guard;
    }
    return NULL;
}

static struct value binary(struct walk *walk, const struct ir_expr *expr)
{
    const struct value left = evaluate(walk, expr->kids[0]);
    const struct value right = evaluate(walk, expr->kids[1]);
    // Operands of different kinds never meet, so one that is known to be u32 is enough.
    if (!gives_word(expr->op) || !(left.is_u32 || right.is_u32))
        return nothing();
    const struct guard *guard = no_wrap(walk, expr);
    if (!guard)
        return conclude(walk, expr, IR_PROOF_SHAPE,
                        ir_range_binop(expr->op, &left.range, &right.range), &left, &right, NULL);
    struct value value = { .range = ir_range_difference(&left.range, &right.range),
                           .is_u32 = true,
                           .exits = left.exits || right.exits || guard->value.exits };
    tighten(walk, &value.range);
    value.step =
        record(walk, (struct ir_proof_step){ .rule = IR_PROOF_NO_WRAP,
                                             .negated = guard->negated,
                                             .expr = expr,
                                             .node = guard->node,
                                             .comparison = guard->comparison,
                                             .range = value.range,
                                             .premise = { left.step, right.step, IR_PROOF_NONE } });
    return value;
}

static struct value selection(struct walk *walk, const struct ir_expr *expr)
{
    const struct value yes = evaluate(walk, expr->kids[1]);
    const struct value no = evaluate(walk, expr->kids[2]);
    if (!yes.is_u32 || !no.is_u32)
        return nothing();
    return conclude(walk, expr, IR_PROOF_SHAPE, ir_range_select(&yes.range, &no.range), &yes, &no,
                    NULL);
}

static struct value unary(struct walk *walk, const struct ir_expr *expr)
{
    if (!evaluate(walk, expr->kids[0]).is_u32)
        return nothing();
    switch (expr->op) {
    case IR_UN_POPCOUNT:
    case IR_UN_CLZ:
    case IR_UN_CTZ: return shape(walk, expr, 0, 32);
    case IR_UN_NEGATE:
    case IR_UN_BIT_NOT:
    case IR_UN_REVERSE_BITS: return shape(walk, expr, 0, UINT32_MAX);
    default: return nothing();
    }
}

// A cast of a u32 to u32 changes nothing; any other gives some word.
static struct value cast(struct walk *walk, const struct ir_expr *expr)
{
    if (expr->type->kind != IR_TYPE_U32)
        return nothing();
    const struct value value = evaluate(walk, expr->kids[0]);
    return conclude(walk, expr, IR_PROOF_SHAPE, value.is_u32 ? value.range : ir_range_any, &value,
                    NULL, NULL);
}

static struct value local(struct walk *walk, const struct ir_expr *expr)
{
    const struct binding *binding = &walk->bindings[expr->name];
    if (!binding->node || !binding->value->is_u32)
        return nothing();
    if (walk->assigned[expr->name]) // keeps its kind, nothing else
        return shape(walk, expr, 0, UINT32_MAX);
    return conclude(walk, expr, IR_PROOF_LET, binding->value->range, binding->value, NULL,
                    binding->node);
}

static bool element_is_word(const struct walk *walk, ir_name name)
{
    uint32_t buffer = walk->buffers[name];
    if (!buffer)
        return false;
    uint8_t kind = walk->program->buffers[buffer - 1].element->kind;
    return kind == IR_TYPE_U32 || kind == IR_TYPE_BOOL; // loads of bool give words
}

static struct value extension(struct walk *walk, const struct ir_expr *expr)
{
    switch (expr->ext) {
    case IR_EXT_PARAM: return shape(walk, expr, 0, UINT32_MAX);
    case IR_EXT_UNIFORM_LOAD:
    case IR_EXT_ATOMIC_LOAD:
        return element_is_word(walk, expr->name) ? shape(walk, expr, 0, UINT32_MAX) : nothing();
    default: return nothing();
    }
}

static struct value unguarded(struct walk *walk, const struct ir_expr *expr)
{
    switch (expr->kind) {
    case IR_EXPR_LIT_U32: return shape(walk, expr, expr->bits, expr->bits);
    case IR_EXPR_VAR: return local(walk, expr);
    case IR_EXPR_LOAD:
        return element_is_word(walk, expr->name) ? shape(walk, expr, 0, UINT32_MAX) : nothing();
    case IR_EXPR_ATOMIC: return shape(walk, expr, 0, UINT32_MAX);
    case IR_EXPR_BUF_LEN: return length(walk, expr);
    case IR_EXPR_INVOCATION_ID: return global_id(walk, expr);
    case IR_EXPR_WORKGROUP_ID: return shape(walk, expr, 0, UINT32_MAX);
    case IR_EXPR_LOCAL_ID:
        return expr->op < 3 && walk->program->workgroup[expr->op] > 0
                   ? shape(walk, expr, 0, walk->program->workgroup[expr->op] - 1)
                   : nothing();
    case IR_EXPR_BINOP: return binary(walk, expr);
    case IR_EXPR_UNOP: return unary(walk, expr);
    case IR_EXPR_CAST: return cast(walk, expr);
    case IR_EXPR_SELECT: return selection(walk, expr);
    case IR_EXPR_OPAQUE: return extension(walk, expr);
    default: return nothing();
    }
}

static struct value evaluate(struct walk *walk, const struct ir_expr *expr)
{
    struct value value = unguarded(walk, expr);
    if (!value.is_u32)
        return value;
    for (size_t i = 0; i < walk->guards.count; i++) {
        const struct guard *guard = &walk->guards.items[i];
        if (guard->other || !same_value(walk, guard->expr, expr, MOST_DEPTH))
            continue;
        struct ir_range both = ir_range_both(&value.range, &guard->value.range);
        value = conclude(walk, expr, IR_PROOF_BOTH, both, &value, &guard->value, NULL);
    }
    return value;
}

// ---- Conditions -------------------------------------------------------------------------------

static void add_guard(struct walk *walk, struct guard guard)
{
    if (walk->guards.count < MOST_GUARDS &&
        !array_push_in(&walk->ranges->arena, &walk->guards, guard))
        walk->failed = true;
}

// `expr` is at most (`strict`: below) `bound`, so `bound` is at least `expr`.
static void add_order(struct walk *walk, struct guard guard, const struct ir_expr *expr,
                      const struct ir_expr *bound, bool strict)
{
    const struct value limit = evaluate(walk, bound);
    const struct value value = evaluate(walk, expr);
    if (!limit.is_u32 && !value.is_u32)
        return;
    guard.expr = bound;
    guard.other = expr;
    add_guard(walk, guard);
    if (!limit.is_u32)
        return;
    guard.expr = expr;
    guard.other = NULL;
    guard.value.range = ir_range_under(&limit.range, strict);
    guard.value.is_u32 = true;
    guard.value.exits |= limit.exits;
    tighten(walk, &guard.value.range);
    guard.value.step = record(
        walk, (struct ir_proof_step){ .rule = IR_PROOF_GUARD,
                                      .negated = guard.negated,
                                      .expr = expr,
                                      .node = guard.node,
                                      .comparison = guard.comparison,
                                      .range = guard.value.range,
                                      .premise = { limit.step, IR_PROOF_NONE, IR_PROOF_NONE } });
    add_guard(walk, guard);
}

static void add_comparison(struct walk *walk, const struct ir_node *node,
                           const struct ir_expr *expr, bool negated, bool exits)
{
    const struct ir_expr *left = expr->kids[0];
    const struct ir_expr *right = expr->kids[1];
    const struct guard guard = { .node = node,
                                 .comparison = expr,
                                 .negated = negated,
                                 .value = { .step = IR_PROOF_NONE, .exits = exits } };
    switch (expr->op) {
    case IR_BIN_LT: // a < b, or else b <= a
        add_order(walk, guard, negated ? right : left, negated ? left : right, !negated);
        break;
    case IR_BIN_GE: // a >= b, or else a < b
        add_order(walk, guard, negated ? left : right, negated ? right : left, negated);
        break;
    case IR_BIN_LE: // a <= b, or else b < a
        add_order(walk, guard, negated ? right : left, negated ? left : right, negated);
        break;
    case IR_BIN_GT: // a > b, or else a <= b
        add_order(walk, guard, negated ? left : right, negated ? right : left, !negated);
        break;
    case IR_BIN_EQ:
    case IR_BIN_NE:
        if ((expr->op == IR_BIN_EQ) == negated)
            break;
        add_order(walk, guard, left, right, false);
        add_order(walk, guard, right, left, false);
        break;
    default: break;
    }
}

// Guards with every comparison that holds where `condition` is true (`negated`: false); `exits`:
// because who finds it otherwise has left.
static void add_condition(struct walk *walk, const struct ir_node *node,
                          const struct ir_expr *condition, bool negated, bool exits, int *left)
{
    if ((*left)-- <= 0)
        return;
    if (condition->kind == IR_EXPR_VAR && is_fixed(walk, condition->name) &&
        walk->bindings[condition->name].node->kind == IR_NODE_LET) {
        add_condition(walk, node, walk->bindings[condition->name].node->a, negated, exits, left);
    } else if (condition->kind == IR_EXPR_UNOP && condition->op == IR_UN_LOGICAL_NOT) {
        add_condition(walk, node, condition->kids[0], !negated, exits, left);
    } else if (condition->kind == IR_EXPR_BINOP) {
        if (condition->op == (negated ? IR_BIN_OR : IR_BIN_AND)) {
            add_condition(walk, node, condition->kids[0], negated, exits, left);
            add_condition(walk, node, condition->kids[1], negated, exits, left);
        } else {
            add_comparison(walk, node, condition, negated, exits);
        }
    }
}

// ---- Accesses ---------------------------------------------------------------------------------

static bool is_inside(const struct walk *walk, uint32_t buffer, const struct ir_range *range)
{
    const struct ir_buffer *declared = &walk->program->buffers[buffer];
    if (!is_plain(declared->element))
        return false;
    if (range->high < declared->count)
        return true;
    for (uint32_t i = 0; i < range->count; i++)
        if (range->below[i].buffer == buffer && range->below[i].slack >= 0)
            return true;
    return false;
}

static void visit_access(struct walk *walk, ir_name name, const struct ir_expr *index)
{
    uint32_t buffer = walk->buffers[name];
    if (!buffer)
        return;
    const struct value value = evaluate(walk, index);
    const bool inside = value.is_u32 && is_inside(walk, buffer - 1, &value.range);
    walk->ranges->accesses++;
    walk->ranges->inside += inside;
    answer(walk, index,
           !inside       ? IR_INSIDE_UNKNOWN
           : value.exits ? IR_INSIDE_AFTER_EXITS
                         : IR_INSIDE_ALWAYS,
           true);
    if (inside && walk->certify &&
        !array_push_in(&walk->ranges->arena, &walk->ranges->proofs,
                       ((struct ir_proof){ index, buffer - 1, value.step })))
        walk->failed = true;
}

static void visit_expr(struct walk *walk, const struct ir_expr *expr)
{
    for (uint32_t i = 0; i < expr->kid_count; i++)
        visit_expr(walk, expr->kids[i]);
    const bool ext = expr->kind == IR_EXPR_OPAQUE &&
                     (expr->ext == IR_EXT_UNIFORM_LOAD || expr->ext == IR_EXT_ATOMIC_LOAD);
    if (expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_ATOMIC || ext)
        visit_access(walk, expr->name, expr->kids[0]);
}

// ---- Statements -------------------------------------------------------------------------------

static void bind(struct walk *walk, ir_name name, const struct ir_node *node, struct value value)
{
    static const struct value unknown = { .step = IR_PROOF_NONE };
    struct arena *arena = &walk->ranges->arena;
    struct undo undo = { name, walk->bindings[name] };
    const struct value *kept = value.is_u32 ? arena_copy(arena, &value, sizeof value) : &unknown;
    if (!kept || !array_push_in(arena, &walk->undo, undo)) {
        walk->failed = true;
        return;
    }
    walk->bindings[name] = (struct binding){ node, kept };
}

static void unbind(struct walk *walk, size_t mark)
{
    while (walk->undo.count > mark) {
        const struct undo *undo = &walk->undo.items[--walk->undo.count];
        walk->bindings[undo->name] = undo->before;
    }
}

static void visit_body(struct walk *walk, const struct ir_body *body, bool scoped);

static void visit_loop(struct walk *walk, const struct ir_node *node)
{
    const struct value from = evaluate(walk, node->a);
    const struct value to = evaluate(walk, node->b);
    struct ir_range range =
        to.is_u32 ? ir_range_under(&to.range, true) : (struct ir_range){ .high = UINT32_MAX - 1 };
    range.low = from.is_u32 ? from.range.low : 0;
    // Who left may be kept going for the others' sake, and then finds other bounds.
    const uint32_t low = from.exits ? 0 : range.low;
    const uint32_t high = to.is_u32 && !to.exits ? to.range.high : UINT32_MAX;
    answer(walk, node, high > low ? high - low : 0, false);
    const size_t guards = walk->guards.count;
    const size_t mark = walk->undo.count;
    bind(walk, node->name, node,
         conclude(walk, NULL, IR_PROOF_LOOP, range, from.is_u32 ? &from : NULL,
                  to.is_u32 ? &to : NULL, node));
    visit_body(walk, &node->body, true);
    unbind(walk, mark);
    walk->guards.count = guards;
}

static bool leaves(const struct ir_body *body)
{
    if (body->count == 0)
        return false;
    const uint8_t last = body->nodes[body->count - 1]->kind;
    return last == IR_NODE_RETURN || last == IR_NODE_TRAP;
}

// What follows a branch that leaves is reached by the other one only.
static void visit_if(struct walk *walk, const struct ir_node *node)
{
    const size_t guards = walk->guards.count;
    int conjuncts = MOST_CONJUNCTS;
    add_condition(walk, node, node->a, false, false, &conjuncts);
    visit_body(walk, &node->body, true);
    walk->guards.count = guards;
    conjuncts = MOST_CONJUNCTS;
    if (node->otherwise.count > 0) {
        add_condition(walk, node, node->a, true, false, &conjuncts);
        visit_body(walk, &node->otherwise, true);
        walk->guards.count = guards;
    } else if (leaves(&node->body)) {
        add_condition(walk, node, node->a, true, true, &conjuncts);
    }
}

static void visit_node(struct walk *walk, const struct ir_node *node)
{
    if (node->a)
        visit_expr(walk, node->a);
    if (node->b)
        visit_expr(walk, node->b);
    switch (node->kind) {
    case IR_NODE_LET: bind(walk, node->name, node, evaluate(walk, node->a)); break;
    case IR_NODE_STORE: visit_access(walk, node->name, node->a); break;
    case IR_NODE_OPAQUE:
        if (node->ext == IR_EXT_ATOMIC_STORE)
            visit_access(walk, node->name, node->a);
        break;
    case IR_NODE_IF: visit_if(walk, node); break;
    case IR_NODE_LOOP: visit_loop(walk, node); break;
    case IR_NODE_BLOCK:
    case IR_NODE_REGION: visit_body(walk, &node->body, true); break;
    default: break;
    }
}

static void visit_body(struct walk *walk, const struct ir_body *body, bool scoped)
{
    const size_t mark = walk->undo.count;
    const size_t guards = walk->guards.count;
    for (uint32_t i = 0; i < body->count && !walk->failed; i++)
        visit_node(walk, body->nodes[i]);
    if (scoped)
        unbind(walk, mark);
    walk->guards.count = guards;
}

// ---- The whole --------------------------------------------------------------------------------

static void note_assigned(bool *assigned, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_ASSIGN)
            assigned[node->name] = true;
        note_assigned(assigned, &node->body);
        note_assigned(assigned, &node->otherwise);
    }
}

enum vyre_result ir_ranges_init(struct ir_ranges *ranges, const struct vyre_program *program,
                                bool certify)
{
    *ranges = (struct ir_ranges){ 0 };
    struct arena *arena = &ranges->arena;
    struct walk walk = { .program = program, .ranges = ranges, .certify = certify };
    walk.assigned = arena_array(arena, program->name_count, sizeof *walk.assigned);
    walk.buffers = arena_array(arena, program->name_count, sizeof *walk.buffers);
    walk.bindings = arena_array(arena, program->name_count, sizeof *walk.bindings);
    if (arena->failed)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = program->buffer_count; i-- > 0;)
        walk.buffers[program->buffers[i].name] = i + 1;
    if (ir_may_have_node(program, IR_NODE_ASSIGN))
        note_assigned(walk.assigned, &program->entry);
    visit_body(&walk, &program->entry, false);
    return walk.failed ? VYRE_ERR_NO_MEMORY : VYRE_OK;
}

void ir_ranges_fini(struct ir_ranges *ranges)
{
    arena_fini(&ranges->arena);
    *ranges = (struct ir_ranges){ 0 };
}
