// SPDX-License-Identifier: MIT
// Loads and stores of elements, whatever their size, and how many there are (spec: semantics.md,
// 2.4, 2.5, 6.1 to 6.3).
//
// An element of whole words is read and written word by word. One that is not is made of units of 1
// or 2 bytes. A device that has storage of 8 or 16 bits reads and writes these. Elsewhere, in
// workgroup memory, and in buffers that asynchronous copies take word by word, they lie inside
// words; a store replaces those bits atomically, so that what other invocations write to the rest
// of the word meanwhile is not lost.
//
// Bounds: the host promises the declared count where there is one, and at least 4 bytes behind each
// binding, in whole words. A load reads at the smaller of its word and the last one and then drops
// what was out of bounds; it has no branch. Stores out of bounds are branched around.
#include "numbers.h"

#include "base/size.h"

// ---- How many -----------------------------------------------------------------------------------

static const struct ir_type *element_type(const struct spv_lowering *lowering, uint32_t buffer)
{
    return lowering->program->buffers[buffer].element;
}

static bool is_workgroup(const struct spv_lowering *lowering, uint32_t buffer)
{
    return lowering->program->buffers[buffer].access == VYRE_ACCESS_WORKGROUP;
}

static uint64_t declared_bytes(const struct spv_lowering *lowering, uint32_t buffer)
{
    const struct ir_buffer *declared = &lowering->program->buffers[buffer];
    uint64_t bytes;
    return ir_type_packed_size(declared->element, declared->count, &bytes) ? bytes : 0;
}

// floor(bytes * over / under), computed at the start of the entry point.
static uint32_t scaled(struct spv_lowering *lowering, uint32_t bytes, uint32_t over, uint32_t under)
{
    enum spv_section at = lowering->at;
    lowering->at = SPV_PROLOGUE;
    uint32_t result = bytes;
    uint32_t shift = 0;
    while (shift < 31 && under > 1u << shift)
        shift++;
    if (under == 1u << shift && over == 1) {
        if (shift)
            result = spv_word2(lowering, SpvOpShiftRightLogical, bytes, spv_u32(lowering, shift));
    } else {
        // The product of the whole may not fit a word, those of its parts do.
        uint32_t divisor = spv_u32(lowering, under), factor = spv_u32(lowering, over);
        uint32_t whole = spv_word2(lowering, SpvOpUDiv, bytes, divisor);
        uint32_t rest = spv_word2(lowering, SpvOpUMod, bytes, divisor);
        whole = spv_word2(lowering, SpvOpIMul, whole, factor);
        rest = spv_word2(lowering, SpvOpIMul, rest, factor);
        rest = spv_word2(lowering, SpvOpUDiv, rest, divisor);
        result = spv_word2(lowering, SpvOpIAdd, whole, rest);
    }
    lowering->at = at;
    return result;
}

uint32_t spv_length(struct spv_lowering *lowering, uint32_t buffer)
{
    struct spv_buffer *state = &lowering->buffers[buffer];
    if (state->length)
        return state->length;
    if (!state->stride)
        state->length = spv_u32(lowering, 0);
    else if (is_workgroup(lowering, buffer))
        state->length =
            spv_u32(lowering, (uint32_t)(declared_bytes(lowering, buffer) / state->stride));
    else if (!spv_derived_length(lowering, buffer, &state->length))
        state->length = scaled(lowering, spv_push_word(lowering, state->binding), 1, state->stride);
    return state->length;
}

uint32_t spv_element_count(struct spv_lowering *lowering, uint32_t buffer)
{
    const struct ir_type *element = element_type(lowering, buffer);
    const struct spv_buffer *state = &lowering->buffers[buffer];
    uint64_t bits, size;
    uint32_t over = 1;
    if (is_workgroup(lowering, buffer)) {
        uint64_t bytes = declared_bytes(lowering, buffer), count;
        return spv_u32(lowering,
                       (uint32_t)(ir_type_element_count(element, bytes, &count) ? count : bytes));
    }
    if (ir_type_bits(element, &bits)) {
        if (bits == 8ull * state->stride)
            return spv_length(lowering, buffer);
        size = bits;
        for (over = 8; over > 1 && size % 2 == 0; over /= 2)
            size /= 2;
    } else if (!ir_type_size(element, &size)) {
        size = 1; // such a buffer counts bytes
    }
    uint32_t bytes = spv_push_word(lowering, state->binding);
    if (size > UINT32_MAX)
        return spv_u32(lowering, 0);
    return scaled(lowering, bytes, over, size ? (uint32_t)size : 1);
}

uint32_t spv_last_word(struct spv_lowering *lowering, uint32_t buffer)
{
    struct spv_buffer *state = &lowering->buffers[buffer];
    if (state->last)
        return state->last;
    if (is_workgroup(lowering, buffer)) {
        state->last = spv_u32(lowering, state->words - 1);
        return state->last;
    }
    // In units: elements, or bytes where those do not fill them.
    const bool whole = state->stride % state->unit == 0;
    const uint32_t words = state->stride / state->unit;
    uint32_t count = whole ? spv_length(lowering, buffer) : spv_push_word(lowering, state->binding);
    enum spv_section at = lowering->at;
    lowering->at = SPV_PROLOGUE;
    uint32_t one = spv_u32(lowering, 1);
    if (whole && words > 1)
        count = spv_word2(lowering, SpvOpIMul, count, spv_u32(lowering, words));
    uint32_t least = spv_glsl2(lowering, GLSLstd450UMax, count, one);
    state->last = spv_word2(lowering, SpvOpISub, least, one);
    if (!whole)
        state->last =
            spv_word2(lowering, SpvOpShiftRightLogical, state->last, spv_u32(lowering, 2));
    lowering->at = at;
    return state->last;
}

// ---- Elements -----------------------------------------------------------------------------------

// What a load gives, without its words.
static struct spv_value element_value(const struct spv_lowering *lowering, uint32_t buffer)
{
    switch (element_type(lowering, buffer)->kind) {
    case IR_TYPE_U32:
    // Elements of bool buffers stay raw words (spec: semantics.md, 2.4).
    case IR_TYPE_BOOL: return spv_value_of(0, SPV_U32);
    case IR_TYPE_I32: return spv_value_of(0, SPV_I32);
    case IR_TYPE_U64: return spv_value_of(0, SPV_U64);
    case IR_TYPE_F32: return spv_value_of(0, SPV_F32);
    case IR_TYPE_F64: return spv_value_of(0, SPV_F64);
    default:
        return (struct spv_value){ .kind = SPV_BYTES,
                                   .size = (uint8_t)lowering->buffers[buffer].stride };
    }
}

// A buffer whose elements can be loaded and stored, or UINT32_MAX after refusing the program.
static uint32_t find_elements(struct spv_lowering *lowering, ir_name name, const struct ir_pos *pos)
{
    uint32_t buffer = spv_find_buffer(lowering, name, pos);
    if (buffer == UINT32_MAX)
        return buffer;
    const struct ir_type *element = element_type(lowering, buffer);
    if (element->kind != IR_TYPE_BYTES && ir_type_stride(element) <= 4 * SPV_MOST_WORDS)
        return buffer;
    spv_refuse_type(lowering, element, pos, "an access to elements of type");
    return UINT32_MAX;
}

// Bytes that are read and written at once: an element is one or more such units.
static uint32_t unit_bytes(uint32_t stride)
{
    return stride % 4 == 0 ? 4 : stride % 2 == 0 ? 2 : 1;
}

static uint32_t unit_index(struct spv_lowering *lowering, uint32_t index, uint32_t units,
                           uint32_t unit)
{
    if (units > 1)
        index = spv_word2(lowering, SpvOpIMul, index, spv_u32(lowering, units));
    return unit ? spv_word2(lowering, SpvOpIAdd, index, spv_u32(lowering, unit)) : index;
}

// Where a unit of less than a word is: its word, and the bits before it.
struct unit_place {
    uint32_t word;
    uint32_t shift;
};

static struct unit_place place_unit(struct spv_lowering *lowering, uint32_t index, uint32_t bytes)
{
    struct unit_place place;
    const uint32_t log = bytes == 1 ? 2 : 1; // of units in a word
    place.word = spv_word2(lowering, SpvOpShiftRightLogical, index, spv_u32(lowering, log));
    uint32_t within =
        spv_word2(lowering, SpvOpBitwiseAnd, index, spv_u32(lowering, bytes == 1 ? 3 : 1));
    place.shift = spv_word2(lowering, SpvOpShiftLeftLogical, within, spv_u32(lowering, 5 - log));
    return place;
}

static uint32_t unit_mask(uint32_t bytes)
{
    return bytes == 1 ? 0xFF : 0xFFFF;
}

static uint32_t load_unit(struct spv_lowering *lowering, uint32_t buffer, uint32_t index,
                          uint32_t bytes, bool clamped)
{
    struct unit_place place = { .word = index };
    const bool native = lowering->buffers[buffer].unit < 4;
    if (bytes < 4 && !native)
        place = place_unit(lowering, index, bytes);
    if (clamped)
        place.word =
            spv_glsl2(lowering, GLSLstd450UMin, place.word, spv_last_word(lowering, buffer));
    if (native)
        return spv_load_unit(lowering, buffer, place.word);
    const bool shared = bytes < 4 && lowering->buffers[buffer].shared_words;
    uint32_t word = spv_load_word(lowering, buffer, place.word, shared);
    if (bytes == 4)
        return word;
    word = spv_word2(lowering, SpvOpShiftRightLogical, word, place.shift);
    return spv_word2(lowering, SpvOpBitwiseAnd, word, spv_u32(lowering, unit_mask(bytes)));
}

struct spv_value spv_load_element(struct spv_lowering *lowering, uint32_t buffer, uint32_t index,
                                  bool clamped)
{
    struct spv_value value = element_value(lowering, buffer);
    const uint32_t stride = lowering->buffers[buffer].stride;
    const uint32_t bytes = unit_bytes(stride);
    const uint32_t units = stride / bytes, per_word = 4 / bytes;
    for (uint32_t unit = 0; unit < units; unit++) {
        uint32_t at = unit_index(lowering, index, units, unit);
        uint32_t part = load_unit(lowering, buffer, at, bytes, clamped);
        const uint32_t shift = unit % per_word * bytes * 8;
        if (shift) {
            part = spv_word2(lowering, SpvOpShiftLeftLogical, part, spv_u32(lowering, shift));
            part =
                spv_word2(lowering, SpvOpBitwiseOr, part, spv_value_word(value, unit / per_word));
        }
        spv_set_word(&value, unit / per_word, part);
    }
    if (value.kind == SPV_F32)
        value.id = spv_canonical(lowering, value.id);
    return value;
}

static void store_unit(struct spv_lowering *lowering, uint32_t buffer, uint32_t index,
                       uint32_t bytes, uint32_t value)
{
    if (lowering->buffers[buffer].unit < 4) {
        spv_store_unit(lowering, buffer, index, value);
        return;
    }
    if (bytes == 4) {
        spv_store_word(lowering, buffer, index, value);
        return;
    }
    struct unit_place place = place_unit(lowering, index, bytes);
    uint32_t mask = spv_u32(lowering, unit_mask(bytes));
    value = spv_word2(lowering, SpvOpBitwiseAnd, value, mask);
    value = spv_word2(lowering, SpvOpShiftLeftLogical, value, place.shift);
    mask = spv_word2(lowering, SpvOpShiftLeftLogical, mask, place.shift);
    spv_merge_word(lowering, buffer, place.word, mask, value);
}

// What an f32 slot makes of a value: a word is taken as bits, anything else but a float is zero.
static uint32_t f32_slot(struct spv_lowering *lowering, struct spv_value value)
{
    value = spv_as_f32(lowering, value);
    return value.kind == SPV_F32 ? value.id : spv_u32(lowering, 0);
}

void spv_store_element(struct spv_lowering *lowering, uint32_t buffer, uint32_t index,
                       struct spv_value value)
{
    uint32_t words[SPV_MOST_WORDS];
    const uint32_t stride = lowering->buffers[buffer].stride;
    const uint32_t bytes = unit_bytes(stride);
    const uint32_t units = stride / bytes, per_word = 4 / bytes;
    if (element_type(lowering, buffer)->kind == IR_TYPE_F32)
        words[0] = f32_slot(lowering, value);
    else
        spv_to_words(lowering, value, words);
    for (uint32_t unit = 0; unit < units; unit++) {
        uint32_t part = words[unit / per_word];
        const uint32_t shift = unit % per_word * bytes * 8;
        if (shift)
            part = spv_word2(lowering, SpvOpShiftRightLogical, part, spv_u32(lowering, shift));
        store_unit(lowering, buffer, unit_index(lowering, index, units, unit), bytes, part);
    }
}

// ---- The language -------------------------------------------------------------------------------

// Nothing of it where the element is not `inside`.
static struct spv_value inside_or_zero(struct spv_lowering *lowering, struct spv_value value,
                                       uint32_t inside)
{
    uint32_t zero = spv_u32(lowering, 0);
    for (uint32_t i = 0; i < spv_word_count(value); i++)
        spv_set_word(
            &value, i,
            spv_choose(lowering, lowering->type_u32, inside, spv_value_word(value, i), zero));
    return value;
}

struct spv_value spv_load(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    uint32_t index = spv_as_word(lowering, spv_expr(lowering, expr->kids[0]));
    uint32_t buffer = find_elements(lowering, expr->name, &expr->pos);
    if (buffer == UINT32_MAX)
        return spv_value_of(index, SPV_U32);
    if (!lowering->buffers[buffer].stride) // no element is inside
        return (struct spv_value){ .id = spv_u32(lowering, 0), .kind = SPV_BYTES };
    const struct spv_access access = { VYRE_CHECK_LOAD, expr->kids[0], expr->pos };
    const bool checked = spv_check_needed(lowering, buffer, &access, index);
    struct spv_value value = spv_load_element(lowering, buffer, index, checked);
    if (!checked)
        return value;
    uint32_t length = spv_length(lowering, buffer);
    uint32_t inside = spv_test2(lowering, SpvOpULessThan, index, length);
    return inside_or_zero(lowering, value, inside);
}

void spv_store(struct spv_lowering *lowering, const struct ir_node *node)
{
    uint32_t index = spv_as_word(lowering, spv_expr(lowering, node->a));
    struct spv_value value = spv_expr(lowering, node->b);
    uint32_t buffer = find_elements(lowering, node->name, &node->pos);
    if (buffer == UINT32_MAX || !lowering->buffers[buffer].stride)
        return;
    struct spv_if branch;
    const struct spv_access access = { VYRE_CHECK_STORE, node->a, node->pos };
    bool checked = spv_begin_inside(lowering, buffer, &access, index, &branch, NULL);
    spv_store_element(lowering, buffer, index, value);
    if (checked)
        spv_if_end(lowering, &branch);
}
