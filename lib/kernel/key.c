// SPDX-License-Identifier: MIT
#include "key.h"

#include "base/blake3.h"
#include <vyre/version.h>

#include <string.h>

_Static_assert((int)BLAKE3_SIZE == (int)CACHE_KEY_SIZE, "a cache key is one BLAKE3 hash");

// Values go in as 8 bytes, texts and bytes with their length, children with their number, absent
// things as a mark: no two different programs give the same bytes.
static void add_u64(struct blake3 *hash, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    blake3_update(hash, bytes, sizeof bytes);
}

static void add_bytes(struct blake3 *hash, const void *bytes, size_t size)
{
    add_u64(hash, size);
    if (size)
        blake3_update(hash, bytes, size);
}

// By text: numbers of names depend on the order in which a program was made.
static void add_name(struct blake3 *hash, const struct vyre_program *program, ir_name name)
{
    struct ir_text text = ir_name_text(program, name);
    add_bytes(hash, text.text, text.size);
}

static void add_type(struct blake3 *hash, const struct ir_type *type)
{
    add_u64(hash, type != NULL);
    if (!type)
        return;
    add_u64(hash, type->kind);
    add_u64(hash, type->lanes);
    add_u64(hash, type->scale_tag);
    add_u64(hash, type->zero_tag);
    add_u64(hash, type->id);
    add_u64(hash, type->id2);
    add_u64(hash, type->size);
    add_u64(hash, type->dim_count);
    for (uint32_t i = 0; i < type->dim_count; i++)
        add_u64(hash, type->dims[i]);
    add_type(hash, type->element);
}

static void add_expr(struct blake3 *hash, const struct vyre_program *program,
                     const struct ir_expr *expr)
{
    add_u64(hash, expr != NULL);
    if (!expr)
        return;
    add_u64(hash, expr->kind);
    add_u64(hash, expr->op);
    add_u64(hash, expr->ordering);
    add_u64(hash, expr->ext);
    add_u64(hash, expr->has_expected);
    const bool foreign = ir_expr_is_foreign(expr);
    add_u64(hash, foreign ? 0 : expr->bits);
    add_name(hash, program, expr->name);
    add_type(hash, foreign ? NULL : expr->type);
    add_bytes(hash, foreign ? expr->payload : NULL, foreign ? expr->payload_size : 0);
    add_u64(hash, expr->kid_count);
    for (uint32_t i = 0; i < expr->kid_count; i++)
        add_expr(hash, program, expr->kids[i]);
}

static void add_body(struct blake3 *hash, const struct vyre_program *program,
                     const struct ir_body *body);

static void add_node(struct blake3 *hash, const struct vyre_program *program,
                     const struct ir_node *node)
{
    add_u64(hash, node->kind);
    add_u64(hash, node->ordering);
    add_u64(hash, node->op);
    add_u64(hash, node->ext);
    add_u64(hash, node->has_source);
    add_name(hash, program, node->name);
    add_name(hash, program, node->name2);
    add_name(hash, program, node->tag);
    add_u64(hash, node->group);
    add_u64(hash, node->root);
    add_u64(hash, node->offset);
    add_expr(hash, program, node->a);
    add_expr(hash, program, node->b);
    add_body(hash, program, &node->body);
    add_body(hash, program, &node->otherwise);
    add_bytes(hash, node->payload, node->payload_size);
}

static void add_body(struct blake3 *hash, const struct vyre_program *program,
                     const struct ir_body *body)
{
    add_u64(hash, body->count);
    for (uint32_t i = 0; i < body->count; i++)
        add_node(hash, program, body->nodes[i]);
}

static void add_shape(struct blake3 *hash, const struct ir_shape_predicate *shape)
{
    add_u64(hash, shape != NULL);
    if (!shape)
        return;
    add_u64(hash, (uint64_t)shape->kind);
    add_u64(hash, (uint64_t)shape->a);
    add_u64(hash, (uint64_t)shape->b);
    add_u64(hash, (uint64_t)shape->c);
    add_u64(hash, (uint64_t)shape->d);
    add_shape(hash, shape->left);
    add_shape(hash, shape->right);
}

static void add_buffer(struct blake3 *hash, const struct vyre_program *program,
                       const struct ir_buffer *buffer)
{
    add_name(hash, program, buffer->name);
    add_u64(hash, buffer->binding);
    add_u64(hash, buffer->access);
    add_u64(hash, buffer->kind);
    add_u64(hash, buffer->linear);
    add_u64(hash, buffer->is_output);
    add_u64(hash, buffer->live_out);
    add_u64(hash, buffer->has_range);
    add_u64(hash, buffer->bytes_extraction);
    add_u64(hash, buffer->has_axis);
    add_u64(hash, buffer->axis);
    add_u64(hash, buffer->locality);
    add_u64(hash, buffer->alignment);
    add_u64(hash, buffer->count);
    add_u64(hash, buffer->range_start);
    add_u64(hash, buffer->range_end);
    add_type(hash, buffer->element);
    add_shape(hash, buffer->shape);
}

static void add_program(struct blake3 *hash, const struct vyre_program *program)
{
    for (unsigned axis = 0; axis < 3; axis++)
        add_u64(hash, program->workgroup[axis]);
    add_u64(hash, program->non_composable);
    add_u64(hash, program->has_entry_op);
    add_name(hash, program, program->entry_op);
    add_u64(hash, program->buffer_count);
    for (uint32_t i = 0; i < program->buffer_count; i++)
        add_buffer(hash, program, &program->buffers[i]);
    add_body(hash, program, &program->entry);
}

// ---- Where things stand in their text, for modules that tell ----------------------------------

static void add_pos(struct blake3 *hash, struct ir_pos pos)
{
    add_u64(hash, (uint64_t)pos.line << 32 | pos.column);
}

static void add_expr_places(struct blake3 *hash, const struct ir_expr *expr)
{
    if (!expr)
        return;
    add_pos(hash, expr->pos);
    for (uint32_t i = 0; i < expr->kid_count; i++)
        add_expr_places(hash, expr->kids[i]);
}

static void add_body_places(struct blake3 *hash, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        add_pos(hash, node->pos);
        add_expr_places(hash, node->a);
        add_expr_places(hash, node->b);
        add_body_places(hash, &node->body);
        add_body_places(hash, &node->otherwise);
    }
}

static void add_places(struct blake3 *hash, const struct vyre_program *program)
{
    const char *name = program->source_name ? program->source_name : "";
    add_u64(hash, program->source_text != NULL);
    add_bytes(hash, name, strlen(name));
    add_body_places(hash, &program->entry);
}

// Field by field: padding is not part of a target, and `subgroup_size` decides nothing.
static void add_target(struct blake3 *hash, const struct vyre_target *target)
{
    add_u64(hash, (uint64_t)target->env);
    add_u64(hash, (uint64_t)target->memory_model);
    add_u64(hash, target->device_scope);
    add_u64(hash, target->int64);
    add_u64(hash, target->int16);
    add_u64(hash, target->int8);
    add_u64(hash, target->storage_16bit);
    add_u64(hash, target->storage_8bit);
    add_u64(hash, target->float16);
    add_u64(hash, target->float64);
    add_u64(hash, target->full_subgroup_size);
    add_u64(hash, target->subgroup_ops);
    for (unsigned axis = 0; axis < 3; axis++)
        add_u64(hash, target->max_workgroup_size[axis]);
    add_u64(hash, target->max_workgroup_invocations);
    add_u64(hash, target->max_workgroup_memory);
    add_u64(hash, target->max_storage_buffers);
    add_u64(hash, target->max_storage_range);
    add_u64(hash, target->max_push_bytes);
    add_u64(hash, target->loop_limit);
    add_u64(hash, target->fence_is_barrier);
    add_u64(hash, target->vector_width);
    add_u64(hash, target->nesting_limit);
    add_u64(hash, target->float_controls);
    add_u64(hash, target->exact_floats);
    add_u64(hash, target->hidden_floats);
}

// Every key starts with what it is for, so that keys of different purposes never meet.
static void begin(struct blake3 *hash, const char *purpose)
{
    blake3_init(hash);
    add_bytes(hash, purpose, strlen(purpose));
}

void kernel_key_module(const struct vyre_program *program, const struct vyre_target *target,
                       const struct vyre_kernel_params *params, struct cache_key *out)
{
    struct blake3 hash;
    const char *build = vyre_build_info();
    begin(&hash, "vyre module 5");
    add_bytes(&hash, build, strlen(build));
    add_target(&hash, target);
    add_u64(&hash, params->no_optimize);
    add_u64(&hash, params->debug_info);
    add_u64(&hash, params->loop_budget ? params->loop_budget : VYRE_DEFAULT_LOOP_BUDGET);
    add_u64(&hash, (uint64_t)params->float_mode);
    add_program(&hash, program);
    if (params->debug_info)
        add_places(&hash, program);
    blake3_final(&hash, out->bytes);
}

void kernel_key_pipeline(const struct cache_key *module, const uint8_t *identity,
                         size_t identity_size, struct cache_key *out)
{
    struct blake3 hash;
    begin(&hash, "vyre pipeline 1");
    add_bytes(&hash, module->bytes, sizeof module->bytes);
    add_bytes(&hash, identity, identity_size);
    blake3_final(&hash, out->bytes);
}

void kernel_key_probe(const uint8_t *identity, size_t identity_size, struct cache_key *out)
{
    struct blake3 hash;
    const char *build = vyre_build_info();
    begin(&hash, "vyre probes 5");
    add_bytes(&hash, build, strlen(build));
    add_bytes(&hash, identity, identity_size);
    blake3_final(&hash, out->bytes);
}
