// SPDX-License-Identifier: MIT
// The pass manager: a list of passes, one after the other, over a program or the parts of one.
#include "ir/pass.h"

#include "base/memory.h"
#include "base/report.h"
#include "facts.h"
#include "ir/grid_sync.h"
#include "ir/inline.h"

#include <string.h>

typedef enum vyre_result run_fn(const struct ir_pass_context *context,
                                const struct vyre_program *from, struct vyre_program **out);
typedef enum vyre_result split_fn(const struct ir_pass_context *context,
                                  const struct vyre_program *from, struct vyre_grid_split **out);

static const struct {
    const char *name;
    const char *description;
    bool is_default;
    run_fn *run;     // NULL: it is a split
    split_fn *split; // NULL: it is none
} table[] = {
#define PASS(id, name, is_default, description)                                                    \
    { name, description, is_default, ir_pass_##id, NULL },
#define SPLIT(id, name, is_default, description)                                                   \
    { name, description, is_default, NULL, ir_pass_##id },
#include "ir/pass.def"
#undef PASS
#undef SPLIT
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
    *out = (struct vyre_pass_info){
        .name = table[index].name,
        .description = table[index].description,
        .is_default = table[index].is_default,
        .is_split = table[index].split != NULL,
    };
    return VYRE_OK;
}

static struct vyre_program *share(const struct vyre_program *program)
{
    // Programs are immutable but for their reference count, which is atomic.
    return vyre_program_ref((struct vyre_program *)program);
}

// ---- Passes that live elsewhere, because others than compilers need them ------------------------

// lib/ir/inline.c
enum vyre_result ir_pass_inline(const struct ir_pass_context *context,
                                const struct vyre_program *from, struct vyre_program **out)
{
    const struct ir_inline params = {
        .registry = context->registry,
        .capabilities = context->capabilities,
        .capability_count = context->capability_count,
        .diag = context->diag,
    };
    enum vyre_result result = ir_inline_calls(from, &params, out);
    if (!result && !*out)
        *out = share(from);
    return result;
}

// lib/ir/grid_sync.c
enum vyre_result ir_pass_grid_sync(const struct ir_pass_context *context,
                                   const struct vyre_program *from, struct vyre_grid_split **out)
{
    return ir_split_grid_sync(from, context->diag, out);
}

// ---- One program --------------------------------------------------------------------------------

void ir_pass_tell(const struct vyre_pass_hook *hook, enum ir_pass pass, size_t part,
                  size_t part_count, const struct vyre_program *program)
{
    if (hook && hook->after)
        hook->after(hook->user, table[pass].name, part, part_count, program);
}

// Replaces *program, which is dropped, by what the pass makes of it; NULL on failure.
static enum vyre_result run_one(enum ir_pass pass, const struct ir_pass_context *context,
                                struct vyre_program **program)
{
    struct vyre_program *made = NULL;
    enum vyre_result result = table[pass].run(context, *program, &made);
    vyre_program_destroy(program);
    *program = made;
    return result;
}

enum vyre_result ir_optimize(const struct vyre_program *program, const struct vyre_pass_hook *hook,
                             struct vyre_program **out)
{
    struct ir_facts facts = { .program = NULL };
    const struct ir_pass_context context = { .facts = &facts };
    *out = share(program);
    enum vyre_result result = VYRE_OK;
    for (enum ir_pass pass = 0; !result && pass < IR_PASS_COUNT; pass++) {
        if (!table[pass].is_default)
            continue;
        result = run_one(pass, &context, out);
        if (!result)
            ir_pass_tell(hook, pass, 0, 1, *out);
    }
    ir_facts_fini(&facts);
    return result;
}

// ---- Parts --------------------------------------------------------------------------------------

// Moves the parts of `from`, which were made of part `whole`, to the end of `to`.
static void move_parts(struct vyre_grid_split *to, const struct ir_grid_part *whole,
                       struct vyre_grid_split *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        struct ir_grid_part *part = &from->parts[i];
        for (uint32_t b = 0; b < part->program->buffer_count; b++)
            part->buffers[b] = whole->buffers[part->buffers[b]];
        to->parts[to->count++] = *part;
    }
    from->count = 0;
}

static bool make_room(struct vyre_grid_split *split, uint32_t more)
{
    const size_t count = (size_t)split->count + more;
    struct ir_grid_part *parts = memory_calloc(count, sizeof *parts);
    if (!parts)
        return false;
    if (split->count)
        memcpy(parts, split->parts, split->count * sizeof *parts);
    memory_free(split->parts);
    split->parts = parts;
    return true;
}

// Replaces *split by the parts of its parts.
static enum vyre_result split_all(enum ir_pass pass, const struct ir_pass_context *context,
                                  struct vyre_grid_split **split)
{
    struct vyre_grid_split *made = memory_calloc(1, sizeof *made);
    enum vyre_result result = made ? VYRE_OK : VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; !result && i < (*split)->count; i++) {
        struct vyre_grid_split *parts = NULL;
        result = table[pass].split(context, (*split)->parts[i].program, &parts);
        if (!result && !make_room(made, parts->count))
            result = VYRE_ERR_NO_MEMORY;
        if (!result)
            move_parts(made, &(*split)->parts[i], parts);
        vyre_grid_split_destroy(&parts);
    }
    vyre_grid_split_destroy(split);
    if (result)
        vyre_grid_split_destroy(&made);
    *split = made;
    return result;
}

// *split is NULL on failure.
static enum vyre_result run_on_parts(enum ir_pass pass, const struct ir_pass_context *context,
                                     const struct vyre_pass_hook *hook,
                                     struct vyre_grid_split **split)
{
    enum vyre_result result = VYRE_OK;
    if (table[pass].split)
        result = split_all(pass, context, split);
    for (uint32_t i = 0; !result && table[pass].run && i < (*split)->count; i++)
        result = run_one(pass, context, &(*split)->parts[i].program);
    if (result)
        vyre_grid_split_destroy(split);
    for (uint32_t i = 0; !result && i < (*split)->count; i++)
        ir_pass_tell(hook, pass, i, (*split)->count, (*split)->parts[i].program);
    return result;
}

// ---- For users ----------------------------------------------------------------------------------

// IR_PASS_COUNT, after a diagnostic, when there is none.
static enum ir_pass find_pass(const char *name, const struct vyre_diag_sink *diag)
{
    for (enum ir_pass pass = 0; pass < IR_PASS_COUNT; pass++)
        if (strcmp(table[pass].name, name) == 0)
            return pass;
    diag_report(diag, DIAG_F001, NULL, "there is no pass '%.60s'", name);
    return IR_PASS_COUNT;
}

static bool arguments_are_sound(const struct vyre_transform_params *params)
{
    if ((params->pass_count > 0 && !params->passes) ||
        (params->capability_count > 0 && !params->capabilities))
        return false;
    for (size_t i = 0; i < params->pass_count; i++)
        if (!params->passes[i])
            return false;
    return true;
}

static enum vyre_result run_listed(const struct vyre_transform_params *params,
                                   struct vyre_grid_split **split)
{
    struct ir_facts facts = { .program = NULL };
    const struct ir_pass_context context = { &facts, params->registry, params->capabilities,
                                             params->capability_count, params->diag };
    const size_t count = params->passes ? params->pass_count : IR_PASS_COUNT;
    enum vyre_result result = VYRE_OK;
    for (size_t i = 0; i < count && !result; i++) {
        const enum ir_pass pass =
            params->passes ? find_pass(params->passes[i], params->diag) : (enum ir_pass)i;
        if (pass == IR_PASS_COUNT) {
            vyre_grid_split_destroy(split);
            result = VYRE_ERR_INVALID_ARGUMENT;
        } else if (params->passes || table[pass].is_default) {
            result = run_on_parts(pass, &context, params->hook, split);
        }
    }
    ir_facts_fini(&facts);
    return result;
}

enum vyre_result vyre_program_transform_parts(const struct vyre_program *program,
                                              const struct vyre_transform_params *params,
                                              struct vyre_grid_split **out)
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
    if (!result)
        result = ir_grid_split_whole(program, out);
    if (!result)
        result = run_listed(params, out);
    // To its user a result is a program like any other, whose loops and traps are numbered as it
    // has them. It is nobody else's yet.
    for (uint32_t i = 0; !result && i < (*out)->count; i++) {
        struct vyre_program *made = (*out)->parts[i].program;
        if (made == program)
            continue;
        made->loop_numbers = NULL;
        made->trap_numbers = NULL;
    }
    return result;
}

enum vyre_result vyre_program_transform(const struct vyre_program *program,
                                        const struct vyre_transform_params *params,
                                        struct vyre_program **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    struct vyre_grid_split *split = NULL;
    enum vyre_result result = vyre_program_transform_parts(program, params, &split);
    if (!result && split->count > 1) {
        diag_report(params ? params->diag : NULL, DIAG_F008, NULL,
                    "the program becomes %u, which run one after another", split->count);
        result = VYRE_ERR_UNSUPPORTED;
    }
    if (!result)
        *out = vyre_program_ref(split->parts[0].program);
    vyre_grid_split_destroy(&split);
    return result;
}
