// SPDX-License-Identifier: MIT
// The resident kernel under construction, shared by the file that writes the kernel around the
// payload and the one that rewrites the payload.
#ifndef MEGAKERNEL_WRITER_H
#define MEGAKERNEL_WRITER_H

#include "bound.h"
#include "ir/draft.h"
#include "megakernel/program/fuse.h"

// Names that the kernel gives to its own buffers and locals start with "mk_", those of the payload
// become "p_" and their old name, so the two never meet. A name that is uniform across the
// workgroup is never used for anything that is not: compilers may track uniformity by name.
struct mk_names {
    ir_name buffers[MK_BUFFER_SEGMENTS];
    ir_name scratch;      // workgroup memory: the claim, then one record per slot of the batch
    ir_name lane;         // linear local index
    ir_name first, count; // the claim, as everybody knows it
    ir_name claimed, taken, available;
    ir_name step, slot_in_batch, virtual_index;
    ir_name at, seen, code, tenant, allowed, opcode, wanted;
    ir_name run;    // virtual workgroups of the slot at hand
    ir_name group;  // virtual workgroup on x
    ir_name global; // virtual invocation on x
    ir_name alive;  // 0 once an invocation left the payload
    ir_name offset[MK_MAX_WINDOWS];
    ir_name size[MK_MAX_WINDOWS];
};

struct mk_writer {
    struct ir_draft draft;
    struct mk_names names;
    const struct vyre_program *payload;
    struct mk_shape shape;
    struct mk_loops loops;            // of the payload
    ir_name segments[MK_MAX_WINDOWS]; // the payload's buffers, by window
    uint32_t invocations;             // of a workgroup
    bool may_fault;                   // the payload traps or has guarded loops
};

// ---- Expressions, in short ----------------------------------------------------------------------

static inline struct ir_expr *mk_lit(struct mk_writer *w, uint32_t value)
{
    return ir_lit_u32(&w->draft, value);
}

static inline struct ir_expr *mk_var(struct mk_writer *w, ir_name name)
{
    return ir_var(&w->draft, name);
}

static inline struct ir_expr *mk_bin(struct mk_writer *w, enum ir_binop op, struct ir_expr *left,
                                     struct ir_expr *right)
{
    return ir_bin(&w->draft, op, left, right);
}

static inline struct ir_expr *mk_add(struct mk_writer *w, struct ir_expr *left, uint32_t right)
{
    return right == 0 ? left : mk_bin(w, IR_BIN_ADD, left, mk_lit(w, right));
}

static inline void mk_let(struct mk_writer *w, struct ir_nodes *out, ir_name name,
                          struct ir_expr *value)
{
    ir_nodes_add(&w->draft, out, ir_let(&w->draft, name, value));
}

static inline void mk_store(struct mk_writer *w, struct ir_nodes *out, ir_name buffer,
                            struct ir_expr *index, struct ir_expr *value)
{
    ir_nodes_add(&w->draft, out, ir_store(&w->draft, buffer, index, value));
}

static inline void mk_barrier(struct mk_writer *w, struct ir_nodes *out)
{
    ir_nodes_add(&w->draft, out, ir_barrier(&w->draft, IR_ORDER_ACQ_REL));
}

// if cond { then }; empties `then`.
static inline void mk_if(struct mk_writer *w, struct ir_nodes *out, struct ir_expr *cond,
                         struct ir_nodes *then)
{
    struct ir_body body = ir_nodes_take(&w->draft, then);
    ir_nodes_add(&w->draft, out, ir_if(&w->draft, cond, body, (struct ir_body){ NULL, 0 }));
}

// loop name in 0..to { body }; empties `body`.
static inline void mk_loop(struct mk_writer *w, struct ir_nodes *out, ir_name name,
                           struct ir_expr *to, struct ir_nodes *body)
{
    struct ir_body taken = ir_nodes_take(&w->draft, body);
    ir_nodes_add(&w->draft, out, ir_loop(&w->draft, name, mk_lit(w, 0), to, taken));
}

// ---- Files --------------------------------------------------------------------------------------

// check.c: refuses what cannot be resident. Counts windows and fills nothing else.
enum vyre_result mk_payload_check(const struct vyre_program *payload,
                                  const struct vyre_diag_sink *diag, uint32_t *window_count);

// resident.c: words of workgroup memory that the kernel needs for itself.
uint32_t mk_scratch_words(uint32_t batch, uint32_t window_count);

// plan.c: chooses the shape from the payload's loops, or refuses with M004.
enum vyre_result mk_shape_plan(const struct vyre_program *payload, const struct mk_loops *loops,
                               const struct mk_fuse_params *params, struct mk_shape *shape);

// payload.c: declares the payload's buffers, and writes its body for one virtual workgroup.
void mk_payload_declare(struct mk_writer *w);
void mk_payload_write(struct mk_writer *w, struct ir_nodes *out);

// facts.c
bool mk_payload_may_fault(const struct mk_writer *w);
bool mk_payload_has_workgroup_memory(const struct mk_writer *w);
bool mk_has_barrier(const struct ir_body *body);
bool mk_node_has_barrier(const struct ir_node *node);
// Whether an invocation may leave in this list with something of the payload still to be skipped.
// `tail`: nothing of the payload follows the list. *loop counts loops in program order.
bool mk_may_leave(const struct mk_writer *w, const struct ir_body *body, bool tail, size_t *loop);
// Whether the order of a statement's accesses is lost when its indices move in front of it.
bool mk_must_flatten(const struct ir_node *node);

#endif // MEGAKERNEL_WRITER_H
