// SPDX-License-Identifier: MIT
// The builder inside: a draft, its expressions that wait for their use, and its open blocks.
#ifndef IR_BUILDER_H
#define IR_BUILDER_H

#include "base/report.h"
#include "ir/draft.h"
#include <vyre/builder.h>

enum {
    // Below what the text form can nest, so that a print parses back, and above what the binary
    // form
    // carries, so that whatever is read can be built.
    BUILDER_DEEPEST = 200,
    BUILDER_DEEPEST_TYPE = 4095, // around a scalar, as in the binary form
    BUILDER_FIRST_TYPE = 0x100,  // handles below are tags
};

struct builder_expr {
    struct ir_expr *expr;
    uint32_t height;
    bool used;
};

struct ir_builder_type {
    const struct ir_type *type;
    uint32_t height;
};

// An open block; the first one is the program itself. Its node gets the body when it ends.
struct builder_frame {
    struct ir_node *node; // NULL for the program
    bool in_else;
    struct ir_body then; // of an if, while in_else
    struct ir_nodes nodes;
};

struct vyre_builder {
    struct ir_draft draft;
    struct {
        ARRAY(struct builder_expr);
    } exprs;
    struct {
        ARRAY(struct ir_builder_type);
    } types;
    struct {
        ARRAY(struct builder_frame);
    } frames;
    uint64_t calls;
    const char *call; // name of the current one
    bool failed;      // an error is kept below
    bool finished;
    enum diag_code code;
    char text[240];
};

// Begins a call: false when an earlier one failed, and then the call does nothing.
bool ir_builder_begin(struct vyre_builder *builder, const char *call);

// Keeps the first error, with the number and name of the call before it.
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void ir_builder_error(struct vyre_builder *builder, enum diag_code code, const char *format, ...);

ir_name ir_builder_name(struct vyre_builder *builder, const char *name);
const struct ir_type *ir_builder_type(struct vyre_builder *builder, vyre_type type,
                                      uint32_t *height);

// Takes an expression for use and raises *height to its height. NULL when that failed.
struct ir_expr *ir_builder_use(struct vyre_builder *builder, vyre_expr expr, uint32_t *height);

// Appends to the innermost open block.
void ir_builder_add(struct vyre_builder *builder, struct ir_node *node);

#endif // IR_BUILDER_H
