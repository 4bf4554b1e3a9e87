// SPDX-License-Identifier: MIT
// Text to tokens, and the small things that every part of the parser takes from them.
#include "text.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool ir_text_is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool ir_text_is_name_char(char c)
{
    return ir_text_is_name_start(c) || is_digit(c);
}

bool ir_text_is_reserved(const char *name, size_t size)
{
    static const char *const words[] = {
        "barrier", "call",   "cast",   "else",   "false", "if",   "let",
        "loop",    "region", "resume", "return", "trap",  "true",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == size && memcmp(words[i], name, size) == 0)
            return true;
    return false;
}

// The character `ahead` bytes further, or NUL at the end of the text.
static char peek(const struct text_parser *parser, uint32_t ahead)
{
    return parser->size - parser->at > ahead ? parser->text[parser->at + ahead] : '\0';
}

static void next_line(struct text_parser *parser)
{
    parser->at++;
    parser->line++;
    parser->line_start = parser->at;
    parser->line_is_blank = true;
}

// From /* to */, which does not nest.
static void skip_block_comment(struct text_parser *parser)
{
    struct text_token start = {
        .start = parser->at,
        .size = 2,
        .pos = { parser->line, parser->at - parser->line_start + 1 },
    };
    parser->at += 2;
    while (peek(parser, 0) != '*' || peek(parser, 1) != '/') {
        if (parser->at >= parser->size) {
            ir_text_error(parser, DIAG_T004, &start, "close it with */",
                          "this comment does not end");
            return;
        }
        if (peek(parser, 0) == '\n')
            next_line(parser);
        else
            parser->at++;
    }
    parser->at += 2;
}

static void skip_space_and_comments(struct text_parser *parser)
{
    for (;;) {
        char c = peek(parser, 0);
        if (c == '/' && peek(parser, 1) == '/') {
            const char *rest = parser->text + parser->at;
            const char *end = memchr(rest, '\n', parser->size - parser->at);
            parser->at = end ? (uint32_t)(end - parser->text) : parser->size;
        } else if (c == '/' && peek(parser, 1) == '*') {
            skip_block_comment(parser);
        } else if (c == '\n') {
            next_line(parser);
        } else if (c == ' ' || c == '\t' || c == '\r') {
            parser->at++;
        } else {
            return;
        }
    }
}

// ---- Numbers ------------------------------------------------------------------------------------

// Reads digits of `base` with single underscores between them. False when there are none.
static bool read_digits(struct text_parser *parser, int base, uint64_t *value, bool *overflow)
{
    uint32_t digits = 0;
    for (;; parser->at++) {
        char c = peek(parser, 0);
        int digit = base == 16 ? hex_value(c) : is_digit(c) ? c - '0' : -1;
        if (digit >= base)
            digit = -1;
        if (c == '_' && digits && ir_text_is_name_char(peek(parser, 1)) && peek(parser, 1) != '_')
            continue;
        if (digit < 0)
            return digits > 0;
        digits++;
        if (*value > (UINT64_MAX - (uint64_t)digit) / (uint64_t)base)
            *overflow = true;
        else
            *value = *value * (uint64_t)base + (uint64_t)digit;
    }
}

// The part of a float behind its whole digits: fraction and exponent. False when malformed.
static bool read_fraction(struct text_parser *parser)
{
    uint64_t ignored = 0;
    bool overflow = false;
    if (peek(parser, 0) == '.') {
        parser->at++;
        if (!read_digits(parser, 10, &ignored, &overflow))
            return false;
    }
    if (peek(parser, 0) == 'e' || peek(parser, 0) == 'E') {
        parser->at++;
        if (peek(parser, 0) == '+' || peek(parser, 0) == '-')
            parser->at++;
        return read_digits(parser, 10, &ignored, &overflow);
    }
    return true;
}

// The digits from the start of the token to `end`.
static void read_float(struct text_parser *parser, struct text_token *token, uint32_t end)
{
    bool is_double = token->type == IR_TYPE_F64;
    str_clear(&parser->scratch);
    for (uint32_t i = token->start; i < end; i++)
        if (parser->text[i] != '_')
            str_putc(&parser->scratch, parser->text[i]);
    if (parser->scratch.failed) {
        parser->draft.failed = true;
        return;
    }
    if (!ir_text_float_parse(str_text(&parser->scratch), parser->scratch.size,
                             (enum ir_type_kind)token->type, &token->value))
        ir_text_error(parser, DIAG_T007, token,
                      is_double ? "write the bits: f64.bits(0x7ff0000000000000) is infinity"
                                : "write the bits: f32.bits(0x7f800000) is infinity",
                      "the number is not in the range of %s", is_double ? "f64" : "f32");
}

// The suffix that says a number's type, if there is one and it fits; what follows then is an error.
static void read_suffix(struct text_parser *parser, struct text_token *token, bool is_float)
{
    static const struct {
        const char *spelling;
        enum ir_type_kind type;
    } suffixes[] = {
        { "i", IR_TYPE_I32 },   { "u32", IR_TYPE_U32 }, { "i32", IR_TYPE_I32 },
        { "f32", IR_TYPE_F32 }, { "u64", IR_TYPE_U64 }, { "i64", IR_TYPE_I64 },
        { "f64", IR_TYPE_F64 },
    };
    uint32_t size = 0;
    while (ir_text_is_name_char(peek(parser, size)))
        size++;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (strlen(suffixes[i].spelling) != size ||
            memcmp(suffixes[i].spelling, parser->text + parser->at, size) != 0 ||
            (is_float && suffixes[i].spelling[0] != 'f'))
            continue;
        token->kind = TEXT_LITERAL;
        token->type = (uint8_t)suffixes[i].type;
        parser->at += size;
        return;
    }
}

static void read_number(struct text_parser *parser, struct text_token *token)
{
    bool overflow = false;
    bool fits_syntax;
    bool is_float = false;
    bool is_binary = false;
    if (peek(parser, 0) == '0' && (peek(parser, 1) == 'x' || peek(parser, 1) == 'X')) {
        parser->at += 2;
        fits_syntax = read_digits(parser, 16, &token->value, &overflow);
    } else if (peek(parser, 0) == '0' && (peek(parser, 1) == 'b' || peek(parser, 1) == 'B')) {
        parser->at += 2;
        is_binary = true;
        fits_syntax = read_digits(parser, 2, &token->value, &overflow);
    } else {
        fits_syntax = read_digits(parser, 10, &token->value, &overflow);
        // 0..8 is a range, not a float.
        is_float = (peek(parser, 0) == '.' && peek(parser, 1) != '.') || peek(parser, 0) == 'e' ||
                   peek(parser, 0) == 'E';
        if (is_float)
            fits_syntax = read_fraction(parser);
    }
    uint32_t digits_end = parser->at;
    token->kind = is_float ? TEXT_LITERAL : TEXT_INT;
    token->type = IR_TYPE_F32; // of a float without a suffix
    read_suffix(parser, token, is_float);
    is_float =
        token->kind == TEXT_LITERAL && (token->type == IR_TYPE_F32 || token->type == IR_TYPE_F64);
    if (ir_text_is_name_char(peek(parser, 0)) || (is_binary && is_float)) {
        fits_syntax = false;
        while (ir_text_is_name_char(peek(parser, 0)))
            parser->at++;
    }
    token->size = parser->at - token->start;
    if (!fits_syntax)
        ir_text_error(parser, DIAG_T006, token, NULL, "this is not a number");
    else if (is_float)
        read_float(parser, token, digits_end);
    else if (overflow)
        ir_text_error(parser, DIAG_T007, token, NULL, "the number does not fit 64 bits");
}

// ---- Other tokens -------------------------------------------------------------------------------

static void read_quoted(struct text_parser *parser, struct text_token *token, char quote)
{
    token->kind = quote == '"' ? TEXT_STRING : TEXT_QUOTED;
    for (parser->at++; peek(parser, 0) != quote; parser->at++) {
        if (peek(parser, 0) == '\\' && parser->at + 1 < parser->size)
            parser->at++;
        if (parser->at >= parser->size || peek(parser, 0) == '\n') {
            token->size = parser->at - token->start;
            ir_text_error(parser, DIAG_T004, token, NULL, "this %s does not end",
                          quote == '"' ? "string" : "quoted name");
            return;
        }
    }
    parser->at++;
}

static void read_punct(struct text_parser *parser, struct text_token *token)
{
    static const char pairs[][3] = { "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "..",
                                     "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=" };
    char first = peek(parser, 0);
    char second = peek(parser, 1);
    token->kind = TEXT_PUNCT;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i][0] == first && pairs[i][1] == second) {
            token->punct = PUNCT2(first, second);
            parser->at += 2;
            return;
        }
    }
    token->punct = (uint8_t)first;
    // The whole character, for the caret; the text is known to be UTF-8.
    size_t length = utf8_sequence(parser->text + parser->at, parser->size - parser->at);
    parser->at += (uint32_t)(length ? length : 1);
    if (first == '\0' || !strchr("()[]{},:;.@=<>+-*/%&|^~!", first)) {
        token->size = parser->at - token->start;
        ir_text_error(parser, DIAG_T003, token,
                      first == '?'   ? "to choose between two values write select(condition, a, b)"
                      : first == '#' ? "comments begin with //"
                                     : NULL,
                      "this character starts nothing");
    }
}

void ir_text_advance(struct text_parser *parser)
{
    if (parser->stopped)
        return;
    if (parser->draft.parts > IR_MOST_PARTS) {
        ir_text_error(parser, DIAG_T015, &parser->token,
                      "programs have at most 4,194,304 nodes, expressions and types",
                      "the program has too many parts");
        return;
    }
    skip_space_and_comments(parser);
    if (parser->stopped)
        return;
    struct text_token token = {
        .kind = TEXT_END,
        .starts_line = parser->line_is_blank,
        .start = parser->at,
        .pos = { parser->line, parser->at - parser->line_start + 1 },
    };
    parser->line_is_blank = false;
    char c = peek(parser, 0);
    if (parser->at == parser->size) {
        token.size = 0;
    } else if (ir_text_is_name_start(c)) {
        token.kind = TEXT_NAME;
        while (ir_text_is_name_char(peek(parser, 0)))
            parser->at++;
    } else if (is_digit(c)) {
        read_number(parser, &token);
    } else if (c == '"' || c == '`') {
        read_quoted(parser, &token, c);
    } else {
        read_punct(parser, &token);
    }
    if (parser->stopped)
        return; // the reader of the token reported; the current token is the end
    token.size = parser->at - token.start;
    parser->token = token;
}

struct ir_text_position ir_text_position(const struct text_parser *parser)
{
    return (struct ir_text_position){ parser->token, parser->at, parser->line, parser->line_start };
}

void ir_text_go_back(struct text_parser *parser, const struct ir_text_position *position)
{
    if (parser->stopped)
        return;
    parser->token = position->token;
    parser->at = position->at;
    parser->line = position->line;
    parser->line_start = position->line_start;
    parser->line_is_blank = false; // the token stands before it
}

// ---- What parsers ask for -----------------------------------------------------------------------

bool ir_text_is_punct(const struct text_parser *parser, uint16_t punct)
{
    return parser->token.kind == TEXT_PUNCT && parser->token.punct == punct;
}

bool ir_text_token_is(const struct text_parser *parser, const struct text_token *token,
                      const char *word)
{
    return token->kind == TEXT_NAME && strlen(word) == token->size &&
           memcmp(parser->text + token->start, word, token->size) == 0;
}

bool ir_text_is_word(const struct text_parser *parser, const char *word)
{
    return ir_text_token_is(parser, &parser->token, word);
}

bool ir_text_accept(struct text_parser *parser, uint16_t punct)
{
    if (!ir_text_is_punct(parser, punct))
        return false;
    ir_text_advance(parser);
    return true;
}

bool ir_text_accept_word(struct text_parser *parser, const char *word)
{
    if (!ir_text_is_word(parser, word))
        return false;
    ir_text_advance(parser);
    return true;
}

bool ir_text_expect(struct text_parser *parser, uint16_t punct, const char *what)
{
    if (ir_text_accept(parser, punct))
        return true;
    ir_text_expected(parser, what);
    return false;
}

// Decodes one escape at `at`, behind the backslash; returns its length or 0.
static uint32_t decode_escape(struct text_parser *parser, uint32_t at, uint32_t end)
{
    static const char from[] = "nrt\\\"`";
    static const char to[] = "\n\r\t\\\"`";
    char c = parser->text[at];
    if (c == 'x' && end - at >= 3) {
        int high = hex_value(parser->text[at + 1]);
        int low = hex_value(parser->text[at + 2]);
        if (high < 0 || low < 0)
            return 0;
        str_putc(&parser->scratch, (char)(high << 4 | low));
        return 3;
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return 0;
    str_putc(&parser->scratch, to[found - from]);
    return 1;
}

// The text between the quotes of a token, decoded into `scratch`. False when reported.
static bool decode(struct text_parser *parser, const struct text_token *token)
{
    str_clear(&parser->scratch);
    uint32_t end = token->start + token->size - 1;
    for (uint32_t at = token->start + 1; at < end; at++) {
        if (parser->text[at] != '\\') {
            str_putc(&parser->scratch, parser->text[at]);
            continue;
        }
        uint32_t length = decode_escape(parser, at + 1, end);
        if (!length) {
            struct text_token where = *token;
            where.start = at;
            where.size = 2;
            where.pos.column += at - token->start;
            ir_text_error(parser, DIAG_T005, &where, NULL, "this escape does not exist");
            return false;
        }
        at += length;
    }
    if (parser->scratch.failed) {
        parser->draft.failed = true;
        return false;
    }
    if (!utf8_valid(str_text(&parser->scratch), parser->scratch.size)) {
        ir_text_error(parser, DIAG_T005, token, NULL, "the escapes give a text that is not UTF-8");
        return false;
    }
    return true;
}

ir_name ir_text_token_name(struct text_parser *parser, const struct text_token *token)
{
    if (token->kind == TEXT_NAME)
        return ir_draft_name(&parser->draft, parser->text + token->start, token->size);
    if (!decode(parser, token))
        return 0;
    return ir_draft_name(&parser->draft, str_text(&parser->scratch), parser->scratch.size);
}

ir_name ir_text_name(struct text_parser *parser, const char *what)
{
    struct text_token token = parser->token;
    if (token.kind != TEXT_NAME && token.kind != TEXT_QUOTED) {
        ir_text_expected(parser, what);
        return 0;
    }
    if (token.kind == TEXT_NAME && ir_text_is_reserved(parser->text + token.start, token.size)) {
        ir_text_error(parser, DIAG_T018, &token, NULL, "%.*s is a word of the language",
                      (int)token.size, parser->text + token.start);
        return 0;
    }
    ir_text_advance(parser);
    return parser->stopped ? 0 : ir_text_token_name(parser, &token);
}

ir_name ir_text_string(struct text_parser *parser, const char *what)
{
    struct text_token token = parser->token;
    if (token.kind != TEXT_STRING) {
        ir_text_expected(parser, what);
        return 0;
    }
    ir_text_advance(parser);
    return parser->stopped ? 0 : ir_text_token_name(parser, &token);
}

uint64_t ir_text_number(struct text_parser *parser, uint64_t largest, const char *what)
{
    struct text_token token = parser->token;
    if (token.kind != TEXT_INT) {
        ir_text_expected(parser, what);
        return 0;
    }
    if (token.value > largest) {
        ir_text_error(parser, DIAG_T007, &token, NULL, "%s is at most %llu", what,
                      (unsigned long long)largest);
        return 0;
    }
    ir_text_advance(parser);
    return token.value;
}

int64_t ir_text_signed(struct text_parser *parser, const char *what)
{
    bool negative = ir_text_accept(parser, PUNCT1('-'));
    uint64_t magnitude = ir_text_number(parser, (uint64_t)INT64_MAX + negative, what);
    return (int64_t)(negative ? 0 - magnitude : magnitude);
}

const uint8_t *ir_text_payload(struct text_parser *parser, uint32_t *size)
{
    struct text_token token = parser->token;
    *size = 0;
    if (token.kind != TEXT_STRING)
        return ir_text_expected(parser, "a string of hexadecimal digits");
    const char *digits = parser->text + token.start + 1;
    uint32_t count = token.size - 2;
    ir_text_advance(parser);
    if (parser->draft.failed)
        return NULL;
    uint8_t *bytes = arena_alloc(&parser->draft.program->arena, count / 2);
    if (!bytes) {
        parser->draft.failed = true;
        return NULL;
    }
    bool valid = count % 2 == 0;
    for (uint32_t i = 0; valid && i < count / 2; i++) {
        int high = hex_value(digits[2 * i]);
        int low = hex_value(digits[2 * i + 1]);
        valid = high >= 0 && low >= 0;
        bytes[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    if (!valid)
        return ir_text_error(parser, DIAG_T016, &token, NULL, "a payload is pairs of hex digits");
    *size = count / 2;
    return bytes;
}

uint8_t ir_text_enum(struct text_parser *parser, const char *(*spelling)(unsigned tag),
                     const char *what)
{
    // Tags are small and may start at 1, so a missing one does not end the search.
    char choices[200];
    size_t used = 0;
    choices[0] = '\0';
    for (unsigned tag = 0; tag < 8; tag++) {
        const char *word = spelling(tag);
        if (!word)
            continue;
        if (ir_text_accept_word(parser, word))
            return (uint8_t)tag;
        int written = snprintf(choices + used, sizeof choices - used, "%s%s",
                               used ? ", " : "choose one of: ", word);
        if (written > 0 && used + (size_t)written < sizeof choices)
            used += (size_t)written;
    }
    if (parser->token.kind == TEXT_NAME)
        ir_text_error(parser, DIAG_T009, &parser->token, choices, "%.*s is not %s",
                      (int)parser->token.size, parser->text + parser->token.start, what);
    else
        ir_text_expected(parser, what);
    return 0;
}
