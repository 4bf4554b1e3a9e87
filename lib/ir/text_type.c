// SPDX-License-Identifier: MIT
// Types, from their display spelling (spec: ir.md, 1.4). They are read from the bytes and not from
// tokens, because 2x3, 16B and >> mean something else in the rest of the language.
#include "text.h"

#include "ir/tables.h"

#include <string.h>

// As deep as the binary form goes (docs/ir.md, W-1).
enum { DEEPEST_TYPE = 4096 };

struct type_reader {
    struct text_parser *parser;
    uint32_t at;
};

static void skip_blanks(struct type_reader *reader)
{
    while (reader->at < reader->parser->size &&
           (reader->parser->text[reader->at] == ' ' || reader->parser->text[reader->at] == '\t'))
        reader->at++;
}

static void *bad_type(struct type_reader *reader, const char *what)
{
    struct text_parser *parser = reader->parser;
    struct text_token where = {
        .start = reader->at,
        .size = 1,
        .pos = { parser->line, reader->at - parser->line_start + 1 },
    };
    return ir_text_error(parser, DIAG_T017, &where, NULL, "expected %s in the type", what);
}

static bool accept_char(struct type_reader *reader, char c)
{
    skip_blanks(reader);
    if (reader->at >= reader->parser->size || reader->parser->text[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

static bool expect_char(struct type_reader *reader, char c)
{
    if (accept_char(reader, c))
        return true;
    bad_type(reader, (char[]){ '\'', c, '\'', '\0' });
    return false;
}

// The word at the reader's position; empty when there is none.
static uint32_t word_size(struct type_reader *reader)
{
    skip_blanks(reader);
    uint32_t size = 0;
    if (reader->at < reader->parser->size &&
        ir_text_is_name_start(reader->parser->text[reader->at]))
        while (reader->at + size < reader->parser->size &&
               ir_text_is_name_char(reader->parser->text[reader->at + size]))
            size++;
    return size;
}

static bool accept_text(struct type_reader *reader, const char *wanted)
{
    uint32_t size = word_size(reader);
    if (size != strlen(wanted) || memcmp(reader->parser->text + reader->at, wanted, size) != 0)
        return false;
    reader->at += size;
    return true;
}

// Decimal; with `hex`, also 0x and hexadecimal digits. Dimensions are decimal only: 0x3 there is
// zero by three.
static uint64_t read_number(struct type_reader *reader, uint64_t largest, bool hex)
{
    const struct text_parser *parser = reader->parser;
    skip_blanks(reader);
    uint64_t base = 10;
    if (hex && parser->size - reader->at > 2 && memcmp(parser->text + reader->at, "0x", 2) == 0) {
        base = 16;
        reader->at += 2;
    }
    uint64_t value = 0;
    uint32_t first = reader->at;
    for (; reader->at < parser->size; reader->at++) {
        char c = parser->text[reader->at];
        uint64_t digit = c >= '0' && c <= '9'                 ? (uint64_t)(c - '0')
                         : base == 16 && c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10
                         : base == 16 && c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A') + 10
                                                              : base;
        if (digit == base)
            break;
        if (value > (largest - digit) / base || digit > largest) {
            bad_type(reader, "a smaller number");
            return 0;
        }
        value = value * base + digit;
    }
    if (reader->at == first)
        bad_type(reader, "a number");
    return value;
}

// 2x3x4, possibly empty, into the arena.
static void read_dims(struct type_reader *reader, struct ir_type *type)
{
    struct {
        ARRAY(uint32_t);
    } dims = { 0 };
    struct text_parser *parser = reader->parser;
    skip_blanks(reader);
    bool more = reader->at < parser->size && parser->text[reader->at] != '>';
    while (more && !parser->stopped) {
        uint32_t dim = (uint32_t)read_number(reader, UINT32_MAX, false);
        if (!array_push(&dims, dim))
            parser->draft.failed = true;
        more = accept_char(reader, 'x');
    }
    if (dims.count && !parser->draft.failed) {
        type->dims =
            arena_copy(&parser->draft.program->arena, dims.items, dims.count * sizeof(uint32_t));
        type->dim_count = (uint32_t)dims.count;
        parser->draft.failed = parser->draft.failed || !type->dims;
    }
    array_fini(&dims);
}

static uint8_t read_choice(struct type_reader *reader, const char *(*spelling)(unsigned tag),
                           const char *what)
{
    for (unsigned tag = 0; spelling(tag); tag++)
        if (accept_text(reader, spelling(tag)))
            return (uint8_t)tag;
    bad_type(reader, what);
    return 0;
}

// scale:per_group(size=128) or zp:absent, behind the semicolon. Tags above the per-tensor one have
// a parameter, which is an axis for the channel form and a size for the group form.
static void read_quantization(struct type_reader *reader, const char *label,
                              const char *(*spelling)(unsigned tag), uint8_t per_tensor,
                              uint8_t *tag, uint32_t *parameter)
{
    if (!expect_char(reader, ';'))
        return;
    if (!accept_text(reader, label)) {
        bad_type(reader, label);
        return;
    }
    expect_char(reader, ':');
    *tag = read_choice(reader, spelling, "a quantization");
    if (*tag <= per_tensor || reader->parser->stopped)
        return;
    const char *key = *tag == per_tensor + 1 ? "axis" : "size";
    expect_char(reader, '(');
    if (!accept_text(reader, key))
        bad_type(reader, key);
    expect_char(reader, '=');
    *parameter = (uint32_t)read_number(reader, UINT32_MAX, false);
    expect_char(reader, ')');
}

// The kind with this spelling. "vec2" stands for vec2<u32>, whose rest the caller reads, and
// "tensor" is either of two kinds, which differ by their brackets.
static bool find_kind(const char *word, uint32_t size, enum ir_type_kind *out)
{
    for (int kind = 0; kind < IR_TYPE_COUNT; kind++) {
        const char *spelling = ir_type_info((enum ir_type_kind)kind)->spelling;
        size_t length = strcspn(spelling, "<");
        if (length == size && memcmp(spelling, word, size) == 0) {
            *out = (enum ir_type_kind)kind;
            return true;
        }
    }
    return false;
}

// What follows the opening bracket of a type without an element type.
static void read_leaf_parameters(struct type_reader *reader, struct ir_type *type)
{
    switch ((enum ir_type_kind)type->kind) {
    case IR_TYPE_ARRAY:
        type->size = read_number(reader, UINT64_MAX, false);
        if (!accept_text(reader, "B"))
            bad_type(reader, "B behind the number of bytes");
        break;
    case IR_TYPE_DEVICE_MESH: read_dims(reader, type); break;
    default: type->id = (uint32_t)read_number(reader, UINT32_MAX, true); break; // an id
    }
}

// What follows the element type of a type that has one.
static void read_element_parameters(struct type_reader *reader, struct ir_type *type)
{
    switch ((enum ir_type_kind)type->kind) {
    case IR_TYPE_VEC:
        if (expect_char(reader, ';'))
            type->lanes = (uint8_t)read_number(reader, UINT8_MAX, false);
        break;
    case IR_TYPE_TENSOR_SHAPED:
        if (expect_char(reader, ';'))
            read_dims(reader, type);
        break;
    case IR_TYPE_SPARSE_BSR:
        if (expect_char(reader, ';'))
            type->id = (uint32_t)read_number(reader, UINT32_MAX, false);
        if (expect_char(reader, 'x'))
            type->id2 = (uint32_t)read_number(reader, UINT32_MAX, false);
        break;
    case IR_TYPE_QUANTIZED:
        read_quantization(reader, "scale", ir_quant_scale_spelling, IR_SCALE_PER_TENSOR,
                          &type->scale_tag, &type->id);
        read_quantization(reader, "zp", ir_quant_zero_spelling, IR_ZERO_PER_TENSOR, &type->zero_tag,
                          &type->id2);
        break;
    default: break; // sparse_csr, sparse_coo
    }
}

bool ir_text_type_is_word(enum ir_type_kind kind)
{
    return !ir_type_has_parameters(kind) && !strchr(ir_type_info(kind)->spelling, '<');
}

static const char *type_word(size_t kind)
{
    return kind < IR_TYPE_COUNT ? ir_type_info((enum ir_type_kind)kind)->spelling : NULL;
}

// Reads the word of a type, and the bracket behind it when it has one. False when reported.
static bool read_kind(struct type_reader *reader, enum ir_type_kind *kind)
{
    struct text_parser *parser = reader->parser;
    uint32_t size = word_size(reader);
    if (parser->stopped)
        return false;
    if (!size) {
        bad_type(reader, "the name of a type");
        return false;
    }
    if (!find_kind(parser->text + reader->at, size, kind)) {
        struct text_token where = {
            .start = reader->at,
            .size = size,
            .pos = { parser->line, reader->at - parser->line_start + 1 },
        };
        char fix[TEXT_MOST_FIX];
        ir_text_word_fix(parser, &where, type_word, "the usual types are u32, i32, f32 and bool",
                         fix);
        ir_text_error(parser, DIAG_T009, &where, fix, "there is no type '%.*s'", (int)size,
                      parser->text + reader->at);
        return false;
    }
    reader->at += size;
    if (*kind == IR_TYPE_TENSOR && accept_char(reader, '<'))
        *kind = IR_TYPE_TENSOR_SHAPED;
    else if (!ir_text_type_is_word(*kind))
        return expect_char(reader, '<');
    return true;
}

// The rest of a type that has no element type. NULL when reported or out of memory.
static const struct ir_type *read_leaf(struct type_reader *reader, enum ir_type_kind kind)
{
    struct ir_type type = { .kind = (uint8_t)kind };
    if (ir_text_type_is_word(kind))
        return ir_type_scalar(kind);
    if (ir_type_has_parameters(kind))
        read_leaf_parameters(reader, &type);
    else if (!accept_text(reader, "u32")) // vec2<u32> and vec4<u32>
        bad_type(reader, "u32");
    if (!expect_char(reader, '>') || reader->parser->stopped)
        return NULL;
    return ir_type_has_parameters(kind) ? ir_draft_type(&reader->parser->draft, &type)
                                        : ir_type_scalar(kind);
}

static bool has_element(enum ir_type_kind kind)
{
    switch (kind) {
    case IR_TYPE_VEC:
    case IR_TYPE_TENSOR_SHAPED:
    case IR_TYPE_SPARSE_CSR:
    case IR_TYPE_SPARSE_COO:
    case IR_TYPE_SPARSE_BSR:
    case IR_TYPE_QUANTIZED: return true;
    default: return false;
    }
}

// Types lie around each other like parentheses: `open` holds those whose element is being read.
static const struct ir_type *read_type(struct type_reader *reader)
{
    struct text_parser *parser = reader->parser;
    uint8_t open[DEEPEST_TYPE];
    uint32_t count = 0;
    enum ir_type_kind kind = IR_TYPE_U32;
    while (read_kind(reader, &kind) && has_element(kind)) {
        if (count == DEEPEST_TYPE)
            return bad_type(reader, "fewer types around each other");
        open[count++] = (uint8_t)kind;
    }
    if (parser->stopped)
        return NULL;
    const struct ir_type *type = read_leaf(reader, kind);
    while (count > 0 && !parser->stopped) {
        struct ir_type outer = { .kind = open[--count], .element = type };
        read_element_parameters(reader, &outer);
        type = expect_char(reader, '>') ? ir_draft_type(&parser->draft, &outer) : NULL;
    }
    return parser->stopped ? NULL : type;
}

const struct ir_type *ir_text_type_at(struct text_parser *parser, uint32_t start)
{
    struct type_reader reader = { .parser = parser, .at = start };
    if (parser->stopped)
        return NULL;
    const struct ir_type *type = read_type(&reader);
    if (parser->stopped)
        return NULL;
    parser->at = reader.at;
    ir_text_advance(parser);
    return parser->stopped ? NULL : type;
}

const struct ir_type *ir_text_type(struct text_parser *parser)
{
    if (parser->token.kind != TEXT_NAME)
        return ir_text_expected(parser, "a type");
    return ir_text_type_at(parser, parser->token.start);
}
