// SPDX-License-Identifier: MIT
#include "arguments.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"
#include "ir/grid.h"
#include "ir/place.h"

#include <stdio.h>

// What a diagnostic about an argument points at: the declaration of its buffer.
struct spot {
    struct diag_place place;
    char path[24];
};

static const struct diag_place *spot_of(const struct vyre_program *program, uint32_t buffer,
                                        struct spot *spot)
{
    snprintf(spot->path, sizeof spot->path, "buffers[%u]", buffer);
    spot->place = ir_place(program, program->buffers[buffer].pos);
    spot->place.path = spot->path;
    return &spot->place;
}

static const char *name_of(const struct vyre_program *program, const struct ir_buffer *buffer)
{
    return ir_name_text(program, buffer->name).text;
}

static bool is_argument(const struct ir_buffer *buffer)
{
    return buffer->access != VYRE_ACCESS_WORKGROUP;
}

static bool is_written(const struct ir_buffer *buffer)
{
    return buffer->access == VYRE_ACCESS_READ_WRITE || buffer->access == VYRE_ACCESS_WRITE_ONLY;
}

// ---- One argument -------------------------------------------------------------------------------

static enum vyre_result place(const struct vyre_argument *argument, const char *name,
                              const struct diag_place *where, const struct vyre_diag_sink *diag,
                              struct kernel_range *out)
{
    if (!argument->buffer) {
        diag_report(diag, DIAG_K001, where, "argument '%s' has no buffer", name);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    uint64_t total = vyre_buffer_size(argument->buffer);
    if (argument->offset % KERNEL_OFFSET_ALIGNMENT || argument->offset > total ||
        argument->size > total - argument->offset) {
        diag_report(diag, DIAG_K001, where,
                    "argument '%s': %llu bytes at offset %llu of a buffer of %llu bytes; the range "
                    "must lie inside, and the offset be a multiple of %d",
                    name, (unsigned long long)argument->size, (unsigned long long)argument->offset,
                    (unsigned long long)total, KERNEL_OFFSET_ALIGNMENT);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    *out = (struct kernel_range){
        .buffer = argument->buffer,
        .offset = argument->offset,
        .size = argument->size ? argument->size : total - argument->offset,
    };
    return VYRE_OK;
}

static enum vyre_result check_size(const struct ir_buffer *buffer, const char *name,
                                   const struct diag_place *where, uint64_t max_range,
                                   const struct vyre_diag_sink *diag,
                                   const struct kernel_range *range)
{
    uint64_t declared = 0; // small elements are packed
    const bool sized = ir_type_packed_size(buffer->element, buffer->count, &declared);
    if (buffer->count && !sized) {
        diag_report_fix(diag, DIAG_K002, where,
                        "declare the buffer without a count, or with elements that have a size",
                        "argument '%s': %u elements of %s are declared, which have no size, so no "
                        "buffer is known to hold them",
                        name, buffer->count, buffer->element_spelling);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    if (buffer->count && range->size < declared) {
        diag_report(diag, DIAG_K002, where,
                    "argument '%s' has %llu bytes; %u elements of %llu bytes in all are declared",
                    name, (unsigned long long)range->size, buffer->count,
                    (unsigned long long)declared);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    // Byte lengths travel to the device as u32.
    if (range->size > u64_min(max_range, UINT32_MAX)) {
        diag_report(diag, DIAG_K004, where, "argument '%s' has %llu bytes; the device binds %llu",
                    name, (unsigned long long)range->size,
                    (unsigned long long)u64_min(max_range, UINT32_MAX));
        return VYRE_ERR_LIMIT;
    }
    return VYRE_OK;
}

// ---- All of them --------------------------------------------------------------------------------

// The language knows no aliasing: the interpreter gives every buffer its own memory, and the
// compiler tells the driver the same. Two buffer objects that import the same host pages are beyond
// what can be seen here.
static bool overlap(const struct kernel_range *a, const struct kernel_range *b)
{
    return a->buffer && a->buffer == b->buffer && a->offset < b->offset + b->size &&
           b->offset < a->offset + a->size;
}

static enum vyre_result check_overlap(const struct vyre_program *program,
                                      const struct kernel_range *ranges,
                                      const struct vyre_diag_sink *diag)
{
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct ir_buffer *first = &program->buffers[j];
            const struct ir_buffer *second = &program->buffers[i];
            if (!overlap(&ranges[i], &ranges[j]) || !(is_written(first) || is_written(second)))
                continue;
            struct spot spot;
            diag_report(diag, DIAG_K003, spot_of(program, i, &spot),
                        "arguments '%s' and '%s' overlap, and the program may write to '%s'",
                        name_of(program, first), name_of(program, second),
                        name_of(program, is_written(first) ? first : second));
            return VYRE_ERR_INVALID_ARGUMENT;
        }
    }
    return VYRE_OK;
}

enum vyre_result kernel_arguments_check(const struct vyre_program *program, uint64_t max_range,
                                        const struct vyre_dispatch_params *params,
                                        struct kernel_range *ranges)
{
    size_t expected = 0;
    for (uint32_t i = 0; i < program->buffer_count; i++)
        expected += is_argument(&program->buffers[i]);
    if (params->argument_count != expected || (expected && !params->arguments)) {
        diag_report(params->diag, DIAG_K001, NULL, "%zu arguments; the kernel has %zu",
                    params->arguments ? params->argument_count : 0, expected);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    const struct vyre_argument *next = params->arguments;
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        ranges[i] = (struct kernel_range){ .size = 0 };
        if (!is_argument(buffer))
            continue;
        const char *name = name_of(program, buffer);
        struct spot spot;
        const struct diag_place *where = params->diag ? spot_of(program, i, &spot) : NULL;
        enum vyre_result result = place(next++, name, where, params->diag, &ranges[i]);
        if (!result)
            result = check_size(buffer, name, where, max_range, params->diag, &ranges[i]);
        if (result)
            return result;
    }
    return check_overlap(program, ranges, params->diag);
}

// ---- Grid ---------------------------------------------------------------------------------------

static enum vyre_result infer(const struct vyre_program *program, const struct kernel_range *ranges,
                              const struct vyre_diag_sink *diag, uint32_t grid[3])
{
    uint64_t *sizes = memory_calloc(program->buffer_count, sizeof *sizes);
    if (!sizes)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < program->buffer_count; i++)
        sizes[i] = ranges[i].size;
    bool inferred = ir_grid_infer(program, sizes, grid);
    memory_free(sizes);
    if (inferred)
        return VYRE_OK;
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        struct spot spot;
        if (!is_argument(buffer) || ir_type_stride(buffer->element))
            continue;
        diag_report(diag, DIAG_K006, spot_of(program, i, &spot), "elements of %s have no size",
                    buffer->element_spelling);
        return VYRE_ERR_UNSUPPORTED;
    }
    diag_report(diag, DIAG_K006, NULL, "the element type of a buffer has no size");
    return VYRE_ERR_UNSUPPORTED;
}

enum vyre_result kernel_grid_decide(const struct vyre_program *program, const uint32_t max_grid[3],
                                    const struct vyre_dispatch_params *params,
                                    const struct kernel_range *ranges, uint32_t grid[3])
{
    const uint32_t *given = params->grid;
    unsigned zeros = !given[0] + !given[1] + !given[2];
    enum vyre_result result = VYRE_OK;
    if (zeros == 3)
        result = infer(program, ranges, params->diag, grid);
    else
        for (unsigned axis = 0; axis < 3; axis++)
            grid[axis] = given[axis];
    if (result)
        return result;
    const struct diag_place where = ir_place(program, program->workgroup_pos);
    if (zeros && zeros < 3) {
        diag_report_fix(params->diag, DIAG_K005, &where,
                        "give each axis at least 1 workgroup, or 0 to all three, which derives the "
                        "grid from the buffers",
                        "a grid of %u x %u x %u workgroups has none", given[0], given[1], given[2]);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    for (unsigned axis = 0; axis < 3; axis++) {
        if (grid[axis] <= max_grid[axis])
            continue;
        diag_report(params->diag, DIAG_K005, &where,
                    "%s grid of %u x %u x %u workgroups; the device takes %u x %u x %u",
                    zeros ? "the sizes of the buffers give a" : "a", grid[0], grid[1], grid[2],
                    max_grid[0], max_grid[1], max_grid[2]);
        return VYRE_ERR_LIMIT;
    }
    return VYRE_OK;
}
