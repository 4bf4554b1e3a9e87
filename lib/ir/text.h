// SPDX-License-Identifier: MIT
// The text form inside: one token stream, one parser per part of the language, all working on the
// same `struct text_parser`.
//
// An error is reported once; it stops the parser by moving it to the end of the text, so that every
// loop ends by itself and nobody needs to unwind. Functions that return a pointer then return NULL.
#ifndef IR_TEXT_H
#define IR_TEXT_H

#include "base/report.h"
#include "base/str.h"
#include "ir/draft.h"

// Bytes of a program. Offsets are 32 bits wide, and no program of the binary form prints to more:
// 64 MiB of names escaped byte by byte and 4,194,304 statements at their deepest are below 2 GiB.
#define TEXT_LARGEST UINT32_MAX

// Statements and expressions around each other, parentheses included. The binary form nests 64 of
// them, and each may print with a pair of parentheses.
enum { TEXT_DEEPEST = 256 };

enum text_kind {
    TEXT_END,
    TEXT_NAME,   // identifier or word of the language
    TEXT_QUOTED, // name between backticks
    TEXT_STRING,
    TEXT_INT,     // value
    TEXT_LITERAL, // value and type: a number with a suffix, or a float
    TEXT_PUNCT,   // punct
};

// One or two characters of punctuation as a number: PUNCT1('<'), PUNCT2('<', '=').
#define PUNCT1(a)    ((uint16_t)(a))
#define PUNCT2(a, b) ((uint16_t)((a) << 8 | (b)))

struct text_token {
    enum text_kind kind;
    uint16_t punct;
    uint8_t type;     // TEXT_LITERAL: enum ir_type_kind, one of u32 i32 f32 u64 i64 f64
    bool starts_line; // nothing but space before it on its line
    uint32_t start;   // byte offset
    uint32_t size;
    struct ir_pos pos;
    uint64_t value; // TEXT_LITERAL: the magnitude of an integer, the bits of a float
};

struct text_parser {
    const char *text;
    uint32_t size;
    uint32_t at;             // the lexer's position
    uint32_t line;           // 1-based
    uint32_t line_start;     // offset
    bool line_is_blank;      // nothing but space since line_start
    struct text_token token; // the current token
    const char *name;
    const struct vyre_diag_sink *diag;
    struct ir_draft draft;
    struct str scratch; // a decoded string
    uint32_t depth;     // statements and expressions around the current one
    uint32_t height;    // of the expression parsed last: 1 for a leaf
    bool stopped;       // an error was reported
};

// ---- Errors (text_parse.c) ----------------------------------------------------------------------

// Reports and stops. `fix` may be NULL, then the code's own is printed. Returns NULL.
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void *
ir_text_error(struct text_parser *parser, enum diag_code code, const struct text_token *where,
              const char *fix, const char *format, ...);
// "expected WHAT, found ..." at the current token.
void *ir_text_expected(struct text_parser *parser, const char *what);
void *ir_text_expected_fix(struct text_parser *parser, const char *what, const char *fix);

// ---- Advice (text_advice.c) ---------------------------------------------------------------------

// What to write instead of a word that begins no statement; NULL when there is nothing to say.
const char *ir_text_statement_advice(const struct text_parser *parser,
                                     const struct text_token *word);
// The candidate that differs from the word by a slip or two, NULL when none does. `candidate` gives
// the spellings one after the other, then NULL. Lifetime: that of the spellings.
const char *ir_text_nearest(const char *word, size_t size, const char *(*candidate)(size_t index));

enum { TEXT_MOST_FIX = 320 }; // bytes, with the NUL

// The fix for a word that is no candidate, in `out`, which is returned: the nearest one, if any,
// and then `known`, what there is.
const char *ir_text_word_fix(const struct text_parser *parser, const struct text_token *word,
                             const char *(*candidate)(size_t index), const char *known,
                             char out[TEXT_MOST_FIX]);

// ---- Tokens (text_lexer.c) ----------------------------------------------------------------------

void ir_text_advance(struct text_parser *parser);

// A look ahead of one token: remember the position, advance, go back. Going back after an error
// does nothing.
struct ir_text_position {
    struct text_token token;
    uint32_t at;
    uint32_t line;
    uint32_t line_start;
};
struct ir_text_position ir_text_position(const struct text_parser *parser);
void ir_text_go_back(struct text_parser *parser, const struct ir_text_position *position);

bool ir_text_is_name_start(char c);
bool ir_text_is_name_char(char c);
bool ir_text_is_reserved(const char *name, size_t size); // must be quoted to be a name
bool ir_text_is_punct(const struct text_parser *parser, uint16_t punct);
bool ir_text_is_word(const struct text_parser *parser, const char *word);
bool ir_text_token_is(const struct text_parser *parser, const struct text_token *token,
                      const char *word);

// Each takes the token when it is the wanted one. `accept` says whether, `expect` reports it.
bool ir_text_accept(struct text_parser *parser, uint16_t punct);
bool ir_text_accept_word(struct text_parser *parser, const char *word);
bool ir_text_expect(struct text_parser *parser, uint16_t punct, const char *what);

// Names may be plain or quoted; strings are decoded. 0 when reported. `what` is for the message.
ir_name ir_text_name(struct text_parser *parser, const char *what);
ir_name ir_text_token_name(struct text_parser *parser, const struct text_token *token);
ir_name ir_text_string(struct text_parser *parser, const char *what);
uint64_t ir_text_number(struct text_parser *parser, uint64_t largest, const char *what);
int64_t ir_text_signed(struct text_parser *parser, const char *what);
// A string of hexadecimal digits as bytes in the arena.
const uint8_t *ir_text_payload(struct text_parser *parser, uint32_t *size);
// One of the spellings of a small enumeration, as its tag.
uint8_t ir_text_enum(struct text_parser *parser, const char *(*spelling)(unsigned tag),
                     const char *what);

// ---- Numbers (text_float.c) ---------------------------------------------------------------------

// Decimal text without sign or underscores, as [0-9]+(.[0-9]+)?([eE][+-]?[0-9]+)?, as the nearest
// f32 or f64; `type` says which. False when it is too large or would round to zero.
bool ir_text_float_parse(const char *text, size_t size, enum ir_type_kind type, uint64_t *bits);
void ir_text_float_print(struct str *out, enum ir_type_kind type, uint64_t bits);

// Which of the things that may be declared once were.
struct text_declared {
    bool workgroup;
    bool unwrapped; // the statements are the entry as they stand, without the root-wrap rule
};

// ---- Parts of the language ----------------------------------------------------------------------

const struct ir_type *ir_text_type(
    struct text_parser *parser); // the token is the type's first word
// As ir_text_type, from a byte offset; the lexer goes on behind the type.
const struct ir_type *ir_text_type_at(struct text_parser *parser, uint32_t start);

// Parses one declaration into the draft; false when the current token begins none.
bool ir_text_declaration(struct text_parser *parser, struct text_declared *declared);
// Whether a word begins a declaration, given the token behind it, which is the current one.
bool ir_text_begins_declaration(const struct text_parser *parser, const struct text_token *word);

void ir_text_statement(struct text_parser *parser, struct ir_nodes *out);

struct ir_expr *ir_text_expr(struct text_parser *parser);
// left OP= value: the current token is OP=. Gives left OP value; `height` is that of `left`.
bool ir_text_is_compound(const struct text_parser *parser);
struct ir_expr *ir_text_compound(struct text_parser *parser, struct ir_expr *left, uint32_t height);
// `.ordering`. When there is none: *missing, or an error when that is NULL.
enum ir_ordering ir_text_ordering(struct text_parser *parser, const enum ir_ordering *missing);
// name[index]: the element that an atomic or an extension works on.
struct ir_expr *ir_text_element(struct text_parser *parser, ir_name *buffer);

// Counts a level of nesting; false, and reported, beyond TEXT_DEEPEST: more than that many of
// `what` lie around it. `fix` may be NULL.
bool ir_text_enter(struct text_parser *parser, const struct text_token *where, const char *what,
                   const char *fix);
void ir_text_leave(struct text_parser *parser);

// Spelling of the expressions that look like a call ("select"), NULL for the others.
const char *ir_text_expr_spelling(enum ir_expr_kind kind);
// The type is spelled by one identifier, so a cast to it is a call of that name.
bool ir_text_type_is_word(enum ir_type_kind kind);

// Spelling of a shape predicate and how many numbers it takes.
const char *ir_text_shape_spelling(enum ir_shape_kind kind, int *numbers);

// ---- Printing (ir_text_print_expr.c)
// ---------------------------------------------------------------

struct text_printer {
    struct str out;
    const struct vyre_program *program;
};

void ir_text_print_name(struct text_printer *printer, ir_name name);
void ir_text_print_string(struct text_printer *printer, ir_name name);
void ir_text_print_payload(struct text_printer *printer, ir_name kind, const uint8_t *payload,
                           uint32_t size);
void ir_text_print_expr(struct text_printer *printer, const struct ir_expr *expr);
// An extension, expression or statement, with the operands that ext.def says it has.
void ir_text_print_extension(struct text_printer *printer, enum ir_ext ext, ir_name buffer,
                             unsigned ordering, uint32_t immediate, struct ir_expr *const *kids);
void ir_text_print_type(struct text_printer *printer, const struct ir_type *type);

#endif // IR_TEXT_H
