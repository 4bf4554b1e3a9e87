// SPDX-License-Identifier: MIT
// Loads, stores, atomics and the extensions that access buffers (spec: ir.md, 4.3.4 and 4.3.5).
#include "ir/tables.h"
#include "validate_walk.h"

static const struct ir_type *fact_type(const struct ir_validator *v, uint32_t fact)
{
    return v->facts.items[fact].type;
}

static bool known_and_not_u32(const struct ir_type *type)
{
    return type && type->kind != IR_TYPE_U32;
}

static void report_unknown(struct ir_validator *v, enum diag_code code, ir_name name)
{
    ir_validate_report(v, code, "buffer %s is not declared", ir_validate_name(v, name));
}

static bool locked_bytes(const struct ir_buffer *buffer)
{
    return buffer->element->kind == IR_TYPE_BYTES && !buffer->bytes_extraction;
}

void ir_validate_load(struct ir_validator *v, uint32_t fact)
{
    const struct ir_expr *expr = v->facts.items[fact].expr;
    const struct ir_buffer *buffer = ir_validate_buffer(v, expr->name);
    if (!buffer)
        report_unknown(v, DIAG_V115, expr->name);
    else if (locked_bytes(buffer))
        ir_validate_report(v, DIAG_V013, "buffer %s holds bytes", ir_validate_name(v, expr->name));
}

// ---- Stores ------------------------------------------------------------------------------------

// Equal, or u32 with bytes either way.
static bool storable(const struct ir_type *value, const struct ir_type *element)
{
    return ir_type_equal(value, element) ||
           (value->kind == IR_TYPE_U32 && element->kind == IR_TYPE_BYTES) ||
           (value->kind == IR_TYPE_BYTES && element->kind == IR_TYPE_U32);
}

static void check_store_buffer(struct ir_validator *v, const struct ir_buffer *buffer,
                               const struct ir_type *value)
{
    if (buffer->access != VYRE_ACCESS_READ_WRITE && buffer->access != VYRE_ACCESS_WRITE_ONLY &&
        buffer->access != VYRE_ACCESS_WORKGROUP)
        ir_validate_report(v, DIAG_V112, "buffer %s is not writable",
                           ir_validate_name(v, buffer->name));
    if (locked_bytes(buffer))
        ir_validate_report(v, DIAG_V013, "buffer %s holds bytes",
                           ir_validate_name(v, buffer->name));
    if (value && !storable(value, buffer->element))
        ir_validate_report(v, DIAG_V113, "buffer %s holds %s, but the value is %s",
                           ir_validate_name(v, buffer->name), ir_validate_type(v, buffer->element),
                           ir_validate_type(v, value));
}

static void check_constant_index(struct ir_validator *v, const struct ir_buffer *buffer,
                                 const struct ir_expr *index)
{
    bool negative = index->kind == IR_EXPR_LIT_I32 && index->bits >> 31;
    if (index->kind != IR_EXPR_LIT_U32 && index->kind != IR_EXPR_LIT_I32)
        return;
    if (buffer->count == 0 || (!negative && index->bits < buffer->count))
        return;
    ir_validate_report(v, DIAG_V036, "index %lld of buffer %s, which has %u elements",
                       negative ? (long long)(int32_t)index->bits : (long long)index->bits,
                       ir_validate_name(v, buffer->name), buffer->count);
}

void ir_validate_store(struct ir_validator *v, const struct ir_node *node, uint32_t index,
                       uint32_t value)
{
    const struct ir_buffer *buffer = ir_validate_buffer(v, node->name);
    if (buffer)
        check_store_buffer(v, buffer, fact_type(v, value));
    else
        report_unknown(v, DIAG_V111, node->name);
    if (known_and_not_u32(fact_type(v, index)))
        ir_validate_report(v, DIAG_V114, "the index is %s",
                           ir_validate_type(v, fact_type(v, index)));
    if (buffer)
        check_constant_index(v, buffer, node->a);
}

// ---- Atomics -----------------------------------------------------------------------------------

static void check_atomic_buffer(struct ir_validator *v, const struct ir_buffer *buffer)
{
    if (buffer->access == VYRE_ACCESS_WORKGROUP)
        ir_validate_report(v, DIAG_V025, "buffer %s is workgroup memory",
                           ir_validate_name(v, buffer->name));
    else if (buffer->access != VYRE_ACCESS_READ_WRITE)
        ir_validate_report(v, DIAG_V009, "buffer %s is not read-write",
                           ir_validate_name(v, buffer->name));
    if (buffer->element->kind == IR_TYPE_BYTES)
        ir_validate_report(v, DIAG_V013, "buffer %s holds bytes",
                           ir_validate_name(v, buffer->name));
    if (buffer->element->kind != IR_TYPE_U32)
        ir_validate_report(v, DIAG_V014, "buffer %s holds %s", ir_validate_name(v, buffer->name),
                           ir_validate_type(v, buffer->element));
}

static void check_atomic_operands(struct ir_validator *v, uint32_t fact)
{
    const struct ir_expr *expr = v->facts.items[fact].expr;
    const struct ir_type *value = fact_type(v, ir_fact_kid(v, fact, expr->has_expected ? 2 : 1));
    if (known_and_not_u32(value))
        ir_validate_report(v, DIAG_V119, "the value is %s", ir_validate_type(v, value));
    if (expr->op != IR_ATOMIC_COMPARE_EXCHANGE) {
        if (expr->has_expected)
            ir_validate_report(v, DIAG_V120, "this atomic takes no expected value");
        return;
    }
    if (!expr->has_expected) {
        ir_validate_report(v, DIAG_V120, "the expected value is missing");
        return;
    }
    const struct ir_type *expected = fact_type(v, ir_fact_kid(v, fact, 1));
    if (known_and_not_u32(expected))
        ir_validate_report(v, DIAG_V120, "the expected value is %s", ir_validate_type(v, expected));
}

void ir_validate_atomic(struct ir_validator *v, uint32_t fact)
{
    const struct ir_expr *expr = v->facts.items[fact].expr;
    if (expr->ordering == IR_ORDER_GRID_SYNC)
        ir_validate_report(v, DIAG_V042, "the ordering is grid_sync");
    const struct ir_type *index = fact_type(v, ir_fact_kid(v, fact, 0));
    if (known_and_not_u32(index))
        ir_validate_report(v, DIAG_V027, "the index is %s", ir_validate_type(v, index));
    const struct ir_buffer *buffer = ir_validate_buffer(v, expr->name);
    if (!buffer) {
        report_unknown(v, DIAG_V118, expr->name);
        return;
    }
    check_atomic_buffer(v, buffer);
    check_atomic_operands(v, fact);
}

// ---- Extensions --------------------------------------------------------------------------------

static void check_ext_buffer(struct ir_validator *v, unsigned ext, ir_name name)
{
    const struct ir_buffer *buffer = ir_validate_buffer(v, name);
    if (!buffer) {
        report_unknown(v, DIAG_V160, name);
        return;
    }
    if (buffer->element->kind != IR_TYPE_U32)
        ir_validate_report(v, DIAG_V161, "buffer %s holds %s", ir_validate_name(v, name),
                           ir_validate_type(v, buffer->element));
    if (ext != IR_EXT_UNIFORM_LOAD && buffer->access == VYRE_ACCESS_WORKGROUP)
        ir_validate_report(v, DIAG_V161, "buffer %s is workgroup memory",
                           ir_validate_name(v, name));
    else if (ext != IR_EXT_UNIFORM_LOAD && buffer->access != VYRE_ACCESS_READ_WRITE)
        ir_validate_report(v, DIAG_V161, "buffer %s is not read-write", ir_validate_name(v, name));
}

static bool ext_allows(unsigned ext, unsigned ordering)
{
    switch (ext) {
    case IR_EXT_ATOMIC_LOAD: return ordering == IR_ORDER_RELAXED || ordering == IR_ORDER_ACQUIRE;
    case IR_EXT_ATOMIC_STORE: return ordering == IR_ORDER_RELAXED || ordering == IR_ORDER_RELEASE;
    default: return true;
    }
}

void ir_validate_ext(struct ir_validator *v, unsigned ext, ir_name buffer, unsigned ordering,
                     uint32_t first_operand, uint32_t second_operand)
{
    const uint32_t operands[2] = { first_operand, second_operand };
    if (ir_ext_info(ext)->has_buffer)
        check_ext_buffer(v, ext, buffer);
    if (!ext_allows(ext, ordering))
        ir_validate_report(v, DIAG_V163, "the extension does not have this ordering");
    for (unsigned i = 0; i < 2; i++) {
        const struct ir_type *type = operands[i] != UINT32_MAX ? fact_type(v, operands[i]) : NULL;
        if (known_and_not_u32(type))
            ir_validate_report(v, DIAG_V162, "operand %u is %s", i, ir_validate_type(v, type));
    }
}
