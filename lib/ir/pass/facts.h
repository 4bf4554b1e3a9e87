// SPDX-License-Identifier: MIT
// What passes must know about an expression before they move, repeat or drop it: whether its
// evaluation has effects, whether it can be a run-time error, and of what kind its value is when
// the program runs, which may differ from its static type (spec: ir.md, 7.2).
//
// Does: one look at all locals, then the facts of an expression from those of its operands.
// Needs: a valid program. Traps and asynchronous copies are not validated (spec: ir.md, 4.5), so
// nothing here holds for their operands. Breaks nothing.
#ifndef IR_PASS_FACTS_H
#define IR_PASS_FACTS_H

#include "ir/model.h"
#include "interp/value.h"

enum {
    IR_KIND_UNKNOWN = 0xFF, // beside enum interp_kind
    IR_FACT_KINDS = INTERP_BYTES + 1,
    IR_FACT_KIDS = 3, // operands of which facts are kept; only calls have more
};

struct ir_local_facts {
    const struct ir_type *type; // NULL: unknown, or not the same for all locals of this name
    uint8_t kind;               // of every value it gets
    bool bound;                 // some LET or LOOP binds it
    bool assigned;              // some ASSIGN changes it
};

struct ir_facts {
    const struct vyre_program *program;
    struct ir_local_facts *locals; // owned, one per name
    uint32_t *buffers;             // by name: 1 + declaration index; 0: none
    bool *atomic;                  // by name: some atomic touches this buffer
    uint8_t *binops;               // owned, see facts.c
    bool has_copies;               // something other than stores and atomics writes memory
};

struct ir_expr_facts {
    const struct ir_type *type; // static type, NULL: unknown
    uint8_t kind;
    bool total; // never a run-time error
    bool pure;  // changes nothing and may be evaluated any number of times
    bool loads; // reads memory that statements can change
};

// False: out of memory. ir_facts_fini accepts what it left.
bool ir_facts_init(struct ir_facts *facts, const struct vyre_program *program);
void ir_facts_fini(struct ir_facts *facts);

// `kids` are the facts of the first IR_FACT_KIDS operands. The second is for who has none at hand.
struct ir_expr_facts ir_facts_from(const struct ir_facts *facts, const struct ir_expr *expr,
                                   const struct ir_expr_facts *kids);
struct ir_expr_facts ir_facts_of(const struct ir_facts *facts, const struct ir_expr *expr);

// Whether leaving the expression out changes nothing at all.
static inline bool ir_droppable(const struct ir_expr_facts *facts)
{
    return facts->pure && facts->total;
}

// The value of a literal.
struct interp_value ir_literal_value(const struct ir_expr *expr);

// Whether passes leave the operands of a statement alone, because the validator does.
bool ir_operands_unchecked(const struct ir_node *node);

// Whether operand `index` of `old` must not become `kid`: a division must not get a zero that the
// validator can see (V044).
bool ir_hides_zero(const struct ir_expr *old, uint32_t index, const struct ir_expr *kid);

#endif // IR_PASS_FACTS_H
