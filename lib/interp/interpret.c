// SPDX-License-Identifier: MIT
// The life of a run: wrap, validate, plan, buffers, grid, workgroups, outputs (spec: semantics.md,
// section 8.1).
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "ir/collective.h"
#include "ir/grid.h"
#include "ir/grid_sync.h"
#include "ir/inline.h"
#include "run.h"

struct output {
    uint8_t *bytes; // owned
    size_t size;
    size_t buffer;
};

struct vyre_outputs {
    size_t count;
    struct output items[];
};

static bool no_memory(struct interp_run *run)
{
    if (run->result == VYRE_OK)
        run->result = VYRE_ERR_NO_MEMORY;
    return false;
}

bool interp_fail_limit(struct interp_run *run, enum diag_code code, const char *what)
{
    interp_fail(run, code, "%s", what);
    run->result = VYRE_ERR_LIMIT;
    return false;
}

bool interp_take_memory(struct interp_run *run, uint64_t bytes)
{
    if (bytes > run->memory_left)
        return interp_fail_limit(run, DIAG_X005, "the memory limit is reached");
    run->memory_left -= bytes;
    return true;
}

// ---- Buffers -----------------------------------------------------------------------------------

static bool is_workgroup(const struct ir_buffer *buffer)
{
    return buffer->access == VYRE_ACCESS_WORKGROUP;
}

// Bytes that the declaration asks for; 0 when it is sized at run time.
static bool static_size(struct interp_run *run, const struct ir_buffer *buffer, uint64_t *out)
{
    *out = 0;
    if (buffer->count == 0 || ir_type_packed_size(buffer->element, buffer->count, out))
        return true;
    return interp_fail(run, DIAG_X004, "the size of buffer '%.60s' is not known",
                       interp_name_text(run, buffer->name));
}

// One value per buffer that takes input; or, as the original also accepts, one per storage buffer,
// and then the values of allocated buffers are ignored.
static bool count_inputs(struct interp_run *run, bool *every_buffer)
{
    size_t storage = 0, consuming = 0, given = run->params->input_count;
    for (uint32_t i = 0; i < run->program->buffer_count; i++) {
        const struct ir_buffer *buffer = &run->program->buffers[i];
        storage += !is_workgroup(buffer);
        consuming += !is_workgroup(buffer) && !ir_buffer_is_allocated(buffer);
    }
    *every_buffer = given != consuming && given == storage;
    if (given == consuming || *every_buffer)
        return true;
    interp_fail(run, DIAG_X002, "%zu inputs for %zu buffers that take input", given, consuming);
    run->result = VYRE_ERR_INVALID_ARGUMENT;
    return false;
}

static bool create_buffer(struct interp_run *run, uint32_t index, const struct vyre_bytes *input)
{
    struct interp_buffer *buffer = &run->buffers[index];
    const struct ir_buffer *decl = buffer->decl;
    uint64_t size;
    if (!static_size(run, decl, &size))
        return false;
    if (input) {
        if (input->size < size)
            return interp_fail_input(
                run, index, DIAG_X003, "buffer '%.60s' needs %llu bytes, its input has %zu",
                interp_name_text(run, decl->name), (unsigned long long)size, input->size);
        size = input->size;
    }
    if (is_workgroup(decl) && !u64_add(run->workgroup_memory, size, &run->workgroup_memory))
        run->workgroup_memory = UINT64_MAX;
    if (run->workgroup_memory > INTERP_MAX_WORKGROUP_MEMORY)
        return interp_fail(run, DIAG_X008, "%llu bytes of workgroup memory",
                           (unsigned long long)run->workgroup_memory);
    if (size > SIZE_MAX)
        size = SIZE_MAX;
    if (!interp_take_memory(run, size))
        return false;
    buffer->bytes = memory_calloc(1, size ? (size_t)size : 1);
    if (!buffer->bytes)
        return no_memory(run);
    buffer->size = size;
    buffer->stride = ir_type_stride(decl->element);
    if (input && size > 0)
        memcpy(buffer->bytes, input->data, (size_t)size);
    return true;
}

static bool create_buffers(struct interp_run *run)
{
    bool every_buffer;
    size_t next = 0;
    if (!count_inputs(run, &every_buffer))
        return false;
    for (uint32_t i = 0; i < run->program->buffer_count; i++) {
        const struct ir_buffer *decl = run->buffers[i].decl;
        const struct vyre_bytes *input = NULL;
        if (!is_workgroup(decl) && !ir_buffer_is_allocated(decl))
            input = &run->params->inputs[next++];
        else if (!is_workgroup(decl) && every_buffer)
            next++;
        if (!create_buffer(run, i, input))
            return false;
    }
    return true;
}

// ---- Grid and invocations ----------------------------------------------------------------------

static bool choose_grid(struct interp_run *run)
{
    const uint32_t *given = run->params->grid;
    if (given[0] || given[1] || given[2]) {
        memcpy(run->grid, given, sizeof run->grid);
        return true;
    }
    uint64_t *sizes = memory_calloc((size_t)run->program->buffer_count + 1, sizeof *sizes);
    if (!sizes)
        return no_memory(run);
    for (uint32_t i = 0; i < run->program->buffer_count; i++)
        sizes[i] = run->buffers[i].size;
    bool known = ir_grid_infer(run->program, sizes, run->grid);
    memory_free(sizes);
    return known || interp_fail(run, DIAG_X004, "a buffer's elements have no size");
}

// Every invocation's arrays, in one block.
static bool create_invocations(struct interp_run *run)
{
    const uint32_t *size = run->program->workgroup;
    uint64_t count, bytes;
    const uint64_t copies = run->has_subgroups ? 2 : 1; // of the locals
    const uint64_t each =
        sizeof *run->invocations +
        (uint64_t)run->slot_count * (copies * sizeof(struct interp_local) + sizeof(uint32_t)) +
        (uint64_t)run->max_frames * sizeof(struct interp_frame) + run->condition_count;
    if (!u64_mul((uint64_t)size[0] * size[1], size[2], &count) || count > UINT32_MAX ||
        !u64_mul(count, each, &bytes) || bytes > SIZE_MAX)
        return interp_fail_limit(run, DIAG_X005, "the workgroup is too large");
    if (!interp_take_memory(run, bytes))
        return false;
    size_t n = (size_t)count, slots = run->slot_count, frames = run->max_frames;
    struct interp_local *locals = run->invocation_memory = memory_calloc(1, (size_t)bytes);
    if (!locals)
        return no_memory(run);
    run->snapshot = run->has_subgroups ? locals + n * slots : NULL;
    struct interp_frame *frame = (struct interp_frame *)(locals + copies * n * slots);
    run->invocations = (struct interp_invocation *)(frame + n * frames);
    uint32_t *log = (uint32_t *)(run->invocations + n);
    uint8_t *seen = (uint8_t *)(log + n * slots);
    run->invocation_count = (uint32_t)count;
    for (size_t i = 0; i < n; i++) {
        run->invocations[i].locals = locals + i * slots;
        run->invocations[i].frames = frame + i * frames;
        run->invocations[i].log = log + i * slots;
        run->invocations[i].seen = seen + i * run->condition_count;
    }
    return true;
}

static bool run_grid(struct interp_run *run)
{
    const uint32_t *grid = run->grid;
    uint32_t at[3]; // in the order of the run
    if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0)
        return true;
    for (at[2] = 0; at[2] < grid[2]; at[2]++)
        for (at[1] = 0; at[1] < grid[1]; at[1]++)
            for (at[0] = 0; at[0] < grid[0]; at[0]++) {
                for (unsigned axis = 0; axis < 3; axis++)
                    run->group[axis] = run->params->reversed ? grid[axis] - 1 - at[axis] : at[axis];
                if (!interp_run_workgroup(run))
                    return false;
            }
    return true;
}

// ---- Outputs -----------------------------------------------------------------------------------

// Moves the contents of a returned buffer out; a range that does not fit is the whole buffer.
static struct output take_output(struct interp_buffer *buffer, size_t index)
{
    struct output output = { buffer->bytes, (size_t)buffer->size, index };
    const struct ir_buffer *decl = buffer->decl;
    buffer->bytes = NULL;
    if (decl->has_range && decl->range_start <= decl->range_end && decl->range_end <= output.size) {
        output.size = (size_t)(decl->range_end - decl->range_start);
        memmove(output.bytes, output.bytes + decl->range_start, output.size);
    }
    return output;
}

static bool take_outputs(struct interp_run *run, struct vyre_outputs **out)
{
    uint32_t count = run->program->buffer_count;
    struct vyre_outputs *outputs =
        memory_calloc(1, sizeof *outputs + (size_t)count * sizeof *outputs->items);
    if (!outputs)
        return no_memory(run);
    for (uint32_t i = 0; i < count; i++)
        if (ir_buffer_is_returned(run->buffers[i].decl) && !is_workgroup(run->buffers[i].decl))
            outputs->items[outputs->count++] = take_output(&run->buffers[i], i);
    *out = outputs;
    return true;
}

// ---- The run -----------------------------------------------------------------------------------

static bool validate(struct interp_run *run)
{
    run->result = vyre_program_validate(
        run->program,
        vyre_validate_params(.subgroup_ops = true, .collectives = true,
                             .registry = run->params->registry, .diag = run->params->diag));
    return run->result == VYRE_OK;
}

static bool create_tables(struct interp_run *run)
{
    const struct vyre_program *program = run->program;
    size_t names = (size_t)program->name_count + 1;
    run->buffers = memory_calloc((size_t)program->buffer_count + 1, sizeof *run->buffers);
    run->buffer_of = memory_calloc(names, sizeof *run->buffer_of);
    run->slot_of = memory_calloc(names, sizeof *run->slot_of);
    if (!run->buffers || !run->buffer_of || !run->slot_of)
        return no_memory(run);
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        run->buffers[i].decl = &program->buffers[i];
        run->buffers[i].stride = ir_type_stride(program->buffers[i].element);
        run->buffer_of[program->buffers[i].name] = i + 1;
    }
    return true;
}

// The interpreter is the only rank there is. As in the original, what one rank can do alone is
// rewritten before the program is validated, so that the rules for collectives are not asked of it.
// What it cannot do refuses a program only when nothing else does. The program that runs instead is
// owned by *lowered.
static bool lower_and_validate(struct interp_run *run, struct vyre_program **lowered)
{
    if (!ir_find_collective(run->program))
        return validate(run);
    const struct ir_node *several = ir_find_multi_rank(run->program);
    if (several) {
        if (!validate(run))
            return false;
        run->node = several;
        return interp_fail(run, DIAG_X033, "a collective of group %u, root %u", several->group,
                           several->root);
    }
    run->result = ir_lower_collectives(run->program, lowered);
    run->program = *lowered;
    return run->result == VYRE_OK && validate(run);
}

// Ops that the host cannot evaluate may have a body that takes the place of their calls.
static bool inline_calls(struct interp_run *run, struct vyre_program **inlined)
{
    const struct ir_inline params = {
        .registry = run->params->registry,
        .capabilities = run->params->capabilities,
        .capability_count = run->params->capability_count,
        .keep_evaluated = true,
        .diag = run->params->diag,
    };
    run->result = ir_inline_calls(run->program, &params, inlined);
    if (*inlined)
        run->program = *inlined;
    return run->result == VYRE_OK;
}

static bool understand(struct interp_run *run)
{
    return create_tables(run) && interp_supports(run) && (interp_plan(run) || no_memory(run));
}

static bool dispatch(struct interp_run *run)
{
    return create_invocations(run) &&
           (!run->params->facts || (interp_watch_order(run) && interp_watch_loops(run))) &&
           run_grid(run);
}

static void fini(struct interp_run *run)
{
    for (uint32_t i = 0; i < run->invocation_count; i++)
        interp_drop_transfers(run, &run->invocations[i]);
    for (uint32_t i = 0; run->buffers && i < run->program->buffer_count; i++) {
        memory_free(run->buffers[i].bytes);
        memory_free(run->buffers[i].marks);
    }
    interp_drop_bytes(run);
    memory_free(run->buffers);
    memory_free(run->buffer_of);
    memory_free(run->slot_of);
    memory_free(run->conditions);
    memory_free(run->nests);
    memory_free(run->invocation_memory);
}

// ---- Parts of a run that is split at its barriers of the grid
// ------------------------------------

// The part works on the memory of the run, but has workgroup memory of its own.
static bool lend_buffers(struct interp_run *run, struct interp_run *part, const uint32_t *indices)
{
    for (uint32_t i = 0; i < part->program->buffer_count; i++) {
        struct interp_buffer *own = &run->buffers[indices[i]];
        if (is_workgroup(own->decl)) {
            if (!create_buffer(part, i, NULL))
                return false;
            continue;
        }
        part->buffers[i].bytes = own->bytes;
        part->buffers[i].size = own->size;
        own->bytes = NULL;
    }
    return true;
}

static void take_back(struct interp_run *run, struct interp_run *part, const uint32_t *indices)
{
    for (uint32_t i = 0; part->buffers && i < part->program->buffer_count; i++) {
        struct interp_buffer *own = &run->buffers[indices[i]];
        if (is_workgroup(own->decl) || !part->buffers[i].bytes)
            continue;
        own->bytes = part->buffers[i].bytes;
        part->buffers[i].bytes = NULL;
    }
}

static bool run_part(struct interp_run *run, const struct ir_grid_part *grid_part)
{
    struct interp_run part = {
        .program = grid_part->program,
        .params = run->params,
        .steps_left = run->steps_left,
        .memory_left = run->memory_left,
        .grid = { run->grid[0], run->grid[1], run->grid[2] },
        .facts = run->facts,
    };
    if (understand(&part) && lend_buffers(run, &part, grid_part->buffers))
        dispatch(&part);
    take_back(run, &part, grid_part->buffers);
    fini(&part);
    run->result = part.result;
    run->steps_left = part.steps_left;
    run->facts = part.facts;
    return run->result == VYRE_OK;
}

static bool run_parts(struct interp_run *run)
{
    struct vyre_grid_split *split;
    run->result = ir_split_grid_sync(run->program, run->params->diag, &split);
    for (uint32_t i = 0; run->result == VYRE_OK && i < split->count; i++)
        run_part(run, &split->parts[i]);
    vyre_grid_split_destroy(&split);
    return run->result == VYRE_OK;
}

static bool execute(struct interp_run *run, struct vyre_outputs **out)
{
    const bool split = run->params->split_grid_sync && ir_find_grid_sync(run->program);
    return understand(run) && create_buffers(run) && choose_grid(run) &&
           (split ? run_parts(run) : dispatch(run)) && take_outputs(run, out);
}

// Every top-level statement is a region, as the root-wrap rule leaves them (spec: ir.md, 1.1).
static bool is_wrapped(const struct vyre_program *program)
{
    for (uint32_t i = 0; i < program->entry.count; i++)
        if (program->entry.nodes[i]->kind != IR_NODE_REGION)
            return false;
    return program->entry.count > 0;
}

enum vyre_result vyre_interpret(const struct vyre_program *program,
                                const struct vyre_interpret_params *params,
                                struct vyre_outputs **out)
{
    static const struct vyre_interpret_params defaults;
    if (out)
        *out = NULL;
    if (!program || !out)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (!params)
        params = &defaults;
    if (params->facts)
        *params->facts = (struct vyre_run_facts){ .order_matters = false };
    if ((params->input_count > 0 && !params->inputs) ||
        (params->launch_param_count > 0 && !params->launch_params) ||
        (params->capability_count > 0 && !params->capabilities))
        return VYRE_ERR_INVALID_ARGUMENT;
    struct interp_run run = {
        .program = program,
        .params = params,
        .steps_left = params->step_limit ? params->step_limit : UINT64_C(1) << 32,
        .memory_left = params->memory_limit ? params->memory_limit : UINT64_C(1) << 30,
    };
    // A program that was built without its root region is run as if it had one. The copy borrows
    // everything and is never released.
    struct ir_node root = { .kind = IR_NODE_REGION, .body = program->entry };
    struct ir_node *entry[] = { &root };
    struct vyre_program wrapped;
    if (!is_wrapped(program)) {
        if (program->entry.count == 0 || program->entry.nodes[0]->kind == IR_NODE_STORE) {
            interp_fail(&run, DIAG_X009, "the entry is empty or starts with a store");
            return run.result;
        }
        memcpy(&wrapped, program, sizeof wrapped);
        wrapped.entry = (struct ir_body){ entry, 1 };
        run.program = &wrapped;
    }
    struct vyre_program *lowered = NULL;
    struct vyre_program *inlined = NULL;
    if (lower_and_validate(&run, &lowered) && inline_calls(&run, &inlined))
        execute(&run, out);
    if (params->facts)
        *params->facts = run.facts;
    fini(&run);
    vyre_program_destroy(&inlined);
    vyre_program_destroy(&lowered);
    return run.result;
}

size_t vyre_outputs_count(const struct vyre_outputs *outputs)
{
    return outputs ? outputs->count : 0;
}

struct vyre_bytes vyre_outputs_get(const struct vyre_outputs *outputs, size_t index, size_t *buffer)
{
    if (!outputs || index >= outputs->count)
        return (struct vyre_bytes){ NULL, 0 };
    const struct output *output = &outputs->items[index];
    if (buffer)
        *buffer = output->buffer;
    return (struct vyre_bytes){ output->bytes, output->size };
}

void vyre_outputs_destroy(struct vyre_outputs **outputs)
{
    if (!outputs || !*outputs)
        return;
    for (size_t i = 0; i < (*outputs)->count; i++)
        memory_free((*outputs)->items[i].bytes);
    memory_free(*outputs);
    *outputs = NULL;
}
