// SPDX-License-Identifier: MIT
// The validator's state, shared by its files. The rules are those of spec: ir.md, section 4; each
// is named by the code that it reports.
//
// Everything is linear in the size of the program: names are dense numbers, so that scopes and sets
// of buffers are arrays indexed by name, and what a nested list changes is written to a log that is
// undone when the list ends. Nothing recurses: statements are walked with a stack of frames, the
// facts of an expression are computed with a stack of their own, and the walk over it has one too.
#ifndef IR_VALIDATE_WALK_H
#define IR_VALIDATE_WALK_H

#include "base/array.h"
#include "base/report.h"
#include "base/str.h"
#include "ir/model.h"
#include "ir/validate.h"

enum { IR_VALIDATE_TEXT_SLOTS = 4 }; // names and types that one message can quote

// What inference knows about one expression. Facts of an expression are in an array in pre-order:
// those of its first child follow at once, `size` leads from one sibling to the next.
struct ir_fact {
    const struct ir_expr *expr;
    const struct ir_type *type; // NULL: unknown
    uint32_t size;              // expressions in this subtree
    bool uniform;               // the same for every invocation of a workgroup
    bool fine;                  // no rule refuses it; its parts have no facts then
};

// A live local. `hidden` is 1 + the index of the binding of the same name that it covers.
struct ir_binding {
    ir_name name;
    uint32_t hidden;
    uint32_t frame; // serial of the frame that bound it
    const struct ir_type *type;
    bool loop_variable;
    bool uniform;
};

struct ir_access {
    ir_name buffer;
    bool atomic;
};

// When each buffer was last accessed, as the alias epoch of that time, so that clearing a set means
// starting a new epoch.
struct ir_alias_stamp {
    uint32_t plain;
    uint32_t atomic;
};

struct ir_alias_undo {
    ir_name buffer;
    struct ir_alias_stamp stamp;
};

// A list of nodes being walked.
struct ir_frame {
    const struct ir_body *body;
    const char *role;            // how the path names this list in its owner
    const struct ir_node *owner; // NULL: the entry
    uint32_t next;               // index of the next node
    uint32_t first_return;       // index of the first Return, or UINT32_MAX
    uint32_t serial;
    uint32_t alias_epoch;
    uint32_t alias_undo_base; // entries of the logs from here on are undone at the end
    uint32_t binding_base;
    uint32_t access_base; // accesses of the owner's own expressions, until they take effect
    bool divergent;
};

// An expression that is being checked, or whose children are.
struct ir_open {
    uint32_t fact;
    uint32_t end;     // of its facts
    uint32_t kid;     // which child it is of the one before
    uint32_t entered; // its own children so far
};

struct ir_exclusive {
    const struct ir_node *node;
    size_t path; // where it starts in `paths`
};

struct ir_validator {
    struct arena arena; // of the tables and lists, but for `lines`
    const struct vyre_program *program;
    struct vyre_validate_params params;
    uint64_t error_count;
    bool failed; // out of memory

    // By name. 0: none, else 1 + index.
    uint32_t *buffer_of; // the last declaration
    uint32_t *binding_of;
    struct ir_alias_stamp *alias;

    struct {
        ARRAY(struct ir_frame);
    } frames;
    struct {
        ARRAY(struct ir_binding);
    } bindings;
    struct {
        ARRAY(struct ir_alias_undo);
    } alias_undo;
    struct {
        ARRAY(struct ir_access);
    } accesses;
    struct {
        ARRAY(struct ir_fact);
    } facts; // of the current statement
    struct {
        ARRAY(const struct ir_expr *);
    } pending; // expressions that have no fact yet, the next one last
    // From the statement's own expression inwards; empty between expressions. One more than what is
    // allowed, which is where the error is.
    struct ir_open open[IR_MAX_EXPR_DEPTH + 2];
    uint32_t open_count;
    struct {
        ARRAY(size_t);
    } lines; // offset of each source line; made when first needed
    struct {
        ARRAY(struct ir_exclusive);
    } exclusive;      // self-exclusive regions, in program order
    struct str paths; // theirs, each with its NUL, when somebody wants reports

    uint64_t node_count;
    uint32_t next_serial;
    uint32_t next_epoch;
    bool nesting_reported;

    const char *role;  // of the outermost open expression in its statement
    struct ir_pos pos; // of the statement
    char text[IR_VALIDATE_TEXT_SLOTS][120];
    unsigned next_text;
};

// ---- Reporting (validate_report.c) -------------------------------------------------------------

// Reports at the current statement and the innermost open expression.
#if defined(__GNUC__)
__attribute__((cold, format(printf, 3, 4)))
#endif
void ir_validate_report(struct ir_validator *v, enum diag_code code, const char *format, ...);

// Appends the path of the current statement to `paths`, with its NUL.
void ir_validate_keep_path(struct ir_validator *v);

// Reports about a declaration: `path` such as "buffers[2]", at `pos`.
#if defined(__GNUC__)
__attribute__((cold, format(printf, 5, 6)))
#endif
void ir_validate_report_at(struct ir_validator *v, enum diag_code code, const char *path,
                           struct ir_pos pos, const char *format, ...);

// Reports about the declaration of a buffer.
#if defined(__GNUC__)
__attribute__((cold, format(printf, 4, 5)))
#endif
void ir_validate_report_buffer(struct ir_validator *v, enum diag_code code, uint32_t index,
                               const char *format, ...);

// A name or type for a message, escaped and cut to fit. Valid until IR_VALIDATE_TEXT_SLOTS more.
const char *ir_validate_name(struct ir_validator *v, ir_name name);
const char *ir_validate_type(struct ir_validator *v, const struct ir_type *type);
const char *ir_validate_text(struct ir_validator *v, const char *text, size_t size);

// ---- A first look (validate_fine.c) ------------------------------------------------------------

// Whether no rule refuses the expression, decided for common ones only. Then the type and the
// uniformity of `out` are set, and the accesses in it are collected; else nothing happened.
bool ir_validate_is_fine(struct ir_validator *v, const struct ir_expr *expr, struct ir_fact *out);

// ---- Facts (validate_facts.c) ------------------------------------------------------------------

// Appends the facts of an expression and the accesses in it; returns the index of its fact, or
// UINT32_MAX when out of memory.
uint32_t ir_validate_facts(struct ir_validator *v, const struct ir_expr *expr);

// Whether an expression of this kind is uniform when all of its children are.
bool ir_uniform_kind(const struct ir_expr *expr);

static inline uint32_t ir_fact_kid(const struct ir_validator *v, uint32_t fact, uint32_t kid)
{
    uint32_t at = fact + 1;
    for (uint32_t i = 0; i < kid; i++)
        at += v->facts.items[at].size;
    return at;
}

static inline const struct ir_buffer *ir_validate_buffer(const struct ir_validator *v, ir_name name)
{
    uint32_t index = v->buffer_of[name];
    return index ? &v->program->buffers[index - 1] : NULL;
}

static inline struct ir_binding *ir_validate_binding(const struct ir_validator *v, ir_name name)
{
    uint32_t index = v->binding_of[name];
    return index ? &v->bindings.items[index - 1] : NULL;
}

// ---- Alias hazards (validate_alias.c) ----------------------------------------------------------

void ir_alias_add(struct ir_validator *v, ir_name buffer, bool atomic); // collects an access
void ir_alias_check(struct ir_validator *v, uint32_t base);             // V136
void ir_alias_apply(struct ir_validator *v, uint32_t base); // collected accesses take effect
void ir_alias_enter(struct ir_validator *v, struct ir_frame *frame);
void ir_alias_leave(struct ir_validator *v, const struct ir_frame *frame);
void ir_alias_barrier(struct ir_validator *v, struct ir_frame *frame);

// ---- Rules -------------------------------------------------------------------------------------

void ir_validate_declarations(struct ir_validator *v); // validate_program.c
void ir_validate_nodes(struct ir_validator *v);        // validate_node.c
void ir_validate_usage(struct ir_validator *v);        // validate_usage.c
void ir_validate_expr(struct ir_validator *v, uint32_t fact, const char *role); // validate_expr.c

// How a child is named in paths, and whether by its number too (validate_expr.c).
const char *ir_validate_kid_role(const struct ir_expr *expr, uint32_t kid, bool *numbered);

// The rules of one expression whose children were checked.
void ir_validate_binop(struct ir_validator *v, uint32_t fact); // validate_op.c
void ir_validate_unop(struct ir_validator *v, uint32_t fact);  // validate_op.c
void ir_validate_cast(struct ir_validator *v, uint32_t fact);  // validate_cast.c
void ir_validate_call(struct ir_validator *v, uint32_t fact);  // validate_call.c

// validate_memory.c
void ir_validate_load(struct ir_validator *v, uint32_t fact);
void ir_validate_atomic(struct ir_validator *v, uint32_t fact);
void ir_validate_store(struct ir_validator *v, const struct ir_node *node, uint32_t index,
                       uint32_t value);
// An extension that accesses a buffer: `ext` is enum ir_ext.
void ir_validate_ext(struct ir_validator *v, unsigned ext, ir_name buffer, unsigned ordering,
                     uint32_t first_operand, uint32_t second_operand);

// ---- Type facts (infer.c) ----------------------------------------------------------------------

// Types that an expression has by its kind alone, plus one; 0: it depends on more.
extern const uint8_t ir_fixed_types[IR_EXPR_COUNT];

static inline const struct ir_type *ir_fixed_type(const struct ir_expr *expr)
{
    const uint8_t fixed = ir_fixed_types[expr->kind];
    return fixed ? ir_type_scalar((enum ir_type_kind)(fixed - 1)) : NULL;
}

static inline bool ir_type_is(const struct ir_type *type, enum ir_type_kind kind)
{
    return type && type->kind == kind;
}

// Both known and different.
static inline bool ir_types_differ(const struct ir_type *a, const struct ir_type *b)
{
    return a && b && !ir_type_equal(a, b);
}

#endif // IR_VALIDATE_WALK_H
