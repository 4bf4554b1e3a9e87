// SPDX-License-Identifier: MIT
// From a program to a module: look at the whole program, check it against the target, lower it.
#include "filled.h"
#include "lowering.h"
#include "module.h"
#include "nesting.h"

#include "base/memory.h"
#include "base/size.h"
#include "base/str.h"
#include "ir/collective.h"
#include "ir/pass.h"
#include "ir/place.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// ---- Refusing ---------------------------------------------------------------------------------

static void spell_path(const struct spv_lowering *lowering, struct str *path)
{
    static const char *const lists[] = { "entry", "body", "then", "otherwise" };
    uint32_t depth = lowering->path_depth;
    if (depth > SPV_DEEPEST_PATH)
        depth = SPV_DEEPEST_PATH;
    for (uint32_t i = 0; i < depth; i++)
        str_printf(path, "%s%s[%u]", i ? "." : "", lists[lowering->path_list[i]],
                   lowering->path_index[i]);
}

static void refuse(struct spv_lowering *lowering, enum vyre_result result, enum diag_code code,
                   const struct ir_pos *pos, const char *fix, const char *format, va_list args)
{
    if (lowering->status || lowering->writer.status)
        return;
    lowering->status = result;
    if (!lowering->diag)
        return;
    char text[400];
    vsnprintf(text, sizeof text, format, args);
    struct str path = { 0 };
    spell_path(lowering, &path);
    static const struct ir_pos nowhere;
    // Within a statement, the statement where nothing closer is said.
    const struct ir_pos otherwise = lowering->path_depth ? lowering->here : nowhere;
    struct diag_place place = ir_place(lowering->program, pos ? *pos : otherwise);
    if (path.size && !path.failed)
        place.path = path.text;
    diag_report_fix(lowering->diag, code, &place, fix, "%s", text);
    str_fini(&path);
}

void spv_refuse(struct spv_lowering *lowering, enum vyre_result result, enum diag_code code,
                const struct ir_pos *pos, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(lowering, result, code, pos, diag_code_fix(code), format, args);
    va_end(args);
}

void spv_refuse_fix(struct spv_lowering *lowering, enum diag_code code, const struct ir_pos *pos,
                    const char *fix, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(lowering, VYRE_ERR_UNSUPPORTED, code, pos, fix, format, args);
    va_end(args);
}

void spv_refuse_type(struct spv_lowering *lowering, const struct ir_type *type,
                     const struct ir_pos *pos, const char *what)
{
    struct str spelling = { 0 };
    ir_type_spell(type, &spelling);
    spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L002, pos, "%s %s is not compiled yet", what,
               str_text(&spelling));
    str_fini(&spelling);
}

// ---- Limits -----------------------------------------------------------------------------------

static bool can_fault(const struct spv_lowering *lowering)
{
    const struct spv_facts *facts = &lowering->facts;
    return lowering->recheck || facts->has_trap || facts->has_nand || facts->has_guarded_loop ||
           facts->guard_copies;
}

// Where the largest workgroup buffer is declared; NULL: there is none.
static const struct ir_pos *largest_shared(const struct vyre_program *program)
{
    const struct ir_pos *largest = NULL;
    uint64_t most = 0, bytes;
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        if (buffer->access != VYRE_ACCESS_WORKGROUP ||
            !ir_type_packed_size(buffer->element, buffer->count, &bytes) || bytes <= most)
            continue;
        most = bytes;
        largest = &buffer->pos;
    }
    return largest;
}

static void check_workgroup(struct spv_lowering *lowering)
{
    const struct vyre_target *target = lowering->target;
    const struct spv_facts *facts = &lowering->facts;
    const uint32_t *size = lowering->program->workgroup;
    for (int axis = 0; axis < 3; axis++) {
        if (size[axis] == 0 || size[axis] > target->max_workgroup_size[axis])
            spv_refuse(lowering, size[axis] ? VYRE_ERR_UNSUPPORTED : VYRE_ERR_INVALID_PROGRAM,
                       DIAG_L008, &lowering->program->workgroup_pos,
                       "the workgroup has %u invocations along %c, of at most %u", size[axis],
                       "xyz"[axis], target -> max_workgroup_size[axis]);
    }
    if (facts->workgroup_invocations > target->max_workgroup_invocations)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L008, &lowering->program->workgroup_pos,
                   "the workgroup has %u invocations, of at most %u", facts->workgroup_invocations,
                   target->max_workgroup_invocations);
    if (facts->workgroup_bytes > target->max_workgroup_memory)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L009, largest_shared(lowering->program),
                   "the program takes %llu bytes of workgroup memory%s, of at most %u",
                   (unsigned long long)facts->workgroup_bytes,
                   facts->has_subgroup && !facts->full_subgroup
                       ? ", its subgroup operations included"
                       : "",
                   target->max_workgroup_memory);
    if (target->loop_limit && facts->zero_passes > target->loop_limit)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L015, NULL,
                   "zeroing workgroup memory takes %u passes through loops, of at most %u",
                   facts->zero_passes, target->loop_limit);
}

// The count that a buffer declares is what the host has to provide.
static void check_sizes(struct spv_lowering *lowering)
{
    const uint64_t most = lowering->target->max_storage_range;
    for (uint32_t i = 0; i < lowering->program->buffer_count; i++) {
        const struct ir_buffer *buffer = &lowering->program->buffers[i];
        uint64_t bytes;
        if (buffer->access != VYRE_ACCESS_WORKGROUP &&
            ir_type_packed_size(buffer->element, buffer->count, &bytes) && bytes > most)
            spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L018, &buffer->pos,
                       "buffer %s has %llu bytes, of at most %llu",
                       ir_name_text(lowering->program, buffer->name).text,
                       (unsigned long long)bytes, (unsigned long long)most);
    }
}

static void check_interface(struct spv_lowering *lowering)
{
    const struct vyre_target *target = lowering->target;
    const struct spv_facts *facts = &lowering->facts;
    const uint64_t buffers = (uint64_t)lowering->binding_count + can_fault(lowering);
    if (buffers > target->max_storage_buffers)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L010, NULL,
                   "the module binds %llu storage buffers%s, of at most %u",
                   (unsigned long long)buffers,
                   can_fault(lowering) ? ", one of them for the fault record" : "",
                   target->max_storage_buffers);
    const uint64_t bytes = 4 * ((uint64_t)lowering->binding_count + facts->param_count);
    if (bytes > target->max_push_bytes)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L011, NULL,
                   "the module takes %llu bytes of push constants, of at most %u",
                   (unsigned long long)bytes, target->max_push_bytes);
    lowering->push_words = (uint32_t)(bytes / 4);
}

static void check_flow(struct spv_lowering *lowering)
{
    struct spv_flow_offence offence;
    if (spv_flow_find(&lowering->flow, &lowering->arena, lowering->program, &lowering->facts,
                      &offence))
        lowering->writer.status = VYRE_ERR_NO_MEMORY;
    else if (offence.subgroup)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L020, offence.pos,
                   "this subgroup operation is not in provably uniform control flow");
    else if (offence.pos)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L005, offence.pos,
                   "this barrier is not in provably uniform control flow");
}

static enum vyre_result current_status(const struct spv_lowering *lowering)
{
    return lowering->status ? lowering->status : lowering->writer.status;
}

static void find_filled(struct spv_lowering *lowering)
{
    if (current_status(lowering) || lowering->no_optimize)
        return;
    if (spv_find_filled(lowering->program, &lowering->flow, &lowering->arena, &lowering->facts))
        lowering->writer.status = VYRE_ERR_NO_MEMORY;
}

static void check_copies(struct spv_lowering *lowering)
{
    struct spv_copy_offence offence;
    if (spv_copies_plan(lowering->program, &lowering->facts, &lowering->arena, &lowering->copies,
                        &offence))
        lowering->writer.status = VYRE_ERR_NO_MEMORY;
    else if (offence.node)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, offence.code, &offence.node->pos, "%s",
                   offence.what);
}

// ---- Lowering ---------------------------------------------------------------------------------

// Whether anybody can tell in which order invocations of a dispatch access a buffer: it is written,
// and also read, or written again behind a barrier; or atomics order even what one statement does
// in two invocations.
static bool carries_data(const struct spv_facts *facts, const struct spv_buffer_facts *use,
                         const struct spv_buffer *state)
{
    return use->updated || (use->stored && (use->loaded || use->restored || state->shared_words ||
                                            facts->atomics_order));
}

// Which buffers carry data between invocations, or from another agent, while the kernel runs. A
// buffer that the program declares as constant does not, unless an atomic load says otherwise.
static void plan_buffers(struct spv_lowering *lowering)
{
    const struct vyre_program *program = lowering->program;
    const struct spv_facts *facts = &lowering->facts;
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        const struct spv_buffer_facts *use = &facts->buffers[i];
        struct spv_buffer *state = &lowering->buffers[i];
        state->stride = (uint32_t)u64_min(ir_type_stride(buffer->element), UINT32_MAX);
        state->unit = 4;
        state->shared_words = state->stride % 4 != 0 && (use->stored || use->updated);
        if (buffer->access == VYRE_ACCESS_WORKGROUP) {
            state->binding = UINT32_MAX;
            state->words = (uint32_t)u64_min(spv_workgroup_words(buffer), UINT32_MAX);
            state->non_private = facts->workgroup_invocations > 1;
            continue;
        }
        bool writable = buffer->access == VYRE_ACCESS_READ_WRITE ||
                        buffer->access == VYRE_ACCESS_WRITE_ONLY || use->stored || use->updated;
        state->binding = lowering->binding_count++;
        if (state->stride % 4 == 2 && lowering->target->storage_16bit && !use->copied)
            state->unit = 2;
        if (state->stride % 2 == 1 && lowering->target->storage_8bit && !use->copied)
            state->unit = 1;
        state->non_private =
            use->external || (facts->communicates && writable &&
                              (facts->external || carries_data(facts, use, state)));
        lowering->shares_buffers |= state->non_private;
    }
}

static enum vyre_result prepare(struct spv_lowering *lowering)
{
    const struct vyre_program *program = lowering->program;
    struct arena *arena = &lowering->arena;
    if (spv_facts_init(&lowering->facts, arena, program, lowering->target, lowering->loop_budget,
                       lowering->explain != NULL, lowering->lanes))
        return VYRE_ERR_NO_MEMORY;
    lowering->locals = arena_array(arena, program->name_count, sizeof *lowering->locals);
    lowering->buffers = arena_array(arena, program->buffer_count, sizeof *lowering->buffers);
    if (lowering->facts.has_subgroup)
        lowering->passed =
            arena_array(arena, program->name_count, SPV_MOST_WORDS * sizeof *lowering->passed);
    if (lowering->facts.has_copies)
        lowering->open_copies =
            arena_array(arena, program->name_count, sizeof *lowering->open_copies);
    if (arena->failed)
        return VYRE_ERR_NO_MEMORY;
    plan_buffers(lowering);
    check_workgroup(lowering);
    check_interface(lowering);
    check_sizes(lowering);
    check_flow(lowering);
    check_copies(lowering);
    find_filled(lowering);
    if (current_status(lowering))
        return current_status(lowering);
    lowering->push_values =
        arena_array(arena, lowering->push_words + VYRE_MODULE_MOST_DERIVED, sizeof(uint32_t));
    return lowering->push_values ? VYRE_OK : VYRE_ERR_NO_MEMORY;
}

static void describe(const struct spv_lowering *lowering, struct vyre_module_binding *bindings,
                     struct vyre_module_info *out)
{
    const struct vyre_program *program = lowering->program;
    const struct spv_facts *facts = &lowering->facts;
    *out = (struct vyre_module_info){
        .workgroup_memory = (uint32_t)facts->workgroup_bytes, // within a 32-bit limit by now
        .bindings = bindings,
        .binding_count = lowering->binding_count,
        .param_count = facts->param_count,
        .derived_count = lowering->derived_count,
        .term_count = lowering->terms.count,
        .push_bytes = 4 * (lowering->push_words + lowering->derived_count),
        .subgroup_size = facts->full_subgroup,
        .fault_binding = can_fault(lowering) ? lowering->binding_count : UINT32_MAX,
    };
    memcpy(out->workgroup_size, program->workgroup, sizeof out->workgroup_size);
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        if (buffer->access == VYRE_ACCESS_WORKGROUP)
            continue;
        bindings[lowering->buffers[i].binding] = (struct vyre_module_binding){
            .binding = lowering->buffers[i].binding,
            .buffer = i,
            .stride = (uint32_t)u64_min(ir_type_stride(buffer->element), UINT32_MAX),
            .writable = buffer->access == VYRE_ACCESS_READ_WRITE ||
                        buffer->access == VYRE_ACCESS_WRITE_ONLY,
        };
    }
}

static enum vyre_result check_nesting(struct spv_lowering *lowering, const uint32_t *words,
                                      size_t count)
{
    uint64_t deepest;
    if (!spv_deepest_nest(&lowering->arena, words, count, &deepest))
        return VYRE_ERR_NO_MEMORY;
    if (deepest <= lowering->target->nesting_limit)
        return VYRE_OK;
    spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L025, NULL,
               "%" PRIu64 " branches around each other, with what follows returns, of at most %u",
               deepest, lowering->target->nesting_limit);
    return lowering->status;
}

static enum vyre_result lower_program(struct spv_lowering *lowering, struct vyre_module **out)
{
    enum vyre_result result = prepare(lowering);
    if (result)
        return result;
    enum { WORDS_OF_A_PART = 8 }; // of programs with some of everything
    spv_writer_expect(&lowering->writer, lowering->program->parts * WORDS_OF_A_PART);
    spv_interface_init(lowering);
    spv_leave_beyond(lowering);
    const struct spv_frame frame = spv_frame_begin(lowering);
    spv_zero_workgroup_memory(lowering);
    lowering->at_end = true;
    spv_body(lowering, &lowering->program->entry, SPV_LIST_ENTRY);
    spv_frame_end(lowering, &frame);
    if (lowering->status)
        return lowering->status;
    uint32_t *words = NULL;
    size_t count;
    result = spv_interface_finish(lowering, &words, &count);
    if (result == VYRE_ERR_LIMIT) {
        lowering->writer.status = VYRE_OK; // so that it may be told
        spv_refuse(lowering, result, DIAG_L012, NULL,
                   "the module needs more than %d ids or an instruction of more than 65535 words",
                   SPV_ID_LIMIT);
    }
    if (!result && lowering->target->nesting_limit)
        result = check_nesting(lowering, words, count);
    if (result) {
        memory_free(words);
        return result;
    }
    struct vyre_module_binding *bindings = memory_calloc(lowering->binding_count, sizeof *bindings);
    struct vyre_module_term *terms = memory_calloc(lowering->terms.count, sizeof *terms);
    if (!bindings || !terms) {
        memory_free(words);
        memory_free(bindings);
        memory_free(terms);
        return VYRE_ERR_NO_MEMORY;
    }
    if (lowering->terms.count)
        memcpy(terms, lowering->terms.items, lowering->terms.count * sizeof *terms);
    struct vyre_module_info info;
    describe(lowering, bindings, &info);
    result = spv_module_create(words, count, bindings, terms, &info, out);
    if (!result && lowering->explain)
        result = spv_tell_checks(lowering);
    if (result)
        vyre_module_destroy(out);
    return result;
}

static enum vyre_result lower_as_it_is(const struct vyre_program *program,
                                       const struct vyre_compile_params *params,
                                       const struct spv_trial *trial,
                                       const struct vyre_diag_sink *diag, struct vyre_module **out)
{
    struct vyre_target portable;
    vyre_target_default(&portable);
    struct spv_lowering lowering = {
        .program = program,
        .target = params->target ? params->target : &portable,
        .diag = diag,
        .no_optimize = params->no_optimize,
        .debug_info = params->debug_info,
        .registry = params->registry,
        .capabilities = params->capabilities,
        .capability_count = params->capability_count,
        .loop_budget = params->loop_budget,
        .float_mode = params->float_mode,
        .recheck = trial->recheck,
        .lanes = trial->lanes ? trial->lanes : SPV_SUBGROUP,
        .explain = params->explain,
        .writer = { .next_id = 1 },
        .at = SPV_BODY,
    };
    enum vyre_result result = lower_program(&lowering, out);
    spv_facts_fini(&lowering.facts);
    spv_library_fini(&lowering.library);
    spv_writer_fini(&lowering.writer);
    array_fini(&lowering.checks);
    arena_fini(&lowering.arena);
    return result;
}

static enum vyre_result optimize_and_lower(const struct vyre_program *program,
                                           const struct vyre_compile_params *params,
                                           const struct spv_trial *trial, struct vyre_module **out)
{
    if (params->no_optimize)
        return lower_as_it_is(program, params, trial, params->diag, out);
    struct vyre_program *optimized = NULL;
    enum vyre_result result = ir_optimize(program, params->hook, &optimized);
    if (!result)
        result = lower_as_it_is(optimized, params, trial, NULL, out);
    vyre_program_destroy(&optimized);
    // A refusal names places of the program as its author wrote it; and no pass decides whether a
    // program compiles.
    if (result && result != VYRE_ERR_NO_MEMORY)
        result = lower_as_it_is(program, params, trial, params->diag, out);
    return result;
}

enum vyre_result spv_lower_trial(const struct vyre_program *program,
                                 const struct vyre_compile_params *params,
                                 const struct spv_trial *trial, struct vyre_module **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!program)
        return VYRE_ERR_INVALID_ARGUMENT;
    static const struct vyre_compile_params none;
    if (!params)
        params = &none;
    if (spv_wants_paths(program, params))
        return spv_lower_with_paths(program, params, trial, out);
    if (!ir_find_collective(program))
        return optimize_and_lower(program, params, trial, out);
    // A device is one rank.
    const struct ir_node *several = ir_find_multi_rank(program);
    if (several) {
        const struct diag_place place = ir_place(program, several->pos);
        diag_report(params->diag, DIAG_L024, &place, "a collective of group %u, root %u",
                    several->group, several->root);
        return VYRE_ERR_UNSUPPORTED;
    }
    struct vyre_program *alone = NULL;
    enum vyre_result result = ir_lower_collectives(program, &alone);
    if (!result)
        result = optimize_and_lower(alone, params, trial, out);
    vyre_program_destroy(&alone);
    return result;
}

enum vyre_result spv_lower(const struct vyre_program *program,
                           const struct vyre_compile_params *params, struct vyre_module **out)
{
    static const struct spv_trial nothing;
    return spv_lower_trial(program, params, &nothing, out);
}

enum vyre_result spv_lower_rechecked(const struct vyre_program *program,
                                     const struct vyre_compile_params *params,
                                     const struct spv_recheck *recheck, struct vyre_module **out)
{
    return spv_lower_trial(program, params, &(const struct spv_trial){ .recheck = recheck }, out);
}

enum vyre_result vyre_compile(const struct vyre_program *program,
                              const struct vyre_compile_params *params, struct vyre_module **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!program)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct vyre_program *made = NULL;
    enum vyre_result result = spv_prepare(program, params, &made);
    if (result == VYRE_OK)
        result = spv_lower(made ? made : program, params, out);
    vyre_program_destroy(&made);
    return result;
}
