// SPDX-License-Identifier: MIT
// The parts of a program that is split at its barriers of the grid: what each does with memory, its
// declarations, and the object that callers get (ir/grid_sync.h; grid_sync.c cuts the statements).
#include "grid_sync.h"

#include "base/memory.h"
#include "base/report.h"
#include "ir/grid.h"
#include "ir/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ir_grid_refuse(struct ir_grid_splitter *s, enum vyre_result result, int code,
                    const struct ir_node *node, const char *format, ...)
{
    if (s->result)
        return;
    s->result = result;
    if (!s->diag)
        return;
    char text[300], path[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct diag_place place = ir_place(s->from, node->pos);
    if (ir_node_path(s->from, node, path, sizeof path))
        place.path = path;
    diag_report(s->diag, (enum diag_code)code, &place, "%s", text);
}

// ---- Before the first part ----------------------------------------------------------------------

// Counts barriers and refuses those that not everybody passes exactly once.
static void count_syncs(struct ir_grid_splitter *s, const struct ir_body *body, bool branched)
{
    for (uint32_t i = 0; i < body->count && !s->result; i++) {
        const struct ir_node *node = body->nodes[i];
        const bool inside = branched || node->kind == IR_NODE_IF || node->kind == IR_NODE_LOOP;
        if (node->kind == IR_NODE_BARRIER && node->ordering == IR_ORDER_GRID_SYNC) {
            if (branched)
                ir_grid_refuse(s, VYRE_ERR_UNSUPPORTED, DIAG_F002, node,
                               "a barrier of the grid stands in %s", "an if or a loop");
            else if (++s->sync_count >= IR_GRID_MOST_PARTS)
                ir_grid_refuse(s, VYRE_ERR_LIMIT, DIAG_F007, node,
                               "the program has more than %d barriers of the grid",
                               IR_GRID_MOST_PARTS - 1);
        }
        count_syncs(s, &node->body, inside);
        count_syncs(s, &node->otherwise, inside);
    }
}

// Which names are lid.x wherever they are bound, and are never anything else.
static void find_lanes(struct ir_grid_splitter *s, bool *other, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_LET && node->a->kind == IR_EXPR_LOCAL_ID && node->a->op == 0)
            s->lane[node->name] = true;
        else if (node->kind == IR_NODE_LET || node->kind == IR_NODE_ASSIGN ||
                 node->kind == IR_NODE_LOOP)
            other[node->name] = true;
        find_lanes(s, other, &node->body);
        find_lanes(s, other, &node->otherwise);
    }
}

static bool prepare(struct ir_grid_splitter *s)
{
    const struct vyre_program *from = s->from;
    const size_t names = (size_t)from->name_count + 1;
    const size_t buffers = (size_t)from->buffer_count + 1;
    bool *other = memory_calloc(names, sizeof *other);
    s->buffer_of = memory_calloc(names, sizeof *s->buffer_of);
    s->started_by = memory_calloc(names, sizeof *s->started_by);
    s->lane = memory_calloc(names, sizeof *s->lane);
    s->needed = memory_calloc(names, sizeof *s->needed);
    s->written_by = memory_calloc(buffers, sizeof *s->written_by);
    s->access = memory_calloc(buffers, sizeof *s->access);
    const bool ready = other && s->buffer_of && s->started_by && s->lane && s->needed &&
                       s->written_by && s->access;
    if (ready) {
        for (uint32_t i = 0; i < from->buffer_count; i++)
            s->buffer_of[from->buffers[i].name] = i + 1;
        find_lanes(s, other, &from->entry);
        for (size_t i = 0; i < names; i++)
            s->lane[i] = s->lane[i] && !other[i];
    }
    memory_free(other);
    return ready;
}

// ---- Memory -------------------------------------------------------------------------------------

// Every dispatch begins with workgroup memory of zeros.
static void check_workgroup_memory(struct ir_grid_splitter *s)
{
    for (uint32_t i = 0; i < s->from->buffer_count && !s->result; i++) {
        const struct ir_buffer *buffer = &s->from->buffers[i];
        const struct ir_grid_access *access = &s->access[i];
        if (buffer->access == VYRE_ACCESS_WORKGROUP && access->read && s->written_by[i] &&
            access->covered != s->exits + 1)
            ir_grid_refuse(s, VYRE_ERR_UNSUPPORTED, DIAG_F004, access->reader,
                           "workgroup buffer '%.60s' is written before a barrier of the grid and "
                           "read after it",
                           ir_name_text(s->from, buffer->name).text);
    }
}

// The declaration of a buffer in a part that uses it.
static struct ir_buffer declare(const struct ir_grid_splitter *s, uint32_t index)
{
    struct ir_buffer buffer = s->from->buffers[index];
    const struct ir_grid_access *access = &s->access[index];
    buffer.has_range = false;
    buffer.range_start = buffer.range_end = 0;
    if ((ir_buffer_is_allocated(&buffer) && !s->written_by[index]) ||
        (buffer.access != VYRE_ACCESS_READ_WRITE && !ir_buffer_is_allocated(&buffer)))
        return buffer;
    buffer.is_output = false;
    buffer.live_out = false;
    buffer.access = access->needs_write ? VYRE_ACCESS_READ_WRITE : VYRE_ACCESS_READ_ONLY;
    if (buffer.kind == IR_MEMORY_GLOBAL && !access->needs_write)
        buffer.kind = IR_MEMORY_READONLY;
    return buffer;
}

// Leaves in the draft what the part uses, and tells later parts what it writes.
static uint32_t *take_buffers(struct ir_grid_splitter *s)
{
    const uint32_t count = s->from->buffer_count;
    uint32_t *indices = memory_calloc((size_t)count + 1, sizeof *indices);
    if (!indices || s->draft.buffers.count != count || !ir_draft_own_buffers(&s->draft)) {
        s->draft.failed = true;
        return indices;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!s->access[i].touched)
            continue;
        indices[kept] = i;
        s->draft.buffers.items[kept++] = declare(s, i);
    }
    s->draft.buffers.count = kept;
    for (uint32_t i = 0; i < count; i++)
        if (s->access[i].written)
            s->written_by[i] = s->part + 1;
    return indices;
}

// ---- Parts --------------------------------------------------------------------------------------

static void begin_part(struct ir_grid_splitter *s, uint32_t part)
{
    s->part = part;
    s->exits = 0;
    s->has_own = false;
    s->conflicts = false;
    memset(s->needed, 0, s->from->name_count * sizeof *s->needed);
    memset(s->access, 0, s->from->buffer_count * sizeof *s->access);
    ir_draft_derive(&s->draft, s->from);
    if (s->draft.program) {
        // Its loops and traps are numbered as the part has them.
        s->draft.program->loop_numbers = NULL;
        s->draft.program->trap_numbers = NULL;
    }
}

// A program that does nothing but wait is one part that does nothing.
static struct ir_body nothing(struct ir_grid_splitter *s)
{
    struct ir_nodes nodes = { 0 };
    const struct ir_body none = { NULL, 0 };
    ir_nodes_add(&s->draft, &nodes,
                 ir_region(&s->draft, ir_draft_cname(&s->draft, IR_ROOT_GENERATOR), none));
    return ir_nodes_take(&s->draft, &nodes);
}

static void make_part(struct ir_grid_splitter *s, uint32_t part, struct vyre_grid_split *split)
{
    begin_part(s, part);
    struct ir_body entry = ir_grid_cut(s);
    if (!s->result)
        check_workgroup_memory(s);
    if (s->result ||
        (!s->has_own && !s->draft.failed && (part < s->sync_count || split->count > 0))) {
        ir_draft_fini(&s->draft);
        return;
    }
    if (!s->has_own)
        entry = nothing(s);
    struct ir_grid_part *made = &split->parts[split->count++];
    made->buffers = take_buffers(s);
    s->result = ir_draft_finish(&s->draft, entry, false, &made->program);
}

static void split_program(struct ir_grid_splitter *s, struct vyre_grid_split *split)
{
    count_syncs(s, &s->from->entry, false);
    if (s->result)
        return;
    split->parts = memory_calloc((size_t)s->sync_count + 1, sizeof *split->parts);
    if (!split->parts || !prepare(s)) {
        s->result = VYRE_ERR_NO_MEMORY;
        return;
    }
    for (uint32_t part = 0; part <= s->sync_count && !s->result; part++)
        make_part(s, part, split);
}

// The program is its only part.
static enum vyre_result keep_whole(const struct vyre_program *program,
                                   struct vyre_grid_split *split)
{
    split->parts = memory_calloc(1, sizeof *split->parts);
    if (!split->parts)
        return VYRE_ERR_NO_MEMORY;
    struct ir_grid_part *part = split->parts;
    part->buffers = memory_calloc((size_t)program->buffer_count + 1, sizeof *part->buffers);
    if (!part->buffers)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < program->buffer_count; i++)
        part->buffers[i] = i;
    // Programs are immutable but for their reference count, which is atomic.
    part->program = vyre_program_ref((struct vyre_program *)program);
    split->count = 1;
    return VYRE_OK;
}

enum vyre_result ir_grid_split_whole(const struct vyre_program *program,
                                     struct vyre_grid_split **out)
{
    *out = memory_calloc(1, sizeof **out);
    enum vyre_result result = *out ? keep_whole(program, *out) : VYRE_ERR_NO_MEMORY;
    if (result)
        vyre_grid_split_destroy(out);
    return result;
}

enum vyre_result ir_split_grid_sync(const struct vyre_program *program,
                                    const struct vyre_diag_sink *diag, struct vyre_grid_split **out)
{
    struct ir_grid_splitter s = { .from = program, .diag = diag };
    struct vyre_grid_split *split = memory_calloc(1, sizeof *split);
    *out = NULL;
    if (!split)
        return VYRE_ERR_NO_MEMORY;
    if (ir_find_grid_sync(program))
        split_program(&s, split);
    else
        s.result = keep_whole(program, split);
    memory_free(s.buffer_of);
    memory_free(s.started_by);
    memory_free(s.lane);
    memory_free(s.needed);
    memory_free(s.written_by);
    memory_free(s.access);
    if (s.result)
        vyre_grid_split_destroy(&split);
    *out = split;
    return s.result;
}

// ---- For callers --------------------------------------------------------------------------------

enum vyre_result vyre_program_split_grid_sync(const struct vyre_program *program,
                                              const struct vyre_registry *registry,
                                              const struct vyre_diag_sink *diag,
                                              struct vyre_grid_split **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!program)
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = vyre_program_validate(
        program, vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                      .registry = registry, .diag = diag));
    return result ? result : ir_split_grid_sync(program, diag, out);
}

size_t vyre_grid_split_count(const struct vyre_grid_split *split)
{
    return split ? split->count : 0;
}

struct vyre_program *vyre_grid_split_program(const struct vyre_grid_split *split, size_t index)
{
    return split && index < split->count ? split->parts[index].program : NULL;
}

size_t vyre_grid_split_buffer(const struct vyre_grid_split *split, size_t index, size_t buffer)
{
    if (!split || index >= split->count || buffer >= split->parts[index].program->buffer_count)
        return SIZE_MAX;
    return split->parts[index].buffers[buffer];
}

void vyre_grid_split_destroy(struct vyre_grid_split **split)
{
    if (!split || !*split)
        return;
    struct vyre_grid_split *dropped = *split;
    *split = NULL;
    for (uint32_t i = 0; i < dropped->count; i++) {
        vyre_program_destroy(&dropped->parts[i].program);
        memory_free(dropped->parts[i].buffers);
    }
    memory_free(dropped->parts);
    memory_free(dropped);
}
