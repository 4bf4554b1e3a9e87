// SPDX-License-Identifier: MIT
// A program under construction: what the text parser, the wire reader, the public builder, the
// transforms and the kernel writers all make programs with.
//
// Failure is sticky: when memory runs out every function returns NULL or 0 and ir_draft_finish
// reports it. Constructors accept NULL children and pass the failure on, so that a long expression
// needs no checks; nobody dereferences a node of a draft without checking it.
#ifndef IR_DRAFT_H
#define IR_DRAFT_H

#include "base/array.h"
#include "base/size.h"
#include "ir/model.h"

struct ir_name_slot {
    uint32_t hash; // low half: most texts that differ are told apart without looking at them
    uint32_t name; // 0 is free, else name + 1
};

struct ir_draft {
    struct vyre_program *program; // owned until finished
    struct {
        ARRAY(struct ir_text);
    } names;
    struct ir_name_slot *name_slots; // open addressing over `names`; at most half are taken
    size_t name_slot_count;
    struct {
        ARRAY(struct ir_buffer);
    } buffers;
    bool shares_names, shares_buffers; // they are those of the source, not to be written to
    uint64_t parts;                    // nodes, expressions and composed types made so far
    bool failed;
};

// Most parts of a program that is read from outside, as text or from the wire: one byte there may
// become more than a hundred here. Readers check it; a valid program has at most 100,000 nodes.
enum { IR_MOST_PARTS = 1 << 22 };

// A list of nodes being collected, for example the body of a loop.
struct ir_nodes {
    ARRAY(struct ir_node *);
};

bool ir_draft_init(struct ir_draft *draft); // false: out of memory, and the draft is failed

// A draft that begins with the declarations and names of a program, which keep their numbers, and
// that may use its nodes, expressions and types as its own: the result keeps `from` alive. What
// belongs to `from` must not be changed.
bool ir_draft_derive(struct ir_draft *draft, const struct vyre_program *from);

void ir_draft_fini(struct ir_draft *draft); // drops what was not finished

// Lets the buffers of a derived draft be written to. False: out of memory, and the draft is failed.
bool ir_draft_own_buffers(struct ir_draft *draft);

ir_name ir_draft_name(struct ir_draft *draft, const char *text, size_t size);
ir_name ir_draft_cname(struct ir_draft *draft, const char *text); // NUL-terminated

// New type with the given fields; element types and dims are borrowed and must be of this draft.
const struct ir_type *ir_draft_type(struct ir_draft *draft, const struct ir_type *type);

// Zeroed nodes and expressions with `kid_count` NULL children. Expressions are made inline, because
// a program is mostly that.
static inline struct ir_expr *ir_draft_expr(struct ir_draft *draft, enum ir_expr_kind kind,
                                            uint32_t kid_count)
{
    size_t bytes;
    draft->parts++;
    if (draft->failed)
        return NULL;
    struct ir_expr *expr = kid_count <= IR_MOST_KIDS &&
                                   size_mul(kid_count, sizeof(struct ir_expr *), &bytes) &&
                                   size_add(bytes, sizeof(struct ir_expr), &bytes)
                               ? arena_alloc(&draft->program->arena, bytes)
                               : NULL;
    if (!expr) {
        draft->failed = true;
        return NULL;
    }
    draft->program->expr_kinds |= UINT32_C(1) << kind;
    *expr = (struct ir_expr){ .kind = (uint8_t)kind, .kid_count = kid_count & IR_MOST_KIDS };
    for (uint32_t i = 0; i < kid_count; i++)
        expr->kids[i] = NULL;
    return expr;
}

struct ir_node *ir_draft_node(struct ir_draft *draft, enum ir_node_kind kind);

// Collecting a body. `ir_nodes_take` copies the list into the arena and frees it; ..._take_from
// does so with the nodes from `base` on and keeps the memory, so that one list serves nested
// bodies.
void ir_nodes_add(struct ir_draft *draft, struct ir_nodes *nodes, struct ir_node *node);
struct ir_body ir_nodes_take(struct ir_draft *draft, struct ir_nodes *nodes);
struct ir_body ir_nodes_take_from(struct ir_draft *draft, struct ir_nodes *nodes, size_t base);
void ir_nodes_fini(struct ir_nodes *nodes);

// Appends a buffer and returns its index. Defaults of ir.md 1.2 are the caller's to fill;
// ir_buffer_defaults gives those of the generic constructor.
uint32_t ir_draft_buffer(struct ir_draft *draft, const struct ir_buffer *buffer);
struct ir_buffer ir_buffer_defaults(ir_name name, uint32_t binding, enum vyre_access access,
                                    const struct ir_type *element);

// Shorthand for common expressions. Children are moved into the result.
struct ir_expr *ir_lit_u32(struct ir_draft *draft, uint32_t value);
struct ir_expr *ir_lit_i32(struct ir_draft *draft, int32_t value);
struct ir_expr *ir_lit_bool(struct ir_draft *draft, bool value);
struct ir_expr *ir_lit_f32(struct ir_draft *draft, uint32_t bits);
struct ir_expr *ir_var(struct ir_draft *draft, ir_name name);
struct ir_expr *ir_id(struct ir_draft *draft, enum ir_expr_kind kind, uint8_t axis);
struct ir_expr *ir_load(struct ir_draft *draft, ir_name buffer, struct ir_expr *index);
struct ir_expr *ir_buf_len(struct ir_draft *draft, ir_name buffer);
struct ir_expr *ir_bin(struct ir_draft *draft, enum ir_binop op, struct ir_expr *left,
                       struct ir_expr *right);
struct ir_expr *ir_un(struct ir_draft *draft, enum ir_unop op, struct ir_expr *operand);
struct ir_expr *ir_select(struct ir_draft *draft, struct ir_expr *cond, struct ir_expr *yes,
                          struct ir_expr *no);
struct ir_expr *ir_cast(struct ir_draft *draft, const struct ir_type *target,
                        struct ir_expr *value);
// `expected` is NULL except for COMPARE_EXCHANGE.
struct ir_expr *ir_atomic(struct ir_draft *draft, enum ir_atomic_op op, enum ir_ordering ordering,
                          ir_name buffer, struct ir_expr *index, struct ir_expr *expected,
                          struct ir_expr *value);
// An extension expression of ext.def with its immediate, buffer and operands (NULL-terminated).
struct ir_expr *ir_ext_expr(struct ir_draft *draft, enum ir_ext ext, ir_name buffer,
                            enum ir_ordering ordering, uint32_t immediate, struct ir_expr *a,
                            struct ir_expr *b);

// Shorthand for common nodes.
struct ir_node *ir_let(struct ir_draft *draft, ir_name name, struct ir_expr *value);
struct ir_node *ir_assign(struct ir_draft *draft, ir_name name, struct ir_expr *value);
struct ir_node *ir_store(struct ir_draft *draft, ir_name buffer, struct ir_expr *index,
                         struct ir_expr *value);
struct ir_node *ir_if(struct ir_draft *draft, struct ir_expr *cond, struct ir_body then,
                      struct ir_body otherwise);
struct ir_node *ir_loop(struct ir_draft *draft, ir_name var, struct ir_expr *from,
                        struct ir_expr *to, struct ir_body body);
struct ir_node *ir_block(struct ir_draft *draft, struct ir_body body);
struct ir_node *ir_region(struct ir_draft *draft, ir_name generator, struct ir_body body);
struct ir_node *ir_barrier(struct ir_draft *draft, enum ir_ordering ordering);
struct ir_node *ir_return(struct ir_draft *draft);
// An extension statement of ext.def.
struct ir_node *ir_ext_node(struct ir_draft *draft, enum ir_ext ext, ir_name buffer,
                            enum ir_ordering ordering, struct ir_expr *a, struct ir_expr *b);

// Ends the construction. With `wrap`, applies the root-wrap rule (spec: ir.md, 1.1). On success the
// program has one reference and the draft is empty; else *out is NULL and the draft is empty too.
enum vyre_result ir_draft_finish(struct ir_draft *draft, struct ir_body entry, bool wrap,
                                 struct vyre_program **out);

#endif // IR_DRAFT_H
