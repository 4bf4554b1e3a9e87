// SPDX-License-Identifier: MIT
// Common subexpressions.
//
// Does: gives every expression the number of its value; what is computed again while it is known is
// read from a local instead: the one that keeps it already, or a new one before the statement that
// computes it first.
// Needs: a valid program. Breaks nothing: only what has no effects and cannot be a run-time error
// moves, and never out of the list of statements that computes it first. Loads are the same value
// while nothing may have written: a store to their buffer, an atomic, a barrier, a copy or the next
// iteration ends that. Atomics themselves stay where they are, and so do loads of the buffers that
// they touch, and the operands of subgroup operations, which see the locals of other lanes.
#include "ir/pass.h"

#include "facts.h"
#include "ir/edit.h"
#include "ir/tables.h"
#include "ir/validate.h"

#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL // keys are short: a call would cost as much as the hash
#include <xxhash.h>

// What decides about the value of an expression, besides the literal bits, names, versions, epochs
// and values of operands in `words`. Nothing in it is padding.
struct key {
    uint8_t kind;
    uint8_t op;
    uint16_t type; // CAST: enum ir_type_kind
    uint32_t words[4];
};

// Numbers of values begin with 1 and are given once; 0 is no value that could be known. What is
// known of a value lasts as long as the list of statements in which it came up, and until too many
// others have: its place is one of a ring, which a cache holds.
struct value {
    struct key key;
    uint32_t next;   // value with the same head; NOT_IN_TABLE: it is not to be found
    uint32_t record; // 1 + index; 0: not computed yet
    uint16_t hash;   // of the key
    uint8_t kind;    // at run time
    uint8_t type;    // enum ir_type_kind
};

enum { NOT_IN_TABLE = UINT32_MAX, MOST_KNOWN = 1 << 15 };

// An expression of the program, in the order of the walk.
struct occurrence {
    uint32_t record;      // 1 + index; 0: it is evaluated where it stands, for itself
    uint32_t defines : 1; // it is evaluated where it stands, for others too
    uint32_t size : 31;   // expressions in its subtree that were walked
};

struct record {
    ir_name local; // that holds the value; 0: none yet
    uint32_t uses; // by others
    uint8_t kind;  // as in struct value
    uint8_t type;
};

struct cse {
    struct ir_edit edit;
    struct ir_facts *facts;
    struct arena arena;   // of the tables
    struct value *values; // by number, a ring
    uint32_t ring;        // how many of them, a power of two
    uint32_t last;        // the last number
    uint32_t *heads;      // by hash, twice as many: the last value that has it
    uint32_t *locals;     // by name: the value of a local that is not assigned
    uint32_t *versions;   // by name: counts the assignments and stores so far
    struct {
        ARRAY(struct occurrence);
    } occurrences;
    size_t statement; // the first occurrence in the current statement
    struct {
        ARRAY(uint32_t);
    } here; // values of the occurrences in the current statement
    struct {
        ARRAY(struct record);
    } records;
    struct {
        ARRAY(uint32_t);
    } defined;             // values that have a record, in the order in which they got it
    uint32_t epochs;       // given out so far
    uint32_t memory_epoch; // changes when any memory may have changed
    uint32_t copy_epoch;   // changes when even read-only memory may have changed
    uint32_t loop_epoch;   // the innermost loop that is walked
    bool after_atomic;     // in this statement: loads must stay behind it
    uint64_t node_count;
    size_t next;        // occurrence, in the second walk
    uint32_t next_name; // number of the next new local
    bool failed;
};

// ---- Values -------------------------------------------------------------------------------------

// Seeded with an address, so that nobody can prepare programs whose values collide. What is found
// does not depend on it.
static uint16_t hash_of(const struct cse *cse, const struct key *key)
{
    return (uint16_t)XXH3_64bits_withSeed(key, sizeof *key, (uintptr_t)cse);
}

static uint32_t *head_of(const struct cse *cse, uint16_t hash)
{
    return &cse->heads[hash & (cse->ring * 2 - 1)];
}

// As many as there may be parts, up to what is known.
static bool make_ring(struct cse *cse, uint64_t parts)
{
    cse->ring = 64;
    while (cse->ring < parts && cse->ring < MOST_KNOWN)
        cse->ring *= 2;
    cse->values = arena_alloc(&cse->arena, cse->ring * sizeof *cse->values);
    cse->heads = arena_array(&cse->arena, cse->ring * (size_t)2, sizeof *cse->heads);
    return cse->values && cse->heads;
}

static bool is_known(const struct cse *cse, uint32_t number)
{
    return number && cse->last - number < cse->ring;
}

static struct value *place_of(const struct cse *cse, uint32_t number)
{
    return &cse->values[number & (cse->ring - 1)];
}

// A value that a local alone knows.
static uint32_t fresh_value(struct cse *cse)
{
    if (cse->last == UINT32_MAX) {
        cse->failed = true;
        return 0;
    }
    const uint32_t number = ++cse->last;
    *place_of(cse, number) = (struct value){ .next = NOT_IN_TABLE };
    return number;
}

static uint32_t value_of(struct cse *cse, const struct key *key)
{
    const uint16_t hash = hash_of(cse, key);
    uint32_t *head = head_of(cse, hash);
    for (uint32_t number = *head; is_known(cse, number); number = place_of(cse, number)->next)
        if (memcmp(&place_of(cse, number)->key, key, sizeof *key) == 0)
            return number;
    const uint32_t before = *head, number = fresh_value(cse);
    if (!number)
        return 0;
    struct value *value = place_of(cse, number);
    value->key = *key;
    value->hash = hash;
    value->next = before;
    return *head = number;
}

// Ends the values that came up after `number`. Those with one head go in the order in which they
// stand there; what an inner list has ended already is passed over.
static void forget_values(struct cse *cse, uint32_t number)
{
    for (uint32_t last = cse->last; last > number && is_known(cse, last); last--) {
        struct value *value = place_of(cse, last);
        if (value->next == NOT_IN_TABLE)
            continue;
        *head_of(cse, value->hash) = value->next;
        value->next = NOT_IN_TABLE;
    }
}

// Whether the operands may change places: for floats, the lesser of two zeros is the left one.
static bool commutes(const struct ir_expr *expr, uint8_t kind)
{
    const enum ir_binop op = (enum ir_binop)expr->op;
    return ir_binop_info(op)->commutative &&
           (kind != INTERP_FLOAT || (op != IR_BIN_MIN && op != IR_BIN_MAX));
}

static uint32_t variable_value(struct cse *cse, const struct ir_expr *expr)
{
    if (!cse->facts->names[expr->name].assigned)
        return cse->locals[expr->name];
    const struct key key = { .kind = IR_EXPR_VAR,
                             .words = { expr->name, cse->versions[expr->name], cse->loop_epoch } };
    return value_of(cse, &key);
}

// The value of a load; 0 when it is not known twice.
static uint32_t load_value(struct cse *cse, const struct ir_expr *expr, uint32_t index)
{
    const struct ir_name_facts *name = &cse->facts->names[expr->name];
    const struct ir_buffer *buffer = &cse->facts->program->buffers[name->buffer - 1];
    const bool constant =
        buffer->access == VYRE_ACCESS_READ_ONLY || buffer->access == VYRE_ACCESS_UNIFORM;
    if (name->atomic || (cse->after_atomic && !constant))
        return 0;
    const struct key key = { .kind = IR_EXPR_LOAD,
                             .words = { expr->name, cse->versions[expr->name],
                                        constant ? cse->copy_epoch : cse->memory_epoch, index } };
    return value_of(cse, &key);
}

// The value of an expression that has no effects and cannot fail.
static uint32_t number_one(struct cse *cse, const struct ir_expr *expr,
                           const uint32_t kids[IR_FACT_KIDS], uint8_t kind)
{
    struct key key = { .kind = expr->kind, .op = expr->op };
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        if (!kids[i])
            return 0;
        key.words[i] = kids[i];
    }
    switch (expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32: key.words[0] = expr->bits; break;
    case IR_EXPR_VAR: return variable_value(cse, expr);
    case IR_EXPR_LOAD: return load_value(cse, expr, kids[0]);
    case IR_EXPR_BUF_LEN:
        // To the validator this is an access like any other, beside which atomics must not stand.
        if (cse->facts->names[expr->name].atomic)
            return 0;
        key.words[0] = expr->name;
        break;
    case IR_EXPR_CAST:
        if (ir_type_has_parameters((enum ir_type_kind)expr->type->kind))
            return 0;
        key.type = expr->type->kind;
        break;
    case IR_EXPR_BINOP:
        if (commutes(expr, kind) && kids[0] > kids[1]) {
            key.words[0] = kids[1];
            key.words[1] = kids[0];
        }
        break;
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID:
    case IR_EXPR_UNOP:
    case IR_EXPR_SELECT:
    case IR_EXPR_FMA: break;
    default: return 0;
    }
    return value_of(cse, &key);
}

static bool touches_memory(const struct ir_expr *expr)
{
    return expr->kind == IR_EXPR_ATOMIC || expr->kind == IR_EXPR_CALL ||
           ir_expr_is_subgroup(expr) || (expr->kind == IR_EXPR_OPAQUE && expr->ext != IR_EXT_PARAM);
}

// In the order of evaluation. What an atomic makes visible is behind it; its operands may contain
// others, so that it counts before and after them.
static uint32_t number_expr(struct cse *cse, const struct ir_expr *expr,
                            struct ir_expr_facts *facts)
{
    struct ir_expr_facts of[IR_FACT_KIDS], kid_facts;
    uint32_t values[IR_FACT_KIDS] = { 0 };
    const size_t at = cse->occurrences.count;
    if (!array_push_in(&cse->arena, &cse->occurrences, ((struct occurrence){ .size = 1 })) ||
        !array_push_in(&cse->arena, &cse->here, 0))
        cse->failed = true;
    *facts = (struct ir_expr_facts){ .kind = IR_KIND_UNKNOWN };
    if (touches_memory(expr)) {
        cse->after_atomic = true;
        cse->memory_epoch = ++cse->epochs;
    }
    if (ir_expr_is_subgroup(expr) || cse->failed)
        return 0;
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        const uint32_t value = number_expr(cse, expr->kids[i], &kid_facts);
        if (i < IR_FACT_KIDS) {
            of[i] = kid_facts;
            values[i] = value;
        }
    }
    if (cse->failed)
        return 0;
    *facts = ir_facts_from(cse->facts, expr, of);
    if (touches_memory(expr))
        cse->memory_epoch = ++cse->epochs;
    cse->occurrences.items[at].size = (cse->occurrences.count - at) & INT32_MAX;
    if (!ir_droppable(facts) || !facts->type || facts->kind == IR_KIND_UNKNOWN)
        return 0;
    const uint32_t number = number_one(cse, expr, values, expr->kid_count ? of[0].kind : 0);
    cse->here.items[at - cse->statement] = number;
    if (is_known(cse, number)) {
        place_of(cse, number)->kind = facts->kind;
        place_of(cse, number)->type = facts->type->kind;
    }
    return number;
}

// ---- Who computes a value, and who reads it -----------------------------------------------------

static bool is_worth_keeping(const struct ir_expr *expr)
{
    return expr->kid_count > 0;
}

// The largest parts first: where a whole is known, its parts are not needed.
static void place(struct cse *cse, const struct ir_expr *expr, size_t at)
{
    struct occurrence *self = &cse->occurrences.items[at];
    const uint32_t number = cse->here.items[at - cse->statement];
    if (is_known(cse, number) && is_worth_keeping(expr)) {
        struct value *value = place_of(cse, number);
        if (value->record) {
            self->record = value->record;
            cse->records.items[value->record - 1].uses++;
            return;
        }
        const struct record record = { .kind = value->kind, .type = value->type };
        if (!array_push_in(&cse->arena, &cse->records, record) ||
            !array_push_in(&cse->arena, &cse->defined, number)) {
            cse->failed = true;
            return;
        }
        value->record = self->record = (uint32_t)cse->records.count;
        self->defines = true;
    }
    if (ir_expr_is_subgroup(expr))
        return;
    size_t kid = at + 1;
    for (uint32_t i = 0; i < expr->kid_count && !cse->failed; i++) {
        place(cse, expr->kids[i], kid);
        kid += cse->occurrences.items[kid].size;
    }
}

static uint32_t look_at_expr(struct cse *cse, const struct ir_expr *expr, size_t *at)
{
    struct ir_expr_facts facts;
    *at = cse->occurrences.count;
    return number_expr(cse, expr, &facts);
}

static void look_at_body(struct cse *cse, const struct ir_body *body);

// An iteration may find changed what the ones before it wrote.
static void look_at_loop(struct cse *cse, const struct ir_node *node)
{
    const uint32_t outer = cse->loop_epoch, memory = cse->memory_epoch;
    cse->loop_epoch = ++cse->epochs;
    const uint32_t entered = cse->memory_epoch = cse->loop_epoch;
    const uint32_t copies = cse->copy_epoch;
    if (cse->facts->has_copies)
        cse->copy_epoch = cse->loop_epoch;
    cse->locals[node->name] = fresh_value(cse);
    look_at_body(cse, &node->body);
    cse->loop_epoch = outer;
    if (cse->memory_epoch == entered)
        cse->memory_epoch = memory; // what was stored has other versions
    if (cse->copy_epoch == entered)
        cse->copy_epoch = copies;
}

// What a statement changes, once its operands are evaluated.
static void take_effect(struct cse *cse, const struct ir_node *node, uint32_t value)
{
    switch (node->kind) {
    case IR_NODE_LET:
        if (cse->facts->names[node->name].assigned)
            cse->versions[node->name]++;
        else
            cse->locals[node->name] = value ? value : fresh_value(cse);
        break;
    case IR_NODE_ASSIGN:
    case IR_NODE_STORE: cse->versions[node->name]++; break;
    case IR_NODE_BLOCK:
    case IR_NODE_REGION:
    case IR_NODE_IF:
    case IR_NODE_LOOP:
    case IR_NODE_RETURN:
    case IR_NODE_TRAP: break;
    case IR_NODE_BARRIER: cse->memory_epoch = ++cse->epochs; break;
    default: cse->memory_epoch = cse->copy_epoch = ++cse->epochs; break;
    }
}

static void look_at_node(struct cse *cse, const struct ir_node *node)
{
    size_t a = 0, b = 0;
    uint32_t value = 0;
    cse->node_count++;
    cse->after_atomic = false;
    cse->statement = cse->occurrences.count;
    cse->here.count = 0;
    if (!ir_operands_unchecked(node)) {
        if (node->a)
            value = look_at_expr(cse, node->a, &a);
        if (node->b)
            look_at_expr(cse, node->b, &b);
        if (node->a && !cse->failed)
            place(cse, node->a, a);
        if (node->b && !cse->failed)
            place(cse, node->b, b);
    }
    // A local that keeps a value for good is where others read it.
    if (node->kind == IR_NODE_LET && value && !cse->failed &&
        !cse->facts->names[node->name].assigned && cse->occurrences.items[a].defines)
        cse->records.items[cse->occurrences.items[a].record - 1].local = node->name;
    take_effect(cse, node, value);
    if (node->kind == IR_NODE_LOOP)
        look_at_loop(cse, node);
    else
        look_at_body(cse, &node->body);
    look_at_body(cse, &node->otherwise);
}

static void look_at_body(struct cse *cse, const struct ir_body *body)
{
    const size_t mark = cse->defined.count;
    const uint32_t last = cse->last;
    for (uint32_t i = 0; i < body->count && !cse->failed; i++)
        look_at_node(cse, body->nodes[i]);
    while (cse->defined.count > mark) {
        const uint32_t number = cse->defined.items[--cse->defined.count];
        if (is_known(cse, number))
            place_of(cse, number)->record = 0;
    }
    forget_values(cse, last);
}

// ---- Rewriting ----------------------------------------------------------------------------------

// A name that the program does not have, for a local that keeps a value.
static ir_name new_local(struct cse *cse, const struct record *record)
{
    const enum ir_type_kind type = (enum ir_type_kind)record->type;
    struct ir_draft *draft = ir_edit_draft(&cse->edit);
    char text[16];
    ir_name name;
    do {
        snprintf(text, sizeof text, "_t%u", cse->next_name++);
        name = ir_draft_cname(draft, text);
    } while (!draft->failed && name < cse->edit.from->name_count);
    if (!draft->failed &&
        !ir_facts_add_local(cse->facts, ir_type_has_parameters(type) ? NULL : ir_type_scalar(type),
                            record->kind))
        draft->failed = true;
    return name;
}

static struct ir_expr *read_local(struct cse *cse, struct ir_expr *expr, ir_name local)
{
    return ir_edit_replace(&cse->edit, expr, ir_var(ir_edit_draft(&cse->edit), local));
}

// Statements that have to come before the one that is rewritten go to `out`.
static struct ir_expr *rewrite(struct cse *cse, struct ir_edit_body *out, struct ir_expr *expr,
                               bool keeps_itself)
{
    const struct occurrence self = cse->occurrences.items[cse->next++];
    if (ir_expr_is_subgroup(expr))
        return expr;
    struct record *record = self.record ? &cse->records.items[self.record - 1] : NULL;
    if (record && !self.defines) {
        if (record->local) {
            cse->next += self.size - 1;
            return read_local(cse, expr, record->local);
        }
        record = NULL; // the program is as large as it may be: computed again
    }
    struct ir_expr *now = expr;
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        struct ir_expr *kid = rewrite(cse, out, expr->kids[i], false);
        now = ir_edit_kid(&cse->edit, expr, now, i, kid);
    }
    if (!record || !record->uses || keeps_itself || cse->node_count >= IR_MAX_NODES)
        return now;
    cse->node_count++;
    record->local = new_local(cse, record);
    struct ir_node *let = ir_let(ir_edit_draft(&cse->edit), record->local, now);
    if (!let)
        return now;
    let->pos = expr->pos;
    ir_edit_put(&cse->edit, out, let);
    return read_local(cse, expr, record->local);
}

static struct ir_body rewrite_body(struct cse *cse, struct ir_body body)
{
    struct ir_edit_body made = { .from = body };
    for (uint32_t i = 0; i < body.count; i++) {
        struct ir_node *node = body.nodes[i];
        struct ir_expr *a = node->a;
        struct ir_expr *b = node->b;
        const bool keeps = node->kind == IR_NODE_LET && !cse->facts->names[node->name].assigned;
        if (a && !ir_operands_unchecked(node))
            a = rewrite(cse, &made, a, keeps);
        if (b && !ir_operands_unchecked(node))
            b = rewrite(cse, &made, b, false);
        struct ir_body inner = rewrite_body(cse, node->body);
        struct ir_body otherwise = rewrite_body(cse, node->otherwise);
        ir_edit_put(&cse->edit, &made, ir_edit_node(&cse->edit, node, a, b, inner, otherwise));
    }
    return ir_edit_take(&cse->edit, &made);
}

// ---- The pass -----------------------------------------------------------------------------------

static bool finds_any(const struct cse *cse)
{
    for (size_t i = 0; i < cse->records.count; i++)
        if (cse->records.items[i].uses)
            return true;
    return false;
}

static enum vyre_result run(struct cse *cse, struct vyre_program **out)
{
    const struct vyre_program *from = cse->edit.from;
    // Where expressions stand in several places there are more; then the list grows.
    if (from->parts > SIZE_MAX || !array_reserve_in(&cse->arena, &cse->occurrences, from->parts) ||
        !make_ring(cse, from->parts))
        return VYRE_ERR_NO_MEMORY;
    cse->locals = arena_array(&cse->arena, from->name_count, sizeof *cse->locals);
    cse->versions = arena_array(&cse->arena, from->name_count, sizeof *cse->versions);
    if (!ir_facts_about(cse->facts, from) || !cse->locals || !cse->versions)
        return VYRE_ERR_NO_MEMORY;
    look_at_body(cse, &from->entry);
    if (cse->failed)
        return VYRE_ERR_NO_MEMORY;
    struct ir_body entry = from->entry;
    if (finds_any(cse))
        entry = rewrite_body(cse, entry);
    return ir_edit_finish(&cse->edit, entry, out);
}

enum vyre_result ir_pass_cse(const struct ir_pass_context *context, const struct vyre_program *from,
                             struct vyre_program **out)
{
    struct cse cse = { .facts = context->facts };
    *out = NULL;
    ir_edit_init(&cse.edit, from);
    enum vyre_result result = run(&cse, out);
    if (!result)
        ir_facts_follow(cse.facts, *out);
    ir_edit_fini(&cse.edit);
    arena_fini(&cse.arena);
    return result;
}
