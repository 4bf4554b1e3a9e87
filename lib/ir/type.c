// SPDX-License-Identifier: MIT
// Facts about types (spec: ir.md, 1.4; semantics.md, 1.4 and 6.1). Types nest through `element`;
// everything here but the spelling walks that chain with a loop, so depth costs no stack.
#include "ir/model.h"
#include "ir/tables.h"

#include "base/size.h"
#include "base/str.h"

#include <string.h>

const struct ir_type ir_scalar_types[IR_TYPE_COUNT] = {
#define TYPE(id, ...) { .kind = IR_TYPE_##id },
#include "ir/type.def"
#undef TYPE
};

static bool dims_equal(const struct ir_type *a, const struct ir_type *b)
{
    return a->dim_count == b->dim_count &&
           (a->dim_count == 0 || memcmp(a->dims, b->dims, a->dim_count * sizeof(a->dims[0])) == 0);
}

static bool quantization_equal(const struct ir_type *a, const struct ir_type *b)
{
    // A parameter counts only where its tag has one.
    return a->scale_tag == b->scale_tag && a->zero_tag == b->zero_tag &&
           (a->scale_tag == IR_SCALE_PER_TENSOR || a->id == b->id) &&
           (a->zero_tag <= IR_ZERO_PER_TENSOR || a->id2 == b->id2);
}

bool ir_type_equal(const struct ir_type *a, const struct ir_type *b)
{
    while (a && b && a != b) {
        if (a->kind != b->kind)
            return false;
        switch ((enum ir_type_kind)a->kind) {
        case IR_TYPE_ARRAY: return a->size == b->size;
        case IR_TYPE_HANDLE:
        case IR_TYPE_OPAQUE: return a->id == b->id;
        case IR_TYPE_DEVICE_MESH: return dims_equal(a, b);
        case IR_TYPE_VEC:
            if (a->lanes != b->lanes)
                return false;
            break;
        case IR_TYPE_TENSOR_SHAPED:
            if (!dims_equal(a, b))
                return false;
            break;
        case IR_TYPE_SPARSE_BSR:
            if (a->id != b->id || a->id2 != b->id2)
                return false;
            break;
        case IR_TYPE_QUANTIZED:
            if (!quantization_equal(a, b))
                return false;
            break;
        case IR_TYPE_SPARSE_CSR:
        case IR_TYPE_SPARSE_COO: break;
        default: return true;
        }
        a = a->element;
        b = b->element;
    }
    return a == b;
}

// Follows vectors and quantized types down to the type that carries the widths, and multiplies the
// lanes on the way. False when the product overflows.
static bool innermost(const struct ir_type **type, uint64_t *lanes)
{
    bool fits = true;
    *lanes = 1;
    for (;;) {
        if ((*type)->kind == IR_TYPE_VEC)
            fits = u64_mul(*lanes, (*type)->lanes, lanes) && fits;
        else if ((*type)->kind != IR_TYPE_QUANTIZED)
            return fits;
        *type = (*type)->element;
    }
}

uint64_t ir_type_stride(const struct ir_type *type)
{
    uint64_t lanes;
    bool fits = innermost(&type, &lanes);
    uint64_t stride = ir_type_info((enum ir_type_kind)type->kind)->stride;
    // The one product that saturates instead of having no value (spec: ir.md, 1.4).
    if (stride == 0)
        return 0;
    return fits && u64_mul(stride, lanes, &stride) ? stride : UINT64_MAX;
}

bool ir_type_size(const struct ir_type *type, uint64_t *out)
{
    uint64_t lanes;
    if (!innermost(&type, &lanes))
        return false;
    uint64_t size = type->kind == IR_TYPE_ARRAY ? type->size
                                                : ir_type_info((enum ir_type_kind)type->kind)->size;
    if (size == 0 && type->kind != IR_TYPE_ARRAY)
        return false;
    return u64_mul(size, lanes, out);
}

bool ir_type_bits(const struct ir_type *type, uint64_t *out)
{
    uint64_t lanes;
    if (!innermost(&type, &lanes))
        return false;
    uint64_t bits = ir_type_info((enum ir_type_kind)type->kind)->bits;
    return bits != 0 && u64_mul(bits, lanes, out);
}

bool ir_type_packed_size(const struct ir_type *type, uint64_t count, uint64_t *out)
{
    uint64_t bits;
    uint64_t size;
    if (ir_type_bits(type, &bits)) {
        uint64_t total;
        if (!u64_mul(bits, count, &total) || !u64_add(total, 7, &total))
            return false;
        *out = total / 8;
        return true;
    }
    return ir_type_size(type, &size) && u64_mul(size, count, out);
}

bool ir_type_element_count(const struct ir_type *type, uint64_t bytes, uint64_t *out)
{
    uint64_t bits;
    uint64_t size;
    if (ir_type_bits(type, &bits)) {
        // floor(bytes * 8 / bits) without the product, which may not fit.
        uint64_t whole;
        uint64_t rest;
        if (bits == 0 || !u64_mul(bytes / bits, 8, &whole) || !u64_mul(bytes % bits, 8, &rest))
            return false;
        return u64_add(whole, rest / bits, out);
    }
    if (!ir_type_size(type, &size))
        return false;
    *out = size ? bytes / size : bytes;
    return true;
}

// ---- Spelling -----------------------------------------------------------------------------------

static void spell_dims(const struct ir_type *type, struct str *out)
{
    for (uint32_t i = 0; i < type->dim_count; i++)
        str_printf(out, "%s%u", i ? "x" : "", type->dims[i]);
}

static void spell_quantization(const struct ir_type *type, struct str *out)
{
    str_printf(out, ";scale:%s", ir_quant_scale_spelling(type->scale_tag));
    if (type->scale_tag != IR_SCALE_PER_TENSOR)
        str_printf(out, "(%s=%u)", type->scale_tag == IR_SCALE_PER_CHANNEL ? "axis" : "size",
                   type->id);
    str_printf(out, ";zp:%s", ir_quant_zero_spelling(type->zero_tag));
    if (type->zero_tag > IR_ZERO_PER_TENSOR)
        str_printf(out, "(%s=%u)", type->zero_tag == IR_ZERO_PER_CHANNEL ? "axis" : "size",
                   type->id2);
}

void ir_type_spell_start(const struct ir_type *type, size_t most, struct str *out)
{
    if (out->size > most)
        return;
    str_puts(out, ir_type_info((enum ir_type_kind)type->kind)->spelling);
    switch ((enum ir_type_kind)type->kind) {
    case IR_TYPE_ARRAY: str_printf(out, "<%lluB>", (unsigned long long)type->size); return;
    case IR_TYPE_HANDLE:
    case IR_TYPE_OPAQUE: str_printf(out, "<0x%08x>", type->id); return;
    case IR_TYPE_DEVICE_MESH:
    case IR_TYPE_VEC:
    case IR_TYPE_TENSOR_SHAPED:
    case IR_TYPE_SPARSE_CSR:
    case IR_TYPE_SPARSE_COO:
    case IR_TYPE_SPARSE_BSR:
    case IR_TYPE_QUANTIZED: break;
    default: return;
    }
    str_putc(out, '<');
    if (type->kind == IR_TYPE_DEVICE_MESH)
        spell_dims(type, out);
    else
        ir_type_spell_start(type->element, most, out);
    if (type->kind == IR_TYPE_VEC)
        str_printf(out, ";%u", type->lanes);
    if (type->kind == IR_TYPE_SPARSE_BSR)
        str_printf(out, ";%ux%u", type->id, type->id2);
    if (type->kind == IR_TYPE_QUANTIZED)
        spell_quantization(type, out);
    if (type->kind == IR_TYPE_TENSOR_SHAPED) {
        str_putc(out, ';');
        spell_dims(type, out);
    }
    str_putc(out, '>');
}

void ir_type_spell(const struct ir_type *type, struct str *out)
{
    ir_type_spell_start(type, SIZE_MAX, out);
}
