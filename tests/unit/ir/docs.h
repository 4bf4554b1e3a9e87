// SPDX-License-Identifier: MIT
// What the test of a documentation page is made of.
//
// An example states, in comment lines, what it is given and what comes of it:
//
//   // in NAME = u32: 1 2 0x10     the value of a buffer; types u8 to u64, i8 to i64, f32, f64;
//                                  7*64 is 7, 64 times
//   // grid 4 [1 [1]]              workgroups; without it, what the language derives
//   // param 7 8                   launch parameters
//   // -> NAME = u32: 1 2 3        a buffer after the run, all of its bytes
//   // -> X020                     the code of the error that ends the run
//   // -> V152                     the code of the first error that the validator reports
#ifndef TESTS_UNIT_IR_DOCS_H
#define TESTS_UNIT_IR_DOCS_H

#include "ir/model.h"

#include <vyre/registry.h>

struct docs_tally {
    unsigned ran;      // gave the outputs that they state
    unsigned ended;    // ended with the run-time error that they state
    unsigned refused;  // refused by the validator as they state
    unsigned compiled; // of the first two, those that the compiler takes too
    unsigned declined; // and those that it lists as not supported, by code
};

// Runs an example and compares; fails the test when it does not hold. Returns whether it ran.
bool docs_run(const char *text, size_t size, const struct vyre_program *program,
              const struct vyre_registry *registry, struct docs_tally *tally);

// Notes everything of the tables that a program uses.
struct docs_cover {
    bool types[IR_TYPE_COUNT], exprs[IR_EXPR_COUNT], nodes[IR_NODE_COUNT], binops[IR_BINOP_COUNT],
        unops[IR_UNOP_COUNT], atomics[IR_ATOMIC_COUNT], exts[IR_EXT_COUNT], orderings[8],
        collectives[8], localities[8], kinds[8], linears[8], accesses[8], scales[8], zeros[8],
        shapes[16];
};
void docs_cover_add(struct docs_cover *cover, const struct vyre_program *program);

// Fails the test, and says what no example uses.
void docs_cover_check(const struct docs_cover *cover);

#endif // TESTS_UNIT_IR_DOCS_H
