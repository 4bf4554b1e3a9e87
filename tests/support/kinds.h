// SPDX-License-Identifier: MIT
// The kinds of nodes and expressions that a look at a program finds, as struct vyre_program keeps
// them.
#ifndef TESTS_KINDS_H
#define TESTS_KINDS_H

#include "ir/model.h"

static inline void count_expr_kinds(const struct ir_expr *expr, uint32_t *kinds)
{
    if (!expr)
        return;
    *kinds |= UINT32_C(1) << expr->kind;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        count_expr_kinds(expr->kids[i], kinds);
}

static inline void count_kinds(const struct ir_body *body, uint32_t *nodes, uint32_t *exprs)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        *nodes |= UINT32_C(1) << node->kind;
        count_expr_kinds(node->a, exprs);
        count_expr_kinds(node->b, exprs);
        count_kinds(&node->body, nodes, exprs);
        count_kinds(&node->otherwise, nodes, exprs);
    }
}

#endif // TESTS_KINDS_H
