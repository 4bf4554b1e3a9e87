// SPDX-License-Identifier: MIT
// The module writer: one stream of words per section of a SPIR-V module (SPIR-V 1.6, 2.4), with one
// entry point function. It knows the shape of instructions and nothing of vyre.
//
// Failure is sticky: emitters return nothing, spv_writer_finish reports the first failure.
#ifndef SPV_WRITER_H
#define SPV_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <spirv/unified1/GLSL.std.450.h>
#include <spirv/unified1/spirv.h>

#include "base/array.h"
#include <vyre/result.h>

// In module order. From SPV_HEAD to SPV_BODY it is the entry point function: its head, its
// variables, what is computed once at its start, and everything else.
enum spv_section {
    SPV_CAPABILITIES,
    SPV_EXTENSIONS,
    SPV_IMPORTS,
    SPV_MODEL,
    SPV_ENTRY,
    SPV_MODES,
    SPV_STRINGS,
    SPV_NAMES,
    SPV_DECORATIONS,
    SPV_GLOBALS,
    SPV_HEAD,
    SPV_LOCALS,
    SPV_PROLOGUE,
    SPV_BODY,
    SPV_FUNCTIONS, // what the entry point calls, each with its OpFunctionEnd
    SPV_SECTION_COUNT
};

struct spv_words {
    ARRAY(uint32_t);
};

struct spv_line {
    uint32_t line; // 0: of no line
    uint32_t column;
};

// SPIR-V 1.6, 2.17: a module that every implementation takes has ids below this bound.
enum { SPV_ID_LIMIT = 0x3FFFFF };

// Most sections of most modules fit into this many words, which are in the writer.
enum { SPV_FIRST_WORDS = 48 };

// Zero-initialised is ready to use, except that `next_id` starts at 1. It must stay where it is
// once something was emitted.
struct spv_writer {
    struct spv_words sections[SPV_SECTION_COUNT]; // owned, but for those that are in `first`
    uint32_t next_id;
    uint32_t *interned; // open addressing; offset in SPV_GLOBALS plus 1, 0 is free
    size_t interned_size;
    size_t interned_count;
    enum vyre_result status; // VYRE_OK, NO_MEMORY, or LIMIT: too many ids or words
    // Lines of a source text, for instructions in SPV_BODY.
    uint32_t file;            // id of its name; 0: no lines are wanted
    struct spv_line line;     // of what is emitted
    struct spv_line line_now; // as the last OpLine that still counts says
    size_t last_at;           // where the last instruction of SPV_BODY begins
    uint32_t first[SPV_SECTION_COUNT][SPV_FIRST_WORDS];
};

void spv_writer_fini(struct spv_writer *writer);

// Makes the writer fail; the first reason stays.
void spv_writer_fail(struct spv_writer *writer, enum vyre_result status);

// Room for as many words of SPV_BODY as there will probably be.
void spv_writer_expect(struct spv_writer *writer, uint64_t words);

// A fresh id. Ids past the limit make the writer fail.
uint32_t spv_writer_id(struct spv_writer *writer);

uint32_t *spv_open_slowly(struct spv_writer *writer, enum spv_section section, SpvOp op,
                          size_t count);

// In room that there is.
static inline uint32_t *spv_begin_instruction(struct spv_writer *writer, enum spv_section section,
                                              SpvOp op, size_t count)
{
    struct spv_words *words = &writer->sections[section];
    uint32_t *first = words->items + words->count;
    if (section == SPV_BODY)
        writer->last_at = words->count;
    words->count += count;
    first[0] = (uint32_t)count << SpvWordCountShift | (uint32_t)op;
    return first;
}

// Room for one instruction of `count` words, of which the first is written and the others are the
// caller's to fill in before anything else goes to this section. NULL: the writer has failed.
static inline uint32_t *spv_open_instruction(struct spv_writer *writer, enum spv_section section,
                                             SpvOp op, size_t count)
{
    struct spv_words *words = &writer->sections[section];
    // The word count of an instruction has 16 bits.
    if ((writer->file && section == SPV_BODY) || count > UINT16_MAX ||
        words->capacity - words->count < count)
        return spv_open_slowly(writer, section, op, count);
    return spv_begin_instruction(writer, section, op, count);
}

// Appends one instruction with its operands, result type and result id included.
void spv_emit(struct spv_writer *writer, enum spv_section section, SpvOp op,
              const uint32_t *operands, size_t count);

// The same with the operands written out; at least one.
#define SPV_EMIT(writer, section, op, ...)                                                         \
    spv_emit((writer), (section), (op), (const uint32_t[]){ __VA_ARGS__ },                         \
             sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

// Appends one instruction whose last operand before `tail` is a literal string.
void spv_emit_text(struct spv_writer *writer, enum spv_section section, SpvOp op,
                   const uint32_t *operands, size_t count, const char *text, size_t size,
                   const uint32_t *tail, size_t tail_count);

// Whether the last instruction that went to SPV_BODY has the result `id`.
bool spv_writer_just_made(const struct spv_writer *writer, uint32_t id);

// The id of a type or constant, which is declared when it is new. For a type the operands follow
// the result id; for a constant the first operand is its type. Equal types have one id; equal
// constants do too, unless the program's constants are chosen to crowd the table.
uint32_t spv_intern_type(struct spv_writer *writer, SpvOp op, const uint32_t *operands,
                         size_t count);
uint32_t spv_intern_constant(struct spv_writer *writer, SpvOp op, const uint32_t *operands,
                             size_t count);

// The whole module for a SPIR-V version word such as 0x00010300; memory_free frees *out.
enum vyre_result spv_writer_finish(struct spv_writer *writer, uint32_t version, uint32_t **out,
                                   size_t *count);

#endif // SPV_WRITER_H
