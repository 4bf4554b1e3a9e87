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
    out->type = ir_binop_type(expr->op, kids[0].type, kids[1].type);
    if (kind != kids[1].kind || kind == IR_KIND_UNKNOWN)
        out->effects |= IR_MAY_FAIL;
    else
        out->kind = binop_kind(facts, expr->op, kind);
    if (out->kind == IR_KIND_UNKNOWN)
        out->effects |= IR_MAY_FAIL;
    if (kind == INTERP_I32 && divides(expr)) {
        const struct ir_expr *divisor = expr->kids[1];
        if (divisor->kind != IR_EXPR_LIT_I32 || divisor->bits == 0 || divisor->bits == UINT32_MAX)
            out->effects |= IR_MAY_FAIL;
    }
}

static void conclude_unop(const struct ir_expr *expr, const struct ir_expr_facts *kids,
                          struct ir_expr_facts *out)
{
    struct interp_value one = sample(kids[0].kind), result;
    if (kids[0].kind == IR_KIND_UNKNOWN ||
        interp_unop((enum ir_unop)expr->op, &one, &result) != INTERP_OP_OK)
        out->effects |= IR_MAY_FAIL;
    else
        out->kind = result.kind;
}

static void conclude_cast(const struct ir_expr *expr, const struct ir_expr_facts *kids,
                          struct ir_expr_facts *out)
{
    const uint8_t from = kids[0].kind;
    bool fits = from == INTERP_U32 || from == INTERP_I32 || from == INTERP_BOOL;
    switch (expr->type->kind) {
    case IR_TYPE_U32:
        fits |= from == INTERP_FLOAT;
        out->kind = INTERP_U32;
        break;
    case IR_TYPE_I32:
        fits |= from == INTERP_FLOAT;
        out->kind = INTERP_I32;
        break;
    case IR_TYPE_F32:
        fits |= from == INTERP_FLOAT || from == INTERP_U64;
        // An f64 keeps its own precision through this cast.
        out->kind = from == IR_KIND_UNKNOWN ? IR_KIND_UNKNOWN : INTERP_FLOAT;
        break;
    case IR_TYPE_BOOL:
        fits = true;
        out->kind = INTERP_BOOL;
        break;
    case IR_TYPE_U64:
        fits = is_word(from) || from == INTERP_U64;
        out->kind = INTERP_U64;
        break;
    default: fits = true; break; // bytes
    }
    if (!fits)
        out->effects |= IR_MAY_FAIL;
}

// ---- Memory -------------------------------------------------------------------------------------

static const struct ir_buffer *find_buffer(const struct ir_facts *facts, ir_name name)
{
    uint32_t buffer = facts->names[name].buffer;
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

// Whether elements of a type can be loaded as they are.
static bool has_loads(const struct ir_type *element)
{
    return element->kind == IR_TYPE_U32 || // as nearly all
           (element->kind != IR_TYPE_BYTES && ir_type_stride(element) <= INTERP_MAX_BYTES);
}

// Out of bounds is 0, so a load fails only for its index. How often a linear buffer is used is
// counted, so its loads stay as they are.
static void conclude_load(const struct ir_facts *facts, const struct ir_expr *expr,
                          const struct ir_expr_facts *kids, struct ir_expr_facts *out)
{
    const struct ir_buffer *buffer = find_buffer(facts, expr->name);
    out->effects |= IR_MAY_LOAD;
    if (!buffer) {
        out->effects |= IR_MAY_ACT | IR_MAY_FAIL;
        return;
    }
    out->type = buffer->element;
    out->kind = element_kind(buffer->element);
    if (buffer->linear != IR_LINEAR_UNRESTRICTED)
        out->effects |= IR_MAY_ACT;
    if (!is_word(kids[0].kind) || !has_loads(buffer->element))
        out->effects |= IR_MAY_FAIL;
}

static void conclude_length(const struct ir_facts *facts, const struct ir_expr *expr,
                            struct ir_expr_facts *out)
{
    const struct ir_buffer *buffer = find_buffer(facts, expr->name);
    out->kind = INTERP_U32;
    if (!buffer)
        out->effects |= IR_MAY_FAIL;
    if (!buffer || buffer->linear != IR_LINEAR_UNRESTRICTED)
        out->effects |= IR_MAY_ACT;
}

// ---- Expressions --------------------------------------------------------------------------------

static const struct ir_type *static_type(const struct ir_facts *facts, const struct ir_expr *expr,
                                         const struct ir_expr_facts *kids)
{
    const struct ir_type *types[3] = { NULL, NULL, NULL };
    for (uint32_t i = 0; i < expr->kid_count && i < 3; i++)
        types[i] = kids[i].type;
    return ir_expr_type(facts->program, expr, types, NULL, NULL);
}

static void conclude_extension(const struct ir_expr *expr, struct ir_expr_facts *out)
{
    // A parameter that is not given is a run-time error; its number tells how many there are.
    out->effects |= IR_MAY_FAIL;
    if (expr->ext != IR_EXT_PARAM)
        out->effects |= IR_MAY_ACT | IR_MAY_LOAD;
    out->kind = expr->ext ? INTERP_U32 : IR_KIND_UNKNOWN;
}

static void conclude_select(const struct ir_expr_facts *kids, struct ir_expr_facts *out)
{
    out->kind = kids[1].kind == kids[2].kind ? kids[1].kind : IR_KIND_UNKNOWN;
}

static void conclude_fma(const struct ir_expr_facts *kids, struct ir_expr_facts *out)
{
    out->kind = INTERP_FLOAT;
    for (unsigned i = 0; i < 3; i++)
        if (kids[i].kind != INTERP_FLOAT)
            out->effects |= IR_MAY_FAIL;
}

static struct ir_expr_facts known(enum ir_type_kind type, enum interp_kind kind)
{
    return (struct ir_expr_facts){ ir_type_scalar(type), (uint8_t)kind, 0 };
}

static struct ir_expr_facts with_operands(const struct ir_facts *facts, const struct ir_expr *expr,
                                          const struct ir_expr_facts *kids)
{
    struct ir_expr_facts out = { NULL, IR_KIND_UNKNOWN, 0 };
    for (uint32_t i = 0; i < expr->kid_count; i++)
        out.effects |= kids[i].effects;
    if (expr->kind == IR_EXPR_BINOP) {
        conclude_binop(facts, expr, kids, &out);
        return out;
    }
    if (expr->kind == IR_EXPR_LOAD) {
        conclude_load(facts, expr, kids, &out);
        return out;
    }
    out.type = static_type(facts, expr, kids);
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_BUF_LEN: conclude_length(facts, expr, &out); break;
    case IR_EXPR_UNOP: conclude_unop(expr, kids, &out); break;
    case IR_EXPR_CAST: conclude_cast(expr, kids, &out); break;
    case IR_EXPR_SELECT: conclude_select(kids, &out); break;
    case IR_EXPR_FMA: conclude_fma(kids, &out); break;
    case IR_EXPR_OPAQUE: conclude_extension(expr, &out); break;
    case IR_EXPR_ATOMIC:
    case IR_EXPR_SUBGROUP_BALLOT:
        out.kind = INTERP_U32;
        out.effects |= IR_MAY_FAIL | IR_MAY_ACT;
        break;
    default: out.effects |= IR_MAY_FAIL | IR_MAY_ACT; break;
    }
    return out;
}

struct ir_expr_facts ir_facts_from(const struct ir_facts *facts, const struct ir_expr *expr,
                                   const struct ir_expr_facts *kids)
{
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32: return known(IR_TYPE_U32, INTERP_U32);
    case IR_EXPR_LIT_I32: return known(IR_TYPE_I32, INTERP_I32);
    case IR_EXPR_LIT_BOOL: return known(IR_TYPE_BOOL, INTERP_BOOL);
    case IR_EXPR_LIT_F32: return known(IR_TYPE_F32, INTERP_FLOAT);
    case IR_EXPR_VAR: {
        const struct ir_name_facts *local = &facts->names[expr->name];
        return (struct ir_expr_facts){ local->type, local->kind, local->bound ? 0 : IR_MAY_FAIL };
    }
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: {
        struct ir_expr_facts id = known(IR_TYPE_U32, INTERP_U32);
        id.effects = expr->op <= 2 ? 0 : IR_MAY_FAIL;
        return id;
    }
    default:
        if (expr->kid_count > IR_FACT_KIDS) // a call, of which nothing is known
            return (struct ir_expr_facts){ NULL, IR_KIND_UNKNOWN, IR_MAY_FAIL | IR_MAY_ACT };
        return with_operands(facts, expr, kids);
    }
}

struct ir_expr_facts ir_facts_of(const struct ir_facts *facts, const struct ir_expr *expr)
{
    struct ir_expr_facts kids[IR_FACT_KIDS];
    if (expr->kid_count > IR_FACT_KIDS)
        return ir_facts_from(facts, expr, NULL);
    for (uint32_t i = 0; i < expr->kid_count; i++)
        kids[i] = ir_facts_of(facts, expr->kids[i]);
    return ir_facts_from(facts, expr, kids);
}

// ---- Locals -------------------------------------------------------------------------------------

struct survey {
    struct ir_facts *facts;
    bool may_touch; // expressions may access memory in other ways than loads
    bool changed;   // a kind that others may rest on turned out to be unknown
};

// One more value that a local may have.
static void meet(struct survey *survey, ir_name name, const struct ir_type *type, uint8_t kind)
{
    struct ir_name_facts *local = &survey->facts->names[name];
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
        survey->facts->names[buffer].atomic = true;
}

static void survey_expr(struct survey *survey, const struct ir_expr *expr)
{
    if (expr->kind == IR_EXPR_ATOMIC)
        survey->facts->names[expr->name].atomic = true;
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
        struct ir_name_facts *local = &facts->names[node->name];
        if (node->a && survey->may_touch)
            survey_expr(survey, node->a);
        if (node->b && survey->may_touch)
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

// Assignments in loops can change what was concluded before; real programs settle in two looks. One
// made to need more is given up on, which is safe.
static void survey_program(struct ir_facts *facts)
{
    enum { MOST_LOOKS = 8 };
    const struct vyre_program *program = facts->program;
    struct survey survey = {
        .facts = facts,
        .may_touch =
            ir_may_have_expr(program, IR_EXPR_ATOMIC) || ir_may_have_expr(program, IR_EXPR_OPAQUE),
        .changed = true,
    };
    for (int look = 0; survey.changed && look < MOST_LOOKS; look++) {
        survey.changed = false;
        survey_body(&survey, &program->entry);
    }
    for (uint32_t i = 0; i < facts->name_count; i++) {
        struct ir_name_facts *local = &facts->names[i];
        if (survey.changed) {
            local->kind = IR_KIND_UNKNOWN;
            local->type = NULL;
        }
        facts->vague |= local->bound && (local->kind == IR_KIND_UNKNOWN || !local->type);
    }
}

static void keep_program(struct ir_facts *facts, const struct vyre_program *program)
{
    // Programs are immutable but for their reference count, which is atomic.
    struct vyre_program *before = (struct vyre_program *)facts->program;
    facts->program = vyre_program_ref((struct vyre_program *)program);
    vyre_program_destroy(&before);
}

bool ir_facts_about(struct ir_facts *facts, const struct vyre_program *program)
{
    if (facts->program == program)
        return true;
    ir_facts_fini(facts);
    facts->names = memory_calloc(program->name_count, sizeof *facts->names);
    facts->binops = memory_calloc(IR_BINOP_COUNT, IR_FACT_KINDS);
    if (!facts->names || !facts->binops) {
        ir_facts_fini(facts);
        return false;
    }
    facts->name_count = program->name_count;
    keep_program(facts, program);
    for (uint32_t i = program->buffer_count; i-- > 0;)
        facts->names[program->buffers[i].name].buffer = i + 1;
    for (uint32_t i = 0; i < program->name_count; i++)
        facts->names[i].kind = IR_KIND_UNKNOWN;
    survey_program(facts);
    return true;
}

void ir_facts_follow(struct ir_facts *facts, const struct vyre_program *made)
{
    if (facts->program == made)
        return;
    if (facts->vague || facts->name_count != made->name_count)
        ir_facts_fini(facts);
    else
        keep_program(facts, made);
}

bool ir_facts_add_local(struct ir_facts *facts, const struct ir_type *type, uint8_t kind)
{
    // Room for as many more at powers of two, so that adding many takes linear time.
    const size_t count = facts->name_count;
    if ((count & (count - 1)) == 0 || count == facts->program->name_count) {
        size_t room = 1;
        while (room <= count)
            room *= 2;
        struct ir_name_facts *names = memory_realloc(facts->names, room * sizeof *names);
        if (!names)
            return false;
        facts->names = names;
    }
    facts->names[facts->name_count++] =
        (struct ir_name_facts){ .type = type, .kind = kind, .bound = true };
    facts->vague |= kind == IR_KIND_UNKNOWN || !type;
    return true;
}

void ir_facts_fini(struct ir_facts *facts)
{
    // Programs are immutable but for their reference count, which is atomic.
    struct vyre_program *program = (struct vyre_program *)facts->program;
    vyre_program_destroy(&program);
    memory_free(facts->names);
    memory_free(facts->binops);
    *facts = (struct ir_facts){ .program = NULL };
}

bool ir_operands_unchecked(const struct ir_node *node)
{
    return node->kind == IR_NODE_TRAP || node->kind == IR_NODE_ASYNC_LOAD ||
           node->kind == IR_NODE_ASYNC_STORE;
}

bool ir_divides_by_zero(const struct ir_expr *old, const struct ir_expr *kid)
{
    return old->kind == IR_EXPR_BINOP && divides(old) && ir_is_static_zero(kid);
}
