// SPDX-License-Identifier: MIT
// The cast matrix (spec: ir.md, 7.4).
#include "base/str.h"
#include "validate_walk.h"

#include <string.h>

// The integers and bool, which cast to one another.
static bool is_integral(unsigned kind)
{
    switch (kind) {
    case IR_TYPE_U8:
    case IR_TYPE_U16:
    case IR_TYPE_U32:
    case IR_TYPE_U64:
    case IR_TYPE_I8:
    case IR_TYPE_I16:
    case IR_TYPE_I32:
    case IR_TYPE_I64:
    case IR_TYPE_BOOL: return true;
    default: return false;
    }
}

static bool is_legal(const struct ir_type *source, const struct ir_type *target)
{
    unsigned to = target->kind;
    if (ir_type_equal(source, target) || (is_integral(source->kind) && is_integral(to)))
        return true;
    switch (source->kind) {
    case IR_TYPE_U32:
    case IR_TYPE_I32:
    case IR_TYPE_BOOL: return to == IR_TYPE_VEC2_U32 || to == IR_TYPE_VEC4_U32 || to == IR_TYPE_F32;
    case IR_TYPE_U64: return to == IR_TYPE_VEC2_U32;
    case IR_TYPE_VEC2_U32:
    case IR_TYPE_VEC4_U32:
        return to == IR_TYPE_U32 || to == IR_TYPE_I32 || to == IR_TYPE_U64 || to == IR_TYPE_BOOL ||
               (source->kind == IR_TYPE_VEC4_U32 && to == IR_TYPE_VEC2_U32);
    case IR_TYPE_F32: return to == IR_TYPE_U32 || to == IR_TYPE_I32 || to == IR_TYPE_BOOL;
    default: return false;
    }
}

// Bits of an integer type; 0 for others, bool included.
static unsigned integer_bits(unsigned kind)
{
    switch (kind) {
    case IR_TYPE_U8:
    case IR_TYPE_I8: return 8;
    case IR_TYPE_U16:
    case IR_TYPE_I16: return 16;
    case IR_TYPE_U32:
    case IR_TYPE_I32: return 32;
    case IR_TYPE_U64:
    case IR_TYPE_I64: return 64;
    default: return 0;
    }
}

static void add_target(struct str *list, const struct ir_type *type)
{
    if (list->size)
        str_puts(list, ", ");
    ir_type_spell(type, list);
}

// Says which casts of `source` there are.
static void report_illegal(struct ir_validator *v, const struct ir_type *source,
                           const struct ir_type *target)
{
    static const enum ir_type_kind order[] = {
        IR_TYPE_U8,       IR_TYPE_U16,      IR_TYPE_U32, IR_TYPE_U64,  IR_TYPE_I8,
        IR_TYPE_I16,      IR_TYPE_I32,      IR_TYPE_I64, IR_TYPE_BOOL, IR_TYPE_BYTES,
        IR_TYPE_VEC2_U32, IR_TYPE_VEC4_U32, IR_TYPE_F32,
    };
    struct str list = { 0 };
    add_target(&list, source);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct ir_type *type = ir_type_scalar(order[i]);
        if (!ir_type_equal(type, source) && is_legal(source, type))
            add_target(&list, type);
    }
    ir_validate_report(v, DIAG_V012, "%s cannot be cast to %s, only to %.300s",
                       ir_validate_type(v, source), ir_validate_type(v, target), str_text(&list));
    str_fini(&list);
}

// Whether the backend, if there is one, casts to a type; types are compared by their spelling.
static void check_backend(struct ir_validator *v, const struct ir_type *target)
{
    const struct vyre_cast_backend *backend = v->params.cast_backend;
    if (!backend)
        return;
    struct str spelling = { 0 };
    ir_type_spell(target, &spelling);
    bool known = false;
    for (size_t i = 0; i < backend->target_count; i++)
        known = known || strcmp(backend->targets[i], str_text(&spelling)) == 0;
    v->failed = v->failed || spelling.failed;
    if (!known && !spelling.failed)
        ir_validate_report(v, DIAG_V034, "%.60s does not cast to %s",
                           backend->name ? backend->name : "this backend",
                           ir_validate_type(v, target));
    str_fini(&spelling);
}

void ir_validate_cast(struct ir_validator *v, uint32_t fact)
{
    const struct ir_type *source = v->facts.items[ir_fact_kid(v, fact, 0)].type;
    const struct ir_type *target = v->facts.items[fact].expr->type;
    check_backend(v, target);
    if (!source)
        return;
    if (target->kind == IR_TYPE_BYTES && source->kind != IR_TYPE_BYTES) {
        ir_validate_report(v, DIAG_V023, "%s is cast to bytes", ir_validate_type(v, source));
        return;
    }
    if (!is_legal(source, target)) {
        report_illegal(v, source, target);
        return;
    }
    unsigned from = integer_bits(source->kind);
    unsigned to = integer_bits(target->kind);
    if (from && to && to < from)
        ir_validate_report(v, DIAG_V035, "the cast from %s to %s may lose bits",
                           ir_validate_type(v, source), ir_validate_type(v, target));
}
