// SPDX-License-Identifier: MIT
// Types of a builder.
#include "builder.h"

#include "ir/tables.h"

const struct ir_type *ir_builder_type(struct vyre_builder *builder, vyre_type type,
                                      uint32_t *height)
{
    enum ir_type_kind kind;
    if (type < BUILDER_FIRST_TYPE) {
        if (ir_type_from_tag((uint8_t)type, &kind) && !ir_type_has_parameters(kind))
            return ir_type_scalar(kind);
    } else if (type - BUILDER_FIRST_TYPE < builder->types.count) {
        const struct ir_builder_type *entry = &builder->types.items[type - BUILDER_FIRST_TYPE];
        *height = entry->height;
        return entry->type;
    }
    ir_builder_error(builder, DIAG_B006, "there is no type %u", type);
    return NULL;
}

static vyre_type keep(struct vyre_builder *builder, const struct ir_type *type, uint32_t height)
{
    if (builder->failed)
        return 0;
    if (height > BUILDER_DEEPEST_TYPE) {
        ir_builder_error(builder, DIAG_B005, "more than %d types are nested", BUILDER_DEEPEST_TYPE);
        return 0;
    }
    struct ir_builder_type entry = { ir_draft_type(&builder->draft, type), height };
    if (!entry.type || builder->types.count >= UINT32_MAX - BUILDER_FIRST_TYPE ||
        !array_push(&builder->types, entry)) {
        builder->draft.failed = true;
        return 0;
    }
    return BUILDER_FIRST_TYPE + (vyre_type)builder->types.count - 1;
}

// A type around another one.
static vyre_type around(struct vyre_builder *builder, struct ir_type type, vyre_type element)
{
    uint32_t height = 0;
    type.element = ir_builder_type(builder, element, &height);
    return keep(builder, &type, height + 1);
}

static void copy_dims(struct vyre_builder *builder, struct ir_type *type, const uint32_t *dims,
                      uint32_t count)
{
    if (!dims && count) {
        ir_builder_error(builder, DIAG_B004, "the dimensions are NULL");
        return;
    }
    type->dim_count = count;
    if (!count)
        return;
    type->dims = arena_copy(&builder->draft.program->arena, dims, (size_t)count * sizeof *dims);
    if (!type->dims)
        builder->draft.failed = true;
}

vyre_type vyre_builder_type_array(struct vyre_builder *builder, uint64_t element_bytes)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return keep(builder, &(struct ir_type){ .kind = IR_TYPE_ARRAY, .size = element_bytes }, 1);
}

vyre_type vyre_builder_type_handle(struct vyre_builder *builder, uint32_t id)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return keep(builder, &(struct ir_type){ .kind = IR_TYPE_HANDLE, .id = id }, 1);
}

vyre_type vyre_builder_type_opaque(struct vyre_builder *builder, uint32_t extension)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return keep(builder, &(struct ir_type){ .kind = IR_TYPE_OPAQUE, .id = extension }, 1);
}

vyre_type vyre_builder_type_vec(struct vyre_builder *builder, vyre_type element, uint8_t lanes)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return around(builder, (struct ir_type){ .kind = IR_TYPE_VEC, .lanes = lanes }, element);
}

vyre_type vyre_builder_type_tensor(struct vyre_builder *builder, vyre_type element,
                                   const uint32_t *dims, uint32_t dim_count)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    struct ir_type type = { .kind = IR_TYPE_TENSOR_SHAPED };
    copy_dims(builder, &type, dims, dim_count);
    return around(builder, type, element);
}

vyre_type vyre_builder_type_sparse_csr(struct vyre_builder *builder, vyre_type element)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return around(builder, (struct ir_type){ .kind = IR_TYPE_SPARSE_CSR }, element);
}

vyre_type vyre_builder_type_sparse_coo(struct vyre_builder *builder, vyre_type element)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return around(builder, (struct ir_type){ .kind = IR_TYPE_SPARSE_COO }, element);
}

vyre_type vyre_builder_type_sparse_bsr(struct vyre_builder *builder, vyre_type element,
                                       uint32_t rows, uint32_t columns)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    struct ir_type type = { .kind = IR_TYPE_SPARSE_BSR, .id = rows, .id2 = columns };
    return around(builder, type, element);
}

vyre_type vyre_builder_type_mesh(struct vyre_builder *builder, const uint32_t *axes,
                                 uint32_t axis_count)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    struct ir_type type = { .kind = IR_TYPE_DEVICE_MESH };
    copy_dims(builder, &type, axes, axis_count);
    return keep(builder, &type, 1);
}

vyre_type vyre_builder_type_quantized(struct vyre_builder *builder, vyre_type storage,
                                      enum vyre_quant_scale scale, uint32_t scale_parameter,
                                      enum vyre_quant_zero zero, uint32_t zero_parameter)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    if (!ir_quant_scale_spelling(scale) || !ir_quant_zero_spelling(zero))
        ir_builder_error(builder, DIAG_B004, "the scale or the zero point is no enumerator");
    struct ir_type type = {
        .kind = IR_TYPE_QUANTIZED,
        .scale_tag = (uint8_t)scale,
        .zero_tag = (uint8_t)zero,
        .id = scale_parameter,
        .id2 = zero_parameter,
    };
    return around(builder, type, storage);
}
