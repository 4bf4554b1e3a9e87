// SPDX-License-Identifier: MIT
// Calls of ops. An op has a signature and an evaluation on the host, but no code for a device, so
// every call is refused; why, depends on the op.
#include "lowering.h"

#include "ir/registry.h"

#include <stdio.h>

void spv_refuse_call(struct spv_lowering *lowering, const struct ir_expr *call)
{
    struct ir_text id = ir_name_text(lowering->program, call->name);
    const struct vyre_op_params *op =
        lowering->registry ? ir_registry_find(lowering->registry, id) : NULL;
    if (!op || !op->capability) {
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L017, &call->pos,
                   "op '%.60s' has no code for the SPIR-V compiler", id.text);
        return;
    }
    char fix[240];
    snprintf(fix, sizeof fix, "run it where '%.60s' is provided: by %.120s", op->capability,
             op->provider ? op->provider : "the runtime that the op was made for");
    spv_refuse_fix(lowering, DIAG_L016, &call->pos, fix,
                   "op '%.60s' needs '%.60s', which the SPIR-V compiler does not have", id.text,
                   op->capability);
}
