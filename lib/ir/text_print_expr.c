// SPDX-License-Identifier: MIT
// Printing of names, types and expressions.
#include "text.h"

#include "base/utf8.h"
#include "ir/literal64.h"
#include "ir/tables.h"

#include <string.h>

// ---- Names and strings --------------------------------------------------------------------------

static void put_escape(struct str *out, unsigned char c)
{
    switch (c) {
    case '\n': str_puts(out, "\\n"); break;
    case '\r': str_puts(out, "\\r"); break;
    case '\t': str_puts(out, "\\t"); break;
    case '\\':
    case '"':
    case '`': str_printf(out, "\\%c", c); break;
    default: str_printf(out, "\\x%02x", c); break;
    }
}

// Between quotes, with escapes for the quote, for controls (the C1 ones too, which terminals obey)
// and for bytes that are not UTF-8.
static void put_quoted(struct str *out, struct ir_text text, char quote)
{
    const unsigned char *bytes = (const unsigned char *)text.text;
    str_putc(out, quote);
    for (uint32_t i = 0; i < text.size;) {
        size_t length = utf8_sequence(bytes + i, text.size - i);
        bool control = bytes[i] < 0x20 || bytes[i] == 0x7F ||
                       (length == 2 && bytes[i] == 0xC2 && bytes[i + 1] < 0xA0);
        bool special = bytes[i] == '\\' || bytes[i] == (unsigned char)quote;
        if (length == 0)
            length = 1;
        else if (!control && !special) {
            str_add(out, text.text + i, length);
            i += (uint32_t)length;
            continue;
        }
        for (; length > 0; length--, i++)
            put_escape(out, bytes[i]);
    }
    str_putc(out, quote);
}

void ir_text_print_name(struct text_printer *printer, ir_name name)
{
    struct ir_text text = ir_name_text(printer->program, name);
    bool plain = text.size > 0 && ir_text_is_name_start(text.text[0]) &&
                 !ir_text_is_reserved(text.text, text.size);
    for (uint32_t i = 0; plain && i < text.size; i++)
        plain = ir_text_is_name_char(text.text[i]);
    if (plain)
        str_add(&printer->out, text.text, text.size);
    else
        put_quoted(&printer->out, text, '`');
}

void ir_text_print_string(struct text_printer *printer, ir_name name)
{
    put_quoted(&printer->out, ir_name_text(printer->program, name), '"');
}

void ir_text_print_payload(struct text_printer *printer, ir_name kind, const uint8_t *payload,
                           uint32_t size)
{
    static const char digits[] = "0123456789abcdef";
    str_puts(&printer->out, "opaque(");
    ir_text_print_string(printer, kind);
    str_puts(&printer->out, ", \"");
    for (uint32_t i = 0; i < size; i++)
        str_add(&printer->out, (char[]){ digits[payload[i] >> 4], digits[payload[i] & 15] }, 2);
    str_puts(&printer->out, "\")");
}

void ir_text_print_type(struct text_printer *printer, const struct ir_type *type)
{
    ir_type_spell(type, &printer->out);
}

// ---- Expressions --------------------------------------------------------------------------------

static void put(struct text_printer *printer, const char *text)
{
    str_puts(&printer->out, text);
}

static void put_list(struct text_printer *printer, struct ir_expr *const *kids, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            put(printer, ", ");
        ir_text_print_expr(printer, kids[i]);
    }
}

static void put_element(struct text_printer *printer, ir_name buffer, const struct ir_expr *index)
{
    ir_text_print_name(printer, buffer);
    put(printer, "[");
    ir_text_print_expr(printer, index);
    put(printer, "]");
}

// How strongly the outermost operator binds; what needs no parentheses binds strongest.
enum { UNARY = 100, PRIMARY = 101 };

static unsigned strength(const struct ir_expr *expr)
{
    if (expr->kind == IR_EXPR_UNOP)
        return expr->op <= IR_UN_LOGICAL_NOT ? UNARY : PRIMARY;
    if (expr->kind != IR_EXPR_BINOP)
        return PRIMARY;
    unsigned precedence = ir_binop_info((enum ir_binop)expr->op)->precedence;
    return precedence ? precedence : PRIMARY;
}

static void put_operand(struct text_printer *printer, const struct ir_expr *expr, unsigned weakest)
{
    bool parentheses = strength(expr) < weakest;
    put(printer, parentheses ? "(" : "");
    ir_text_print_expr(printer, expr);
    put(printer, parentheses ? ")" : "");
}

static void put_binop(struct text_printer *printer, const struct ir_expr *expr)
{
    const struct ir_binop_info *info = ir_binop_info((enum ir_binop)expr->op);
    if (info->precedence) {
        put_operand(printer, expr->kids[0], info->precedence);
        str_printf(&printer->out, " %s ", info->spelling);
        put_operand(printer, expr->kids[1], info->precedence + 1u);
        return;
    }
    put(printer, info->spelling);
    if (expr->op == IR_BIN_OPAQUE)
        str_printf(&printer->out, ".0x%08x", expr->bits);
    put(printer, "(");
    put_list(printer, expr->kids, 2);
    put(printer, ")");
}

static bool is_signed_literal(const struct text_printer *printer, const struct ir_expr *expr)
{
    const struct ir_type *type = ir_literal64_type(printer->program, expr);
    return expr->kind == IR_EXPR_LIT_I32 || expr->kind == IR_EXPR_LIT_F32 ||
           (type && type->kind != IR_TYPE_U64);
}

static void put_unop(struct text_printer *printer, const struct ir_expr *expr)
{
    const char *spelling = ir_unop_info((enum ir_unop)expr->op)->spelling;
    const struct ir_expr *operand = expr->kids[0];
    put(printer, spelling);
    if (strength(expr) == UNARY) {
        // Without parentheses the sign would become part of the literal.
        bool literal = expr->op == IR_UN_NEGATE && is_signed_literal(printer, operand);
        put_operand(printer, operand, literal ? PRIMARY + 1 : UNARY);
        return;
    }
    if (expr->op == IR_UN_OPAQUE)
        str_printf(&printer->out, ".0x%08x", expr->bits);
    put(printer, "(");
    ir_text_print_expr(printer, operand);
    put(printer, ")");
}

static void put_id(struct text_printer *printer, const char *word, uint8_t axis)
{
    if (axis < 3)
        str_printf(&printer->out, "%s.%c", word, 'x' + axis);
    else
        str_printf(&printer->out, "%s.%u", word, axis);
}

static void put_cast(struct text_printer *printer, const struct ir_expr *expr)
{
    bool word = ir_text_type_is_word((enum ir_type_kind)expr->type->kind);
    put(printer, word ? "" : "cast<");
    ir_text_print_type(printer, expr->type);
    put(printer, word ? "(" : ">(");
    ir_text_print_expr(printer, expr->kids[0]);
    put(printer, ")");
}

static void put_atomic(struct text_printer *printer, const struct ir_expr *expr)
{
    put(printer, ir_atomic_info((enum ir_atomic_op)expr->op)->spelling);
    if (expr->op == IR_ATOMIC_OPAQUE)
        str_printf(&printer->out, ".0x%08x", expr->bits);
    if (expr->ordering != IR_ORDER_SEQ_CST)
        str_printf(&printer->out, ".%s", ir_ordering_spelling(expr->ordering));
    put(printer, "(");
    put_element(printer, expr->name, expr->kids[0]);
    put(printer, ", ");
    put_list(printer, expr->kids + 1, expr->kid_count - 1);
    put(printer, ")");
}

void ir_text_print_extension(struct text_printer *printer, enum ir_ext ext, ir_name buffer,
                             unsigned ordering, uint32_t immediate, struct ir_expr *const *kids)
{
    const struct ir_ext_info *info = ir_ext_info(ext);
    uint32_t first = 0;
    put(printer, info->spelling);
    if (info->has_ordering)
        str_printf(&printer->out, ".%s", ir_ordering_spelling(ordering));
    put(printer, "(");
    if (info->has_buffer) {
        put_element(printer, buffer, kids[0]);
        first = 1;
        put(printer, info->kid_count > 1 ? ", " : "");
    }
    put_list(printer, kids + first, info->kid_count - first);
    if (info->has_immediate)
        str_printf(&printer->out, "%s%u", info->kid_count ? ", " : "", immediate);
    put(printer, ")");
}

// Large numbers are masks, magics and hashes more often than counts.
static void put_unsigned(struct text_printer *printer, uint64_t value, int hex_digits)
{
    if (value < 1u << 24)
        str_printf(&printer->out, "%u", (unsigned)value);
    else
        str_printf(&printer->out, "0x%0*llx", hex_digits, (unsigned long long)value);
}

static void put_signed(struct text_printer *printer, int64_t value)
{
    bool negative = value < 0;
    str_printf(&printer->out, "%s%llu", negative ? "-" : "",
               (unsigned long long)(negative ? 0 - (uint64_t)value : (uint64_t)value));
}

static void put_literal64(struct text_printer *printer, enum ir_type_kind type, uint64_t bits)
{
    if (type == IR_TYPE_F64) {
        ir_text_float_print(&printer->out, type, bits);
        return;
    }
    if (type == IR_TYPE_I64)
        put_signed(printer, (int64_t)bits);
    else
        put_unsigned(printer, bits, 16);
    put(printer, ir_type_info(type)->spelling);
}

static void put_opaque(struct text_printer *printer, const struct ir_expr *expr)
{
    const struct ir_type *literal = ir_literal64_type(printer->program, expr);
    if (literal)
        put_literal64(printer, (enum ir_type_kind)literal->kind, ir_literal64_bits(expr));
    else if (expr->ext)
        ir_text_print_extension(printer, (enum ir_ext)expr->ext, expr->name, expr->ordering,
                                expr->bits, expr->kids);
    else
        ir_text_print_payload(printer, expr->name, expr->payload, expr->payload_size);
}

void ir_text_print_expr(struct text_printer *printer, const struct ir_expr *expr)
{
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32: put_unsigned(printer, expr->bits, 8); return;
    case IR_EXPR_LIT_I32:
        put_signed(printer, (int32_t)expr->bits);
        put(printer, "i");
        return;
    case IR_EXPR_LIT_BOOL: put(printer, expr->bits ? "true" : "false"); return;
    case IR_EXPR_LIT_F32: ir_text_float_print(&printer->out, IR_TYPE_F32, expr->bits); return;
    case IR_EXPR_VAR: ir_text_print_name(printer, expr->name); return;
    case IR_EXPR_LOAD: put_element(printer, expr->name, expr->kids[0]); return;
    case IR_EXPR_BUF_LEN:
        put(printer, "len(");
        ir_text_print_name(printer, expr->name);
        put(printer, ")");
        return;
    case IR_EXPR_INVOCATION_ID: put_id(printer, "gid", expr->op); return;
    case IR_EXPR_WORKGROUP_ID: put_id(printer, "wid", expr->op); return;
    case IR_EXPR_LOCAL_ID: put_id(printer, "lid", expr->op); return;
    case IR_EXPR_BINOP: put_binop(printer, expr); return;
    case IR_EXPR_UNOP: put_unop(printer, expr); return;
    case IR_EXPR_CALL:
        put(printer, "call ");
        ir_text_print_string(printer, expr->name);
        break;
    case IR_EXPR_CAST: put_cast(printer, expr); return;
    case IR_EXPR_ATOMIC: put_atomic(printer, expr); return;
    case IR_EXPR_OPAQUE: put_opaque(printer, expr); return;
    default: put(printer, ir_text_expr_spelling((enum ir_expr_kind)expr->kind)); break;
    }
    put(printer, "(");
    put_list(printer, expr->kids, expr->kid_count);
    put(printer, ")");
}
