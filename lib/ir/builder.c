// SPDX-License-Identifier: MIT
// The life of a builder, its errors, and the head of the program.
#include "builder.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "ir/tables.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool ir_builder_begin(struct vyre_builder *builder, const char *call)
{
    builder->calls++;
    builder->call = call;
    if (builder->finished)
        ir_builder_error(builder, DIAG_B004, "the program is finished");
    return !builder->failed && !builder->draft.failed;
}

void ir_builder_error(struct vyre_builder *builder, enum diag_code code, const char *format, ...)
{
    if (builder->failed)
        return;
    builder->failed = true;
    builder->code = code;
    int used = snprintf(builder->text, sizeof builder->text,
                        "call %llu, %s: ", (unsigned long long)builder->calls, builder->call);
    va_list args;
    va_start(args, format);
    vsnprintf(builder->text + used, sizeof builder->text - (size_t)used, format, args);
    va_end(args);
}

ir_name ir_builder_name(struct vyre_builder *builder, const char *name)
{
    if (!name) {
        ir_builder_error(builder, DIAG_B004, "a name is NULL");
        return 0;
    }
    if (!utf8_valid(name, strlen(name))) {
        ir_builder_error(builder, DIAG_B004, "a name is not UTF-8");
        return 0;
    }
    return ir_draft_cname(&builder->draft, name);
}

struct ir_expr *ir_builder_use(struct vyre_builder *builder, vyre_expr expr, uint32_t *height)
{
    if (expr == 0 || expr > builder->exprs.count) {
        ir_builder_error(builder, DIAG_B001, "there is no expression %u", expr);
        return NULL;
    }
    struct builder_expr *entry = &builder->exprs.items[expr - 1];
    if (entry->used) {
        ir_builder_error(builder, DIAG_B002, "expression %u is used already", expr);
        return NULL;
    }
    entry->used = true;
    if (entry->height > *height)
        *height = entry->height;
    if (entry->height + builder->frames.count > BUILDER_DEEPEST) {
        ir_builder_error(builder, DIAG_B005, "more than %d blocks and operators are nested",
                         BUILDER_DEEPEST);
        return NULL;
    }
    return entry->expr;
}

void ir_builder_add(struct vyre_builder *builder, struct ir_node *node)
{
    if (builder->failed || builder->draft.failed)
        return;
    struct builder_frame *frame = &builder->frames.items[builder->frames.count - 1];
    ir_nodes_add(&builder->draft, &frame->nodes, node);
}

// ---- Life ---------------------------------------------------------------------------------------

enum vyre_result vyre_builder_create(struct vyre_builder **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    struct vyre_builder *builder = memory_calloc(1, sizeof *builder);
    if (!builder)
        return VYRE_ERR_NO_MEMORY;
    struct builder_frame program = { 0 };
    if (!ir_draft_init(&builder->draft) || !array_push(&builder->frames, program)) {
        vyre_builder_destroy(&builder);
        return VYRE_ERR_NO_MEMORY;
    }
    *out = builder;
    return VYRE_OK;
}

void vyre_builder_destroy(struct vyre_builder **builder)
{
    struct vyre_builder *dropped = *builder;
    *builder = NULL;
    if (!dropped)
        return;
    for (size_t i = 0; i < dropped->frames.count; i++)
        ir_nodes_fini(&dropped->frames.items[i].nodes);
    array_fini(&dropped->frames);
    array_fini(&dropped->exprs);
    array_fini(&dropped->types);
    ir_draft_fini(&dropped->draft);
    memory_free(dropped);
}

enum vyre_result vyre_builder_finish(struct vyre_builder *builder,
                                     const struct vyre_diag_sink *diag, struct vyre_program **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!builder)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (ir_builder_begin(builder, "vyre_builder_finish") && builder->frames.count != 1)
        ir_builder_error(builder, DIAG_B003, "%zu blocks are not ended", builder->frames.count - 1);
    builder->finished = true;
    if (builder->failed) {
        diag_report(diag, builder->code, NULL, "%s", builder->text);
        return builder->code == DIAG_B005 ? VYRE_ERR_LIMIT : VYRE_ERR_INVALID_ARGUMENT;
    }
    struct ir_body entry = ir_nodes_take(&builder->draft, &builder->frames.items[0].nodes);
    return ir_draft_finish(&builder->draft, entry, true, out);
}

// ---- The head of the program --------------------------------------------------------------------

void vyre_builder_workgroup(struct vyre_builder *builder, uint32_t x, uint32_t y, uint32_t z)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    const uint32_t size[3] = { x, y, z };
    memcpy(builder->draft.program->workgroup, size, sizeof size);
}

void vyre_builder_entry_op(struct vyre_builder *builder, const char *id)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    builder->draft.program->has_entry_op = true;
    builder->draft.program->entry_op = ir_builder_name(builder, id);
}

void vyre_builder_noncomposable(struct vyre_builder *builder)
{
    if (ir_builder_begin(builder, __func__))
        builder->draft.program->non_composable = true;
}

void vyre_builder_buffer(struct vyre_builder *builder, const struct vyre_buffer_decl *decl)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    uint32_t height = 0;
    const struct ir_type *element = ir_builder_type(builder, decl->element, &height);
    ir_name name = ir_builder_name(builder, decl->name);
    if (!ir_access_spelling(decl->access) ||
        (decl->has_kind && !ir_memory_kind_spelling(decl->kind)) ||
        (decl->has_locality && !ir_locality_spelling(decl->locality)))
        ir_builder_error(builder, DIAG_B004, "the access, kind or locality is no enumerator");
    if (builder->failed)
        return;
    uint32_t binding = decl->access == VYRE_ACCESS_WORKGROUP ? 0 : decl->binding;
    struct ir_buffer buffer = ir_buffer_defaults(name, binding, decl->access, element);
    buffer.count = decl->count;
    buffer.is_output = decl->is_output;
    buffer.live_out = decl->is_live_out;
    buffer.has_range = decl->has_range;
    buffer.range_start = decl->has_range ? decl->range_start : 0;
    buffer.range_end = decl->has_range ? decl->range_end : 0;
    if (decl->has_kind)
        buffer.kind = (uint8_t)decl->kind;
    if (decl->has_locality)
        buffer.locality = (uint8_t)decl->locality;
    buffer.has_axis = decl->has_axis;
    buffer.axis = decl->has_axis ? decl->axis : 0;
    buffer.alignment = decl->alignment;
    ir_draft_buffer(&builder->draft, &buffer);
}
