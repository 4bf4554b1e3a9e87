// SPDX-License-Identifier: MIT
// Does: finds workgroup memory that begins with stores of the whole workgroup which leave no
// element out: `tile[lid.y * 16 + lid.x] = ...`, or several such stores in a row, then a barrier,
// then everything else that names the memory. It all stands in one list of statements, to which the
// workgroup comes as a whole or not at all, before part of it has left; in a loop the first
// iteration fills.
// Needs: a valid program, its facts, its flow. Breaks nothing.
#include "filled.h"

#include "base/size.h"

// A list of statements that is being looked at.
struct list {
    const struct list *outer;
    uint32_t number;   // lists in the order in which they begin
    uint32_t barriers; // passed so far, those in inner lists apart
    bool mixed;        // part of a workgroup may come here
    bool is_left;      // part of a workgroup may leave in a loop around it
    bool late;         // may be come to first when it has
};

enum stage { UNTOUCHED, FILLING, SPOILT };

struct memory {
    uint8_t stage;     // enum stage
    uint32_t home;     // number of the list with its stores
    uint32_t barriers; // of that list, when it was last stored to
    uint64_t written;  // elements 0 to this one are
};

struct search {
    const struct vyre_program *program;
    const struct spv_facts *facts;
    const struct spv_flow *flow;
    struct memory *memories;       // one per buffer
    const struct ir_expr **values; // one per name: of locals that one LET binds and nobody assigns
    uint32_t lists;
    uint32_t next_loop;
    bool some_left; // part of a workgroup may have returned
};

// ---- Indices ------------------------------------------------------------------------------------

// start + step[0] * lid.x + step[1] * lid.y + step[2] * lid.z
struct linear {
    uint32_t start;
    uint32_t step[3];
};

enum { DEEPEST_INDEX = 16 };

static bool find_linear(const struct search *search, const struct ir_expr *expr, int depth,
                        struct linear *out);

static bool combine(const struct search *search, const struct ir_expr *expr, int depth,
                    struct linear *out)
{
    struct linear left, right;
    if (!find_linear(search, expr->kids[0], depth, &left) ||
        !find_linear(search, expr->kids[1], depth, &right))
        return false;
    const bool left_is_number = !(left.step[0] | left.step[1] | left.step[2]);
    const bool right_is_number = !(right.step[0] | right.step[1] | right.step[2]);
    if (expr->op == IR_BIN_ADD) {
        *out = left;
        out->start += right.start;
        for (int axis = 0; axis < 3; axis++)
            out->step[axis] += right.step[axis];
        return true;
    }
    uint32_t factor;
    if (expr->op == IR_BIN_MUL && right_is_number)
        factor = right.start;
    else if (expr->op == IR_BIN_MUL && left_is_number)
        factor = left.start, left = right;
    else if (expr->op == IR_BIN_SHL && right_is_number)
        factor = UINT32_C(1) << (right.start & 31);
    else
        return false;
    *out = left;
    out->start *= factor;
    for (int axis = 0; axis < 3; axis++)
        out->step[axis] *= factor;
    return true;
}

// Exact modulo 2^32, as u32 arithmetic is. False: it is not of that form.
static bool find_linear(const struct search *search, const struct ir_expr *expr, int depth,
                        struct linear *out)
{
    *out = (struct linear){ 0 };
    if (depth == DEEPEST_INDEX)
        return false;
    switch (expr->kind) {
    case IR_EXPR_LIT_U32: out->start = expr->bits; return true;
    case IR_EXPR_LOCAL_ID:
        if (expr->op > 2)
            return false;
        out->step[expr->op] = search->program->workgroup[expr->op] > 1;
        return true;
    case IR_EXPR_VAR:
        return search->values[expr->name] &&
               find_linear(search, search->values[expr->name], depth + 1, out);
    case IR_EXPR_BINOP: return combine(search, expr, depth + 1, out);
    default: return false;
    }
}

// Whether the invocations of a workgroup have the indices from `start` on, each one index of its
// own and none left out: the axes are digits of a number, in any order.
static bool leaves_none_out(const struct search *search, const struct ir_expr *index,
                            uint64_t start)
{
    struct linear linear;
    uint32_t digit = 1;
    if (!find_linear(search, index, 0, &linear) || linear.start != start)
        return false;
    for (int place = 0; place < 3; place++)
        for (int axis = 0; axis < 3; axis++)
            if (linear.step[axis] == digit && search->program->workgroup[axis] > 1) {
                linear.step[axis] = 0;
                digit *= search->program->workgroup[axis]; // at most the workgroup's invocations
                break;
            }
    return digit == search->facts->workgroup_invocations;
}

// ---- Statements ---------------------------------------------------------------------------------

static struct memory *find_memory(const struct search *search, ir_name name)
{
    const uint32_t buffer = search->facts->names[name].buffer;
    if (!buffer || search->program->buffers[buffer - 1].access != VYRE_ACCESS_WORKGROUP)
        return NULL;
    return &search->memories[buffer - 1];
}

static const struct ir_buffer *declared(const struct search *search, const struct memory *memory)
{
    return &search->program->buffers[memory - search->memories];
}

static const struct list *open_list(const struct list *list, uint32_t number)
{
    while (list && list->number != number)
        list = list->outer;
    return list;
}

// Whether all of a memory was written, and everybody knows. Otherwise it is not known what this
// statement of `list` finds there, unless it is another store.
static bool is_ready(const struct search *search, const struct memory *memory,
                     const struct list *list)
{
    const struct list *home = open_list(list, memory->home);
    const bool met =
        home && (home->barriers > memory->barriers || search->facts->workgroup_invocations == 1);
    return memory->stage == FILLING && met && memory->written >= declared(search, memory)->count;
}

static void touch(const struct search *search, const struct list *list, ir_name name)
{
    struct memory *memory = find_memory(search, name);
    if (memory && !is_ready(search, memory, list))
        memory->stage = SPOILT;
}

static void touch_in(const struct search *search, const struct list *list,
                     const struct ir_expr *expr)
{
    if (!expr)
        return;
    if (expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_ATOMIC || expr->kind == IR_EXPR_OPAQUE)
        touch(search, list, expr->name);
    for (uint32_t i = 0; i < expr->kid_count; i++)
        touch_in(search, list, expr->kids[i]);
}

static void store(const struct search *search, const struct list *list, const struct ir_node *node)
{
    struct memory *memory = find_memory(search, node->name);
    if (!memory || memory->stage == SPOILT || is_ready(search, memory, list))
        return;
    const bool first = memory->stage == UNTOUCHED;
    const bool all = !list->mixed && !list->late && !search->some_left;
    const bool begins = first && all;
    const bool goes_on =
        !first && all && memory->home == list->number && memory->barriers == list->barriers;
    // Elements that do not fill words are written by more than one access.
    const bool whole = ir_type_stride(declared(search, memory)->element) % 4 == 0;
    if (!whole || (!begins && !goes_on) || !leaves_none_out(search, node->a, memory->written)) {
        memory->stage = SPOILT;
        return;
    }
    memory->stage = FILLING;
    memory->home = list->number;
    memory->barriers = list->barriers;
    memory->written += search->facts->workgroup_invocations;
}

static void look_at_list(struct search *search, const struct ir_body *body,
                         const struct list *outer, struct list list);

// Whether part of a workgroup may leave in a loop and go on dead. Behind other exits nobody meets,
// and what nobody meets for is not filled.
static bool is_left(const struct search *search, uint32_t number)
{
    const struct spv_loop_facts *loop = &search->facts->loops.items[number];
    bool left = false;
    for (uint32_t i = loop->first_exit; i < loop->exit_end && !left; i++)
        left = search->flow->dead_exits[i];
    return left;
}

static void look_at(struct search *search, struct list *list, const struct ir_node *node)
{
    const struct spv_name_facts *name;
    struct list inner = *list;
    uint32_t loop;
    touch_in(search, list, node->a);
    touch_in(search, list, node->b);
    switch (node->kind) {
    case IR_NODE_LET:
        name = &search->facts->names[node->name];
        search->values[node->name] = name->assigned || name->rebound ? NULL : node->a;
        break;
    case IR_NODE_STORE: store(search, list, node); break;
    case IR_NODE_OPAQUE: touch(search, list, node->name); break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
        touch(search, list, node->name);
        touch(search, list, node->name2);
        break;
    case IR_NODE_BARRIER: list->barriers++; break;
    case IR_NODE_TRAP:
    case IR_NODE_RETURN: search->some_left |= list->mixed; break;
    case IR_NODE_IF:
        inner.mixed |= spv_flow_is_mixed(search->flow, node->a);
        inner.late |= list->is_left;
        break;
    case IR_NODE_LOOP:
        loop = search->next_loop++;
        inner.mixed |= search->flow->mixed_loops[loop];
        inner.late |= list->is_left;
        inner.is_left |= is_left(search, loop);
        break;
    default: break;
    }
    if (node->body.count)
        look_at_list(search, &node->body, list, inner);
    if (node->otherwise.count)
        look_at_list(search, &node->otherwise, list, inner);
}

// `list`: what is known of how the program comes to it.
static void look_at_list(struct search *search, const struct ir_body *body,
                         const struct list *outer, struct list list)
{
    list.outer = outer;
    list.number = search->lists++;
    list.barriers = 0;
    for (uint32_t i = 0; i < body->count; i++)
        look_at(search, &list, body->nodes[i]);
}

// ---- All of it ----------------------------------------------------------------------------------

static bool has_workgroup_memory(const struct vyre_program *program)
{
    for (uint32_t i = 0; i < program->buffer_count; i++)
        if (program->buffers[i].access == VYRE_ACCESS_WORKGROUP)
            return true;
    return false;
}

enum vyre_result spv_find_filled(const struct vyre_program *program, const struct spv_flow *flow,
                                 struct arena *arena, struct spv_facts *facts)
{
    if (!has_workgroup_memory(program))
        return VYRE_OK;
    struct search search = { .program = program, .facts = facts, .flow = flow };
    search.memories = arena_array(arena, program->buffer_count, sizeof *search.memories);
    search.values = arena_array(arena, program->name_count, sizeof *search.values);
    if (arena->failed)
        return VYRE_ERR_NO_MEMORY;
    look_at_list(&search, &program->entry, NULL, (struct list){ 0 });
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct memory *memory = &search.memories[i];
        facts->buffers[i].filled =
            memory->stage == FILLING && memory->written >= program->buffers[i].count;
    }
    return VYRE_OK;
}
