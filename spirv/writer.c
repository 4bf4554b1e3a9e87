// SPDX-License-Identifier: MIT
#include "writer.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

void spv_writer_fini(struct spv_writer *writer)
{
    for (int i = 0; i < SPV_SECTION_COUNT; i++)
        if (writer->sections[i].items != writer->first[i])
            array_fini(&writer->sections[i]);
    memory_free(writer->interned);
    *writer = (struct spv_writer){ 0 };
}

static bool reserve(struct spv_writer *writer, enum spv_section section, size_t count)
{
    struct spv_words *words = &writer->sections[section];
    uint32_t *first = writer->first[section];
    if (words->items && words->items != first)
        return array_reserve(words, count);
    if (count <= SPV_FIRST_WORDS - words->count) {
        words->items = first;
        words->capacity = SPV_FIRST_WORDS;
        return true;
    }
    struct spv_words larger = { 0 };
    if (!array_reserve(&larger, words->count + count))
        return false;
    if (words->count)
        memcpy(larger.items, first, words->count * sizeof *first);
    larger.count = words->count;
    *words = larger;
    return true;
}

void spv_writer_fail(struct spv_writer *writer, enum vyre_result status)
{
    if (!writer->status)
        writer->status = status;
}

void spv_writer_expect(struct spv_writer *writer, uint64_t words)
{
    enum { MOST = 1 << 24 };
    if (!reserve(writer, SPV_BODY, (size_t)u64_min(words, MOST)))
        spv_writer_fail(writer, VYRE_ERR_NO_MEMORY);
}

uint32_t spv_writer_id(struct spv_writer *writer)
{
    if (writer->next_id >= SPV_ID_LIMIT) {
        spv_writer_fail(writer, VYRE_ERR_LIMIT);
        return 1;
    }
    return writer->next_id++;
}

// An OpLine counts to the end of its block (SPIR-V 1.6, 3.32.2).
static bool ends_block(SpvOp op)
{
    switch (op) {
    case SpvOpBranch:
    case SpvOpBranchConditional:
    case SpvOpSwitch:
    case SpvOpReturn:
    case SpvOpUnreachable: return true;
    default: return false;
    }
}

// Lines stand before instructions of blocks, but not between a merge and its branch, which both
// come from one place.
static void tell_line(struct spv_writer *writer, SpvOp op)
{
    if (op == SpvOpLabel || op == SpvOpFunctionEnd || op == SpvOpLine || op == SpvOpNoLine)
        return;
    const struct spv_line line = writer->line;
    if (line.line != writer->line_now.line || line.column != writer->line_now.column) {
        writer->line_now = line;
        if (line.line)
            SPV_EMIT(writer, SPV_BODY, SpvOpLine, writer->file, line.line, line.column);
        else
            spv_emit(writer, SPV_BODY, SpvOpNoLine, NULL, 0);
    }
    if (ends_block(op))
        writer->line_now = (struct spv_line){ 0 };
}

uint32_t *spv_open_slowly(struct spv_writer *writer, enum spv_section section, SpvOp op,
                          size_t count)
{
    if (section == SPV_BODY && writer->file)
        tell_line(writer, op);
    if (count > UINT16_MAX) {
        spv_writer_fail(writer, VYRE_ERR_LIMIT);
        return NULL;
    }
    if (!reserve(writer, section, count)) {
        spv_writer_fail(writer, VYRE_ERR_NO_MEMORY);
        return NULL;
    }
    return spv_begin_instruction(writer, section, op, count);
}

void spv_emit(struct spv_writer *writer, enum spv_section section, SpvOp op,
              const uint32_t *operands, size_t count)
{
    uint32_t *words = spv_open_instruction(writer, section, op, count + 1);
    if (!words)
        return;
    // Most instructions are short: a call would cost more than the copy.
    for (size_t i = 0; i < count; i++)
        words[1 + i] = operands[i];
}

void spv_emit_text(struct spv_writer *writer, enum spv_section section, SpvOp op,
                   const uint32_t *operands, size_t count, const char *text, size_t size,
                   const uint32_t *tail, size_t tail_count)
{
    size_t text_words = size / 4 + 1; // with the NUL
    uint32_t *words =
        spv_open_instruction(writer, section, op, 1 + count + text_words + tail_count);
    if (!words)
        return;
    if (count)
        memcpy(words + 1, operands, count * sizeof *operands);
    uint32_t *packed = words + 1 + count;
    memset(packed, 0, text_words * sizeof *packed);
    // Characters go into words low byte first, whatever the host's byte order.
    for (size_t i = 0; i < size; i++)
        packed[i / 4] |= (uint32_t)(unsigned char)text[i] << (i % 4 * 8);
    if (tail_count)
        memcpy(packed + text_words, tail, tail_count * sizeof *tail);
}

bool spv_writer_just_made(const struct spv_writer *writer, uint32_t id)
{
    const struct spv_words *words = &writer->sections[SPV_BODY];
    if (words->count == 0)
        return false;
    const uint32_t *last = words->items + writer->last_at;
    switch ((SpvOp)(last[0] & SpvOpCodeMask)) {
    case SpvOpLabel:
    case SpvOpStore:
    case SpvOpAtomicStore:
    case SpvOpSelectionMerge:
    case SpvOpLoopMerge:
    case SpvOpControlBarrier:
    case SpvOpMemoryBarrier: return false;
    default:
        return last[0] >> SpvWordCountShift > 2 && last[2] == id &&
               !ends_block(last[0] & SpvOpCodeMask);
    }
}

// ---- Types and constants ----------------------------------------------------------------------

// FNV-1a over words. A program chooses its constants, and with them where they fall in the table;
// so a search for a constant ends after MOST_PROBES, and the constant is declared once more, which
// is allowed (SPIR-V 1.6, 2.8: only types must not repeat). Types come in a fixed number.
enum { MOST_PROBES = 64 };

static uint32_t hash_words(uint32_t hash, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ words[i]) * 0x01000193u;
        hash ^= hash >> 15;
    }
    return hash;
}

// The table's notion of an instruction: everything but the result id, which is word `id_at`.
static uint32_t hash_stored(const uint32_t *words, size_t id_at)
{
    size_t count = words[0] >> SpvWordCountShift;
    uint32_t hash = hash_words(0x811C9DC5u, words, 1);
    hash = hash_words(hash, words + 1, id_at - 1);
    return hash_words(hash, words + id_at + 1, count - id_at - 1);
}

static size_t result_position(uint32_t first_word)
{
    switch ((SpvOp)(first_word & SpvOpCodeMask)) {
    case SpvOpConstant:
    case SpvOpConstantTrue:
    case SpvOpConstantFalse:
    case SpvOpConstantNull:
    case SpvOpConstantComposite: return 2;
    default: return 1;
    }
}

static bool grow_interned(struct spv_writer *writer)
{
    size_t size = writer->interned_size ? writer->interned_size * 2 : 64;
    uint32_t *slots = memory_calloc(size, sizeof *slots);
    if (!slots)
        return false;
    const uint32_t *globals = writer->sections[SPV_GLOBALS].items;
    for (size_t i = 0; i < writer->interned_size; i++) {
        if (!writer->interned[i])
            continue;
        const uint32_t *words = globals + writer->interned[i] - 1;
        size_t slot = hash_stored(words, result_position(words[0])) & (size - 1);
        while (slots[slot])
            slot = (slot + 1) & (size - 1);
        slots[slot] = writer->interned[i];
    }
    memory_free(writer->interned);
    writer->interned = slots;
    writer->interned_size = size;
    return true;
}

// Of a few words, for which a call of memcmp would cost more.
static bool same_words(const uint32_t *a, const uint32_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static uint32_t intern(struct spv_writer *writer, SpvOp op, size_t id_at, const uint32_t *operands,
                       size_t count)
{
    if (writer->interned_count * 4 >= writer->interned_size * 3 && !grow_interned(writer)) {
        spv_writer_fail(writer, VYRE_ERR_NO_MEMORY);
        return 1;
    }
    static const uint32_t none[1];
    if (!operands)
        operands = none; // memcpy wants a pointer even for nothing
    const uint32_t first = (uint32_t)(count + 2) << SpvWordCountShift | (uint32_t)op;
    const size_t before = id_at - 1; // operands that precede the result id
    uint32_t hash = hash_words(0x811C9DC5u, &first, 1);
    hash = hash_words(hash, operands, count);
    size_t slot = hash & (writer->interned_size - 1);
    bool keep = true;
    for (uint32_t probes = 0; writer->interned[slot];
         slot = (slot + 1) & (writer->interned_size - 1)) {
        if (id_at == 2 && ++probes > MOST_PROBES) {
            keep = false;
            break;
        }
        const uint32_t *words = writer->sections[SPV_GLOBALS].items + writer->interned[slot] - 1;
        if (words[0] == first && same_words(words + 1, operands, before) &&
            same_words(words + id_at + 1, operands + before, count - before))
            return words[id_at];
    }
    size_t offset = writer->sections[SPV_GLOBALS].count;
    uint32_t *words = spv_open_instruction(writer, SPV_GLOBALS, op, count + 2);
    if (!words)
        return 1;
    uint32_t id = spv_writer_id(writer);
    if (before)
        memcpy(words + 1, operands, before * sizeof *operands);
    words[id_at] = id;
    if (count > before)
        memcpy(words + id_at + 1, operands + before, (count - before) * sizeof *operands);
    if (keep) {
        writer->interned[slot] = (uint32_t)offset + 1;
        writer->interned_count++;
    }
    return id;
}

uint32_t spv_intern_type(struct spv_writer *writer, SpvOp op, const uint32_t *operands,
                         size_t count)
{
    return intern(writer, op, 1, operands, count);
}

uint32_t spv_intern_constant(struct spv_writer *writer, SpvOp op, const uint32_t *operands,
                             size_t count)
{
    return intern(writer, op, 2, operands, count);
}

// ---- The module -------------------------------------------------------------------------------

enum { HEADER_WORDS = 5 };

enum vyre_result spv_writer_finish(struct spv_writer *writer, uint32_t version, uint32_t **out,
                                   size_t *count)
{
    *out = NULL;
    *count = 0;
    spv_emit(writer, SPV_BODY, SpvOpFunctionEnd, NULL, 0);
    if (writer->status)
        return writer->status;
    size_t total = HEADER_WORDS, before = HEADER_WORDS;
    for (int i = 0; i < SPV_SECTION_COUNT; i++) {
        total += writer->sections[i].count; // these arrays exist, so the sum fits
        before += i < SPV_BODY ? writer->sections[i].count : 0;
    }
    size_t bytes;
    if (!size_mul(total, sizeof(uint32_t), &bytes))
        return VYRE_ERR_LIMIT;
    // The largest section becomes the module: what comes before it is put before it.
    struct spv_words body = writer->sections[SPV_BODY];
    const bool is_first = body.items == writer->first[SPV_BODY];
    uint32_t *words = is_first ? memory_alloc(bytes) : memory_realloc(body.items, bytes);
    if (!words)
        return VYRE_ERR_NO_MEMORY;
    memmove(words + before, is_first ? body.items : words, body.count * sizeof *words);
    writer->sections[SPV_BODY] = (struct spv_words){ 0 };
    words[0] = SpvMagicNumber;
    words[1] = version;
    words[2] = 0; // generator: not registered
    words[3] = writer->next_id;
    words[4] = 0; // schema
    size_t at = HEADER_WORDS;
    for (int i = 0; i < SPV_SECTION_COUNT; i++) {
        const struct spv_words *section = i == SPV_BODY ? &body : &writer->sections[i];
        if (section->count && i != SPV_BODY)
            memcpy(words + at, section->items, section->count * sizeof *words);
        at += section->count;
    }
    *out = words;
    *count = total;
    return VYRE_OK;
}
