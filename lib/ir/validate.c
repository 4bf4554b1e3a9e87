// SPDX-License-Identifier: MIT
// The validator's life: rules in the order of spec: ir.md, 4.2.
#include "ir/validate.h"
#include "validate_walk.h"

static bool init(struct ir_validator *v, const struct vyre_program *program,
                 const struct vyre_validate_params *params)
{
    size_t names = (size_t)program->name_count + 1;
    *v = (struct ir_validator){ .program = program };
    if (params)
        v->params = *params;
    v->buffer_of = arena_array(&v->arena, names, sizeof *v->buffer_of);
    v->binding_of = arena_array(&v->arena, names, sizeof *v->binding_of);
    v->alias = arena_array(&v->arena, names, sizeof *v->alias);
    return !v->arena.failed;
}

static void fini(struct ir_validator *v)
{
    array_fini(&v->lines);
    str_fini(&v->paths);
    arena_fini(&v->arena);
}

enum vyre_result vyre_program_validate(const struct vyre_program *program,
                                       const struct vyre_validate_params *params)
{
    if (!program)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct ir_validator v;
    bool ready = init(&v, program, params);
    if (ready)
        ir_validate_declarations(&v);
    if (ready && !v.failed)
        ir_validate_nodes(&v);
    if (ready && !v.failed)
        ir_validate_usage(&v);
    enum vyre_result result = !ready || v.failed   ? VYRE_ERR_NO_MEMORY
                              : v.error_count != 0 ? VYRE_ERR_INVALID_PROGRAM
                                                   : VYRE_OK;
    fini(&v);
    return result;
}
