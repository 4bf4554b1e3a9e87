// SPDX-License-Identifier: MIT
// The pass manager: a list of passes, one after the other.
#include "ir/pass.h"

#include "base/report.h"

#include <string.h>

static const struct {
    const char *name;
    const char *description;
    enum vyre_result (*run)(const struct vyre_program *from, struct vyre_program **out);
    bool is_default;
} table[] = {
#define PASS(id, name, is_default, description) { name, description, ir_pass_##id, is_default },
#include "ir/pass.def"
#undef PASS
};

size_t vyre_pass_count(void)
{
    return IR_PASS_COUNT;
}

enum vyre_result vyre_pass_describe(size_t index, struct vyre_pass_info *out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_pass_info){ .name = NULL };
    if (index >= IR_PASS_COUNT)
        return VYRE_MISS;
    *out = (struct vyre_pass_info){ table[index].name, table[index].description,
                                    table[index].is_default };
    return VYRE_OK;
}

// Replaces *program, which is dropped, by what the pass makes of it.
static enum vyre_result run_one(size_t pass, const struct vyre_pass_hook *hook,
                                struct vyre_program **program)
{
    struct vyre_program *made = NULL;
    enum vyre_result result = table[pass].run(*program, &made);
    vyre_program_destroy(program);
    *program = made;
    if (!result && hook && hook->after)
        hook->after(hook->user, table[pass].name, made);
    return result;
}

static struct vyre_program *share(const struct vyre_program *program)
{
    // Programs are immutable but for their reference count, which is atomic.
    return vyre_program_ref((struct vyre_program *)program);
}

enum vyre_result ir_optimize(const struct vyre_program *program, const struct vyre_pass_hook *hook,
                             struct vyre_program **out)
{
    *out = share(program);
    enum vyre_result result = VYRE_OK;
    for (size_t pass = 0; !result && pass < IR_PASS_COUNT; pass++)
        if (table[pass].is_default)
            result = run_one(pass, hook, out);
    return result;
}

static enum vyre_result run_named(const struct vyre_transform_params *params,
                                  struct vyre_program **out)
{
    for (size_t i = 0; i < params->pass_count; i++) {
        size_t pass = 0;
        while (pass < IR_PASS_COUNT && strcmp(table[pass].name, params->passes[i]) != 0)
            pass++;
        if (pass == IR_PASS_COUNT) {
            diag_report(params->diag, DIAG_F001, NULL, "there is no pass '%.60s'",
                        params->passes[i]);
            vyre_program_destroy(out);
            return VYRE_ERR_INVALID_ARGUMENT;
        }
        enum vyre_result result = run_one(pass, params->hook, out);
        if (result)
            return result;
    }
    return VYRE_OK;
}

static bool arguments_are_sound(const struct vyre_transform_params *params)
{
    if (params->pass_count > 0 && !params->passes)
        return false;
    for (size_t i = 0; i < params->pass_count; i++)
        if (!params->passes[i])
            return false;
    return true;
}

enum vyre_result vyre_program_transform(const struct vyre_program *program,
                                        const struct vyre_transform_params *params,
                                        struct vyre_program **out)
{
    static const struct vyre_transform_params defaults;
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!params)
        params = &defaults;
    if (!program || !arguments_are_sound(params))
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = vyre_program_validate(
        program, vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                      .registry = params->registry, .diag = params->diag));
    if (result)
        return result;
    if (!params->passes) {
        result = ir_optimize(program, params->hook, out);
    } else {
        *out = share(program);
        result = run_named(params, out);
    }
    // To its user the result is a program like any other, whose loops and traps are numbered as it
    // has them. It is nobody else's yet.
    if (!result && *out != program) {
        (*out)->loop_numbers = NULL;
        (*out)->trap_numbers = NULL;
    }
    return result;
}
