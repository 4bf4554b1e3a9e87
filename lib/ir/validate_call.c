// SPDX-License-Identifier: MIT
// Calls against the signatures of a registry (spec: ir.md, 4.3.7). Without a registry nothing is
// known of an op, and its calls pass.
#include "ir/registry.h"
#include "validate_walk.h"

#include <string.h>

static void check_argument(struct ir_validator *v, const struct vyre_op_params *op, uint32_t index,
                           const struct ir_type *type)
{
    const struct vyre_op_operand *input = &op->inputs[index];
    const struct ir_type *wanted = ir_signature_type(input->type);
    if (wanted && !ir_types_differ(type, wanted))
        return;
    const char *id = ir_validate_text(v, op->id, strlen(op->id));
    if (!wanted)
        ir_validate_report(v, DIAG_V021, "argument %u of %s is declared as %s", index, id,
                           ir_validate_text(v, input->type, strlen(input->type)));
    else
        ir_validate_report(v, DIAG_V022, "argument %u of %s is %s, not %s", index, id,
                           ir_validate_type(v, type), ir_validate_type(v, wanted));
}

void ir_validate_call(struct ir_validator *v, uint32_t fact)
{
    const struct ir_expr *expr = v->facts.items[fact].expr;
    if (!v->params.registry)
        return;
    struct ir_text id = ir_name_text(v->program, expr->name);
    const struct vyre_op_params *op = ir_registry_find(v->params.registry, id);
    if (!op) {
        ir_validate_report(v, DIAG_V016, "the registry has no op %s",
                           ir_validate_text(v, id.text, id.size));
        return;
    }
    if (expr->kid_count != op->input_count)
        ir_validate_report(v, DIAG_V020, "%s takes %zu arguments, not %u",
                           ir_validate_text(v, id.text, id.size), op->input_count, expr->kid_count);
    uint32_t at = fact + 1;
    for (uint32_t i = 0; i < expr->kid_count && i < op->input_count; i++) {
        check_argument(v, op, i, v->facts.items[at].type);
        at += v->facts.items[at].size;
    }
}
