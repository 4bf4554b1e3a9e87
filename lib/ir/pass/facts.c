// SPDX-License-Identifier: MIT
#include "facts.h"

#include "base/memory.h"
#include "interp/ops.h"
#include "ir/validate.h"

// ---- Literals -----------------------------------------------------------------------------------

struct interp_value ir_literal_value(const struct ir_expr *expr)
{
    switch (expr->kind) {
    case IR_EXPR_LIT_I32: return interp_i32(expr->bits);
    case IR_EXPR_LIT_BOOL: return interp_bool(expr->bits);
    case IR_EXPR_LIT_F32:
        return interp_float((double)interp_canonical(interp_f32_from_bits(expr->bits)));
    default: return interp_u32(expr->bits);
    }
}

// ---- Operators ----------------------------------------------------------------------------------

// Some value of a kind on which every operator that the kind has is defined.
static struct interp_value sample(uint8_t kind)
{
    switch (kind) {
    case INTERP_I32: return interp_i32(1);
    case INTERP_U64: return interp_u64(1);
    case INTERP_BOOL: return interp_bool(true);
    case INTERP_FLOAT: return interp_float(1.0);
    default: return interp_u32(1);
    }
}

static bool is_word(uint8_t kind) // converts to u32 without fail
{
    return kind == INTERP_U32 || kind == INTERP_BOOL;
}

static bool divides(const struct ir_expr *expr)
{
    return expr->op == IR_BIN_DIV || expr->op == IR_BIN_MOD;
}

// The kind that an operator on two values of `kind` gives, IR_KIND_UNKNOWN where it is undefined.
// It is asked of the definition itself, once for each operator and kind.
static uint8_t binop_kind(const struct ir_facts *facts, uint8_t op, uint8_t kind)
{
    enum { NOT_ASKED = 0, UNDEFINED = UINT8_MAX };
    uint8_t *answer = &facts->binops[op * IR_FACT_KINDS + kind];
    if (*answer == NOT_ASKED) {
        struct interp_value one = sample(kind), result;
        const bool defined = interp_binop((enum ir_binop)op, &one, &one, &result) == INTERP_OP_OK;
        *answer = defined ? (uint8_t)(1 + result.kind) : UNDEFINED;
    }
    return *answer == UNDEFINED ? IR_KIND_UNKNOWN : (uint8_t)(*answer - 1);
}

static void conclude_binop(const struct ir_facts *facts, const struct ir_expr *expr,
                           const struct ir_expr_facts *kids, struct ir_expr_facts *out)
{
    const uint8_t kind = kids[0].kind;
    out->total = false;
    if (kind == IR_KIND_UNKNOWN || kind != kids[1].kind)
        return;
    const uint8_t result = binop_kind(facts, expr->op, kind);
    if (result == IR_KIND_UNKNOWN)
        return;
    out->kind = result;
    out->total = kids[0].total && kids[1].total;
    if (kind == INTERP_I32 && divides(expr)) {
        const struct ir_expr *divisor = expr->kids[1];
        out->total = out->total && divisor->kind == IR_EXPR_LIT_I32 && divisor->bits != 0 &&
                     divisor->bits != UINT32_MAX;
    }
}

static void conclude_unop(const struct ir_expr *expr, const struct ir_expr_facts *kids,
                          struct ir_expr_facts *out)
{
    out->total = false;
    if (kids[0].kind == IR_KIND_UNKNOWN)
        return;
    struct interp_value one = sample(kids[0].kind), result;
    if (interp_unop((enum ir_unop)expr->op, &one, &result) != INTERP_OP_OK)
        return;
    out->kind = result.kind;
    out->total = kids[0].total;
}

static void conclude_cast(const struct ir_expr *expr, const struct ir_expr_facts *kids,
                          struct ir_expr_facts *out)
{
    const uint8_t from = kids[0].kind;
    const bool fits = from == INTERP_U32 || from == INTERP_I32 || from == INTERP_BOOL;
    switch (expr->type->kind) {
    case IR_TYPE_U32:
        out->total = kids[0].total && (fits || from == INTERP_FLOAT);
        out->kind = INTERP_U32;
        break;
    case IR_TYPE_I32:
        out->total = kids[0].total && (fits || from == INTERP_FLOAT);
        out->kind = INTERP_I32;
        break;
    case IR_TYPE_F32:
        out->total = kids[0].total && (fits || from == INTERP_FLOAT || from == INTERP_U64);
        // An f64 keeps its own precision through this cast.
        out->kind = from == IR_KIND_UNKNOWN ? IR_KIND_UNKNOWN : INTERP_FLOAT;
        break;
    case IR_TYPE_BOOL: out->kind = INTERP_BOOL; break;
    case IR_TYPE_U64:
        out->total = kids[0].total && (is_word(from) || from == INTERP_U64);
        out->kind = INTERP_U64;
        break;
    default: break; // bytes
    }
}

// ---- Memory -------------------------------------------------------------------------------------

static const struct ir_buffer *find_buffer(const struct ir_facts *facts, ir_name name)
{
    uint32_t buffer = facts->buffers[name];
    return buffer ? &facts->program->buffers[buffer - 1] : NULL;
}

static uint8_t element_kind(const struct ir_type *element)
{
    switch (element->kind) {
    case IR_TYPE_U32:
    case IR_TYPE_BOOL: return INTERP_U32; // the raw word
    case IR_TYPE_I32: return INTERP_I32;
    case IR_TYPE_U64: return INTERP_U64;
    case IR_TYPE_F32: return INTERP_FLOAT;
    default: return IR_KIND_UNKNOWN;
    }
}

// Out of bounds is 0, so a load fails only for its index. How often a linear buffer is used is
// counted, so its loads stay as they are.
static void conclude_load(const struct ir_facts *facts, const struct ir_expr *expr,
                          const struct ir_expr_facts *kids, struct ir_expr_facts *out)
{
    const struct ir_buffer *buffer = find_buffer(facts, expr->name);
    out->loads = true;
    out->pure = out->pure && buffer && buffer->linear == IR_LINEAR_UNRESTRICTED;
    out->total = out->total && buffer && is_word(kids[0].kind) &&
                 buffer->element->kind != IR_TYPE_BYTES &&
                 ir_type_stride(buffer->element) <= INTERP_MAX_BYTES;
    out->kind = buffer ? element_kind(buffer->element) : IR_KIND_UNKNOWN;
}

// ---- Expressions --------------------------------------------------------------------------------

static const struct ir_type *static_type(const struct ir_facts *facts, const struct ir_expr *expr,
                                         const struct ir_expr_facts *kids)
{
    const struct ir_type *types[3] = { NULL, NULL, NULL };
    for (uint32_t i = 0; i < expr->kid_count && i < 3; i++)
        types[i] = kids[i].type;
    const struct ir_type *local = NULL;
    const struct ir_buffer *buffer = NULL;
    if (expr->kind == IR_EXPR_VAR)
        local = facts->locals[expr->name].type;
    else if (expr->kind == IR_EXPR_LOAD)
        buffer = find_buffer(facts, expr->name);
    return ir_expr_type(facts->program, expr, types, local, buffer);
}

static void conclude_extension(const struct ir_expr *expr, struct ir_expr_facts *out)
{
    // A parameter that is not given is a run-time error; its number tells how many there are.
    out->pure = out->pure && expr->ext == IR_EXT_PARAM;
    out->total = false;
    out->loads = expr->ext != IR_EXT_PARAM;
    out->kind = expr->ext ? INTERP_U32 : IR_KIND_UNKNOWN;
}

struct ir_expr_facts ir_facts_from(const struct ir_facts *facts, const struct ir_expr *expr,
                                   const struct ir_expr_facts *kids)
{
    struct ir_expr_facts out = { .kind = IR_KIND_UNKNOWN, .total = true, .pure = true };
    if (expr->kid_count > IR_FACT_KIDS) // a call, of which nothing is known
        return (struct ir_expr_facts){ .kind = IR_KIND_UNKNOWN };
    out.type = static_type(facts, expr, kids);
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        out.total = out.total && kids[i].total;
        out.pure = out.pure && kids[i].pure;
        out.loads = out.loads || kids[i].loads;
    }
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32: out.kind = INTERP_U32; break;
    case IR_EXPR_LIT_I32: out.kind = INTERP_I32; break;
    case IR_EXPR_LIT_BOOL: out.kind = INTERP_BOOL; break;
    case IR_EXPR_LIT_F32: out.kind = INTERP_FLOAT; break;
    case IR_EXPR_VAR:
        out.kind = facts->locals[expr->name].kind;
        out.total = facts->locals[expr->name].bound;
        break;
    case IR_EXPR_LOAD: conclude_load(facts, expr, kids, &out); break;
    case IR_EXPR_BUF_LEN: {
        const struct ir_buffer *buffer = find_buffer(facts, expr->name);
        out.kind = INTERP_U32;
        out.total = buffer != NULL;
        out.pure = buffer && buffer->linear == IR_LINEAR_UNRESTRICTED;
        break;
    }
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID:
        out.kind = INTERP_U32;
        out.total = expr->op <= 2;
        break;
    case IR_EXPR_BINOP: conclude_binop(facts, expr, kids, &out); break;
    case IR_EXPR_UNOP: conclude_unop(expr, kids, &out); break;
    case IR_EXPR_CAST: conclude_cast(expr, kids, &out); break;
    case IR_EXPR_SELECT:
        out.kind = kids[1].kind == kids[2].kind ? kids[1].kind : IR_KIND_UNKNOWN;
        break;
    case IR_EXPR_FMA:
        for (unsigned i = 0; i < 3; i++)
            out.total = out.total && kids[i].kind == INTERP_FLOAT;
        out.kind = INTERP_FLOAT;
        break;
    case IR_EXPR_OPAQUE: conclude_extension(expr, &out); break;
    case IR_EXPR_ATOMIC:
    case IR_EXPR_SUBGROUP_BALLOT:
        out.kind = INTERP_U32;
        out.total = out.pure = false;
        break;
    default: out.total = out.pure = false; break;
    }
    return out;
}

struct ir_expr_facts ir_facts_of(const struct ir_facts *facts, const struct ir_expr *expr)
{
    struct ir_expr_facts kids[IR_FACT_KIDS];
    if (expr->kid_count > IR_FACT_KIDS)
        return (struct ir_expr_facts){ .kind = IR_KIND_UNKNOWN };
    for (uint32_t i = 0; i < expr->kid_count; i++)
        kids[i] = ir_facts_of(facts, expr->kids[i]);
    return ir_facts_from(facts, expr, kids);
}

// ---- Locals -------------------------------------------------------------------------------------

struct survey {
    struct ir_facts *facts;
    bool changed; // a kind that others may rest on turned out to be unknown
};

// One more value that a local may have.
static void meet(struct survey *survey, ir_name name, const struct ir_type *type, uint8_t kind)
{
    struct ir_local_facts *local = &survey->facts->locals[name];
    if (!local->bound) {
        local->type = type;
        local->kind = kind;
        return;
    }
    if (local->kind != kind && local->kind != IR_KIND_UNKNOWN) {
        local->kind = IR_KIND_UNKNOWN;
        survey->changed = true;
    }
    if (local->type && !(type && ir_type_equal(local->type, type))) {
        local->type = NULL;
        survey->changed = true;
    }
}

static void survey_extension(struct survey *survey, uint8_t ext, ir_name buffer)
{
    if (ext == IR_EXT_ATOMIC_LOAD || ext == IR_EXT_ATOMIC_STORE)
        survey->facts->atomic[buffer] = true;
}

static void survey_expr(struct survey *survey, const struct ir_expr *expr)
{
    if (expr->kind == IR_EXPR_ATOMIC)
        survey->facts->atomic[expr->name] = true;
    else if (expr->kind == IR_EXPR_OPAQUE)
        survey_extension(survey, expr->ext, expr->name);
    for (uint32_t i = 0; i < expr->kid_count; i++)
        survey_expr(survey, expr->kids[i]);
}

// Whether a statement writes memory in another way than stores and atomics do.
static bool copies(const struct ir_node *node)
{
    switch (node->kind) {
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
    case IR_NODE_ASYNC_WAIT:
    case IR_NODE_RESUME:
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER:
    case IR_NODE_BROADCAST: return true;
    case IR_NODE_OPAQUE: return !node->ext;
    default: return false;
    }
}

static void survey_body(struct survey *survey, const struct ir_body *body)
{
    struct ir_facts *facts = survey->facts;
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        struct ir_local_facts *local = &facts->locals[node->name];
        if (node->a)
            survey_expr(survey, node->a);
        if (node->b)
            survey_expr(survey, node->b);
        facts->has_copies |= copies(node);
        if (node->kind == IR_NODE_OPAQUE) {
            survey_extension(survey, node->ext, node->name);
        } else if (node->kind == IR_NODE_LOOP) {
            meet(survey, node->name, ir_type_scalar(IR_TYPE_U32), INTERP_U32);
            local->bound = true;
        } else if (node->kind == IR_NODE_LET) {
            struct ir_expr_facts value = ir_facts_of(facts, node->a);
            // As the validator records it: unknown types are taken for u32.
            meet(survey, node->name, value.type ? value.type : ir_type_scalar(IR_TYPE_U32),
                 value.kind);
            local->bound = true;
        } else if (node->kind == IR_NODE_ASSIGN) {
            // The type of a local is that of its LET.
            meet(survey, node->name, local->type, ir_facts_of(facts, node->a).kind);
            local->assigned = true;
        }
        survey_body(survey, &node->body);
        survey_body(survey, &node->otherwise);
    }
}

bool ir_facts_init(struct ir_facts *facts, const struct vyre_program *program)
{
    *facts = (struct ir_facts){ .program = program };
    facts->locals = memory_calloc(program->name_count, sizeof *facts->locals);
    facts->buffers = memory_calloc(program->name_count, sizeof *facts->buffers);
    facts->atomic = memory_calloc(program->name_count, sizeof *facts->atomic);
    facts->binops = memory_calloc(IR_BINOP_COUNT, IR_FACT_KINDS);
    if (!facts->locals || !facts->buffers || !facts->atomic || !facts->binops)
        return false;
    for (uint32_t i = program->buffer_count; i-- > 0;)
        facts->buffers[program->buffers[i].name] = i + 1;
    for (uint32_t i = 0; i < program->name_count; i++)
        facts->locals[i].kind = IR_KIND_UNKNOWN;
    // Assignments in loops can change what was concluded before; real programs settle in two looks.
    // One made to need more is given up on, which is safe.
    enum { MOST_LOOKS = 8 };
    struct survey survey = { facts, true };
    for (int look = 0; survey.changed && look < MOST_LOOKS; look++) {
        survey.changed = false;
        survey_body(&survey, &program->entry);
    }
    for (uint32_t i = 0; survey.changed && i < program->name_count; i++) {
        facts->locals[i].kind = IR_KIND_UNKNOWN;
        facts->locals[i].type = NULL;
    }
    return true;
}

void ir_facts_fini(struct ir_facts *facts)
{
    memory_free(facts->locals);
    memory_free(facts->buffers);
    memory_free(facts->atomic);
    memory_free(facts->binops);
    *facts = (struct ir_facts){ .program = NULL };
}

bool ir_operands_unchecked(const struct ir_node *node)
{
    return node->kind == IR_NODE_TRAP || node->kind == IR_NODE_ASYNC_LOAD ||
           node->kind == IR_NODE_ASYNC_STORE;
}

bool ir_hides_zero(const struct ir_expr *old, uint32_t index, const struct ir_expr *kid)
{
    return old->kind == IR_EXPR_BINOP && divides(old) && index == 1 && kid != old->kids[1] &&
           ir_is_static_zero(kid);
}
