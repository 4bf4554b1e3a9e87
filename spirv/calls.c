// SPDX-License-Identifier: MIT
// Calls of ops are replaced by their bodies before a program is lowered. A call that is left has no
// code for a device; why, depends on the op.
#include "lowering.h"

#include "ir/inline.h"
#include "ir/pass.h"
#include "ir/registry.h"

#include <stdio.h>

static enum vyre_result validate(const struct vyre_program *program,
                                 const struct vyre_compile_params *params)
{
    return vyre_program_validate(
        program,
        // What the target lacks is refused by lowering, with a reason that fits.
        vyre_validate_params(.subgroup_ops = true, .collectives = true,
                             .registry = params->registry, .diag = params->diag));
}

// One module is one dispatch, so barriers of the grid are refused when the program is lowered. Who
// looks at passes is shown the parts that they make.
static enum vyre_result show_parts(const struct vyre_program *program,
                                   const struct vyre_compile_params *params)
{
    const struct ir_pass_context context = { .diag = params->diag };
    struct vyre_grid_split *split = NULL;
    enum vyre_result result = ir_pass_grid_sync(&context, program, &split);
    const size_t count = vyre_grid_split_count(split);
    for (size_t i = 0; i < count; i++)
        ir_pass_tell(params->hook, IR_PASS_grid_sync, i, count, vyre_grid_split_program(split, i));
    vyre_grid_split_destroy(&split);
    return result;
}

enum vyre_result spv_prepare(const struct vyre_program *program,
                             const struct vyre_compile_params *params, struct vyre_program **out)
{
    static const struct vyre_compile_params none;
    if (!params)
        params = &none;
    *out = NULL;
    if (params->capability_count > 0 && !params->capabilities)
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = validate(program, params);
    const struct ir_inline calls = {
        .registry = params->registry,
        .capabilities = params->capabilities,
        .capability_count = params->capability_count,
        .diag = params->diag,
    };
    if (!result)
        result = ir_inline_calls(program, &calls, out);
    if (result || !params->hook || params->no_optimize)
        return result;
    const struct vyre_program *made = *out ? *out : program;
    ir_pass_tell(params->hook, IR_PASS_inline, 0, 1, made);
    result = show_parts(made, params);
    if (result)
        vyre_program_destroy(out);
    return result;
}

void spv_refuse_call(struct spv_lowering *lowering, const struct ir_expr *call)
{
    struct ir_text id = ir_name_text(lowering->program, call->name);
    const struct vyre_op_params *op =
        lowering->registry ? ir_registry_find(lowering->registry, id) : NULL;
    if (!op ||
        ir_has_capability(lowering->capabilities, lowering->capability_count, op->capability)) {
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
