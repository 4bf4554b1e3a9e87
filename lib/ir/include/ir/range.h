// SPDX-License-Identifier: MIT
// Which accesses of a program lie inside their buffers whatever the input is, and why.
//
// Does: finds, for every index, an interval and relations to the lengths of buffers, from literals,
// ids, masks, declared counts, loop bounds and the conditions that guard it.
// Needs: a valid program. Breaks nothing: it only tells.
//
// Every answer can come with a certificate, a list of small steps from what is evident to what was
// claimed. range_check.c verifies certificates and shares no rule with the analysis.
#ifndef IR_RANGE_H
#define IR_RANGE_H

#include "base/array.h"
#include "ir/model.h"

// scale * value + slack < len(buffer), in exact arithmetic.
struct ir_below {
    uint32_t buffer; // declaration index
    uint32_t scale;  // 1 to IR_RANGE_SCALE_MOST
    int64_t slack;   // at most IR_RANGE_SLACK_MOST either way
};

enum { IR_RANGE_BELOWS = 3 };

// Relations beyond these are of no use, and within them sums and products of 64 bits are exact.
#define IR_RANGE_SCALE_MOST (UINT32_C(1) << 24)
#define IR_RANGE_SLACK_MOST (INT64_C(1) << 34)

// What is known of a value of kind u32.
struct ir_range {
    uint32_t low;
    uint32_t high;
    uint32_t count; // of `below`
    struct ir_below below[IR_RANGE_BELOWS];
};

enum ir_proof_rule {
    IR_PROOF_SHAPE,   // follows from the expression alone, or from its operands: premises
    IR_PROOF_LET,     // the local's value: premise 0
    IR_PROOF_LOOP,    // the loop variable, from the bounds: premises 0 and 1
    IR_PROOF_GUARD,   // `comparison` holds where the access stands; premise 0: its other side
    IR_PROOF_GROUP,   // a global id, from the workgroup id: premise 0
    IR_PROOF_NO_WRAP, // a difference that does not wrap, as `comparison` says; premises: operands
    IR_PROOF_BOTH,    // premises 0 and 1 are about the same expression
};

#define IR_PROOF_NONE UINT32_MAX

struct ir_proof_step {
    uint8_t rule; // enum ir_proof_rule
    bool negated; // GUARD, NO_WRAP: where the comparison is false
    const struct ir_expr *expr;
    const struct ir_node *node;       // LET, LOOP: the binder; GUARD, NO_WRAP: the IF
    const struct ir_expr *comparison; // GUARD, NO_WRAP
    struct ir_range range;            // what the step claims of `expr`
    uint32_t premise[3];              // earlier steps
};

// An access whose index was proven to lie inside: what and by which step.
struct ir_proof {
    const struct ir_expr *index;
    uint32_t buffer; // declaration index
    uint32_t step;
};

struct ir_range_entry {
    const void *key; // an index expression or a loop; NULL: empty
    uint64_t value;
};

struct ir_ranges {
    struct arena arena;             // of all that is below
    struct ir_range_entry *entries; // open addressing, a power of two
    size_t capacity;
    size_t count;
    uint32_t accesses; // looked at
    uint32_t inside;   // proven
    // Certificates, only when asked for: proofs in the order of the walk.
    struct {
        ARRAY(struct ir_proof_step);
    } steps;
    struct {
        ARRAY(struct ir_proof);
    } proofs;
};

// Analyses a program. VYRE_OK or VYRE_ERR_NO_MEMORY; ir_ranges_fini accepts what it left.
enum vyre_result ir_ranges_init(struct ir_ranges *ranges, const struct vyre_program *program,
                                bool certify);
void ir_ranges_fini(struct ir_ranges *ranges);

enum ir_inside {
    IR_INSIDE_UNKNOWN,
    IR_INSIDE_AFTER_EXITS, // because invocations for which it is not have left (return, trap)
    IR_INSIDE_ALWAYS,
};

// Whether every access with this index expression lies inside its buffer. `index` is the operand of
// a load or atomic, or that of a store.
enum ir_inside ir_ranges_inside(const struct ir_ranges *ranges, const struct ir_expr *index);

// The most iterations of one execution of a loop, whoever has left before; 2^32 - 1 when nothing is
// known.
uint32_t ir_ranges_iterations(const struct ir_ranges *ranges, const struct ir_node *loop);

// Verifies every certificate of `ranges`, which must have been made with `certify` for this
// program. On failure *why says what is wrong (static text) and *bad is the proof; both may be
// NULL. VYRE_ERR_INVALID_PROGRAM: some certificate proves nothing.
enum vyre_result ir_ranges_check(const struct ir_ranges *ranges, const struct vyre_program *program,
                                 const char **why, size_t *bad);

// Appends why the access of a proof lies inside, in words: "`i` is below len(out): `i < len(out)`
// holds at 6:6". What is long is cut; the certificate itself is the whole story.
void ir_proof_explain(const struct ir_ranges *ranges, const struct vyre_program *program,
                      const struct ir_proof *proof, struct str *out);

// Appends what would have to be shown about an access without a proof.
void ir_unproven_explain(const struct vyre_program *program, uint32_t buffer,
                         const struct ir_expr *index, struct str *out);

// ---- Arithmetic of ranges (range_arith.c), for the analysis alone -------------------------------

static const struct ir_range ir_range_any = { 0, UINT32_MAX, 0, { { 0, 0, 0 } } };

void ir_range_add_below(struct ir_range *range, struct ir_below below);
struct ir_range ir_range_both(const struct ir_range *a, const struct ir_range *b);
struct ir_range ir_range_binop(uint8_t op, const struct ir_range *left,
                               const struct ir_range *right);
// left - right where left >= right is known.
struct ir_range ir_range_difference(const struct ir_range *left, const struct ir_range *right);
struct ir_range ir_range_select(const struct ir_range *yes, const struct ir_range *no);
// Of a value below (`strict`) or not above another one.
struct ir_range ir_range_under(const struct ir_range *bound, bool strict);

#endif // IR_RANGE_H
