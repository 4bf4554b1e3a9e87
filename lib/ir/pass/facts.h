// SPDX-License-Identifier: MIT
// What passes must know about an expression before they move, repeat or drop it: whether its
// evaluation has effects, whether it can be a run-time error, and of what kind its value is when
// the program runs, which may differ from its static type (spec: ir.md, 7.2).
//
// Does: one look at all locals, then the facts of an expression from those of its operands. A list
// of passes keeps the facts of its program from one to the next.
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

// Of a name: of the locals that have it, and of the buffer.
struct ir_name_facts {
    const struct ir_type *type; // NULL: unknown, or not the same for all locals of this name
    uint32_t buffer;            // 1 + declaration index; 0: none
    uint8_t kind;               // of every value that a local of this name gets
    bool bound;                 // some LET or LOOP binds it
    bool assigned;              // some ASSIGN changes it
    bool atomic;                // some atomic touches the buffer
};

struct ir_facts {
    const struct vyre_program *program; // referenced; NULL: none
    struct ir_name_facts *names;        // owned, one per name of the program
    uint32_t name_count;
    uint8_t *binops; // owned, see facts.c
    bool has_copies; // something other than stores and atomics writes memory
    bool vague;      // type or kind of some local is unknown
};

// What evaluating an expression may do beside giving a value; of an operator, what it or any of its
// operands may do.
enum {
    IR_MAY_FAIL = 1, // be a run-time error
    IR_MAY_ACT = 2,  // change something, so that it has to be evaluated as often as it says
    IR_MAY_LOAD = 4, // read memory that statements can change
};

// Two registers: every pass asks for those of every expression.
struct ir_expr_facts {
    const struct ir_type *type; // static type, NULL: unknown
    uint8_t kind;
    uint8_t effects;
};

// Makes `facts`, zeroed or about another program, those of this one. False: out of memory.
bool ir_facts_about(struct ir_facts *facts, const struct vyre_program *program);
void ir_facts_fini(struct ir_facts *facts);

// What a pass does with the facts about its program when it has made another one of it, in which
// locals have values of the same types and kinds: they are about that one then, unless a new look
// would find out more.
void ir_facts_follow(struct ir_facts *facts, const struct vyre_program *made);

// A local that a pass adds, of a name that comes next. False: out of memory.
bool ir_facts_add_local(struct ir_facts *facts, const struct ir_type *type, uint8_t kind);

// `kids` are the facts of the first IR_FACT_KIDS operands. The second is for who has none at hand.
struct ir_expr_facts ir_facts_from(const struct ir_facts *facts, const struct ir_expr *expr,
                                   const struct ir_expr_facts *kids);
struct ir_expr_facts ir_facts_of(const struct ir_facts *facts, const struct ir_expr *expr);

// Whether leaving the expression out changes nothing at all.
static inline bool ir_droppable(const struct ir_expr_facts *facts)
{
    return !(facts->effects & (IR_MAY_FAIL | IR_MAY_ACT));
}

// The value of a literal.
struct interp_value ir_literal_value(const struct ir_expr *expr);

// Whether passes leave the operands of a statement alone, because the validator does.
bool ir_operands_unchecked(const struct ir_node *node);

// A kid for which the validator could see a division by zero (V044).
bool ir_divides_by_zero(const struct ir_expr *old, const struct ir_expr *kid);

// Whether operand `index` of `old` must not become `kid`.
static inline bool ir_hides_zero(const struct ir_expr *old, uint32_t index,
                                 const struct ir_expr *kid)
{
    return index == 1 && kid != old->kids[1] && ir_divides_by_zero(old, kid);
}

#endif // IR_PASS_FACTS_H
