// SPDX-License-Identifier: MIT
// Asynchronous copies, byte by byte as the language has them (spec: semantics.md, 7.7), made a word
// of the destination at a time. copies.h says when. Words that are touched only in part are changed
// by atomics, so that their other bytes may be changed by others at the same time.
//
// In the language every invocation makes the whole copy. Where all of a workgroup come by with the
// same offset and size, they share the work instead, and meet at the end.
#include "lowering.h"

#include "ir/tables.h"

// Positions in bytes. `end` and `source_end` are positions in the destination.
struct span {
    uint32_t to;         // start in the destination
    uint32_t end;        // of what is written
    uint32_t source_end; // of what comes from the source; the rest is 0
    uint32_t count;      // words of the destination from that of `to` on; 0: nothing is written
};

static uint32_t constant(struct spv_lowering *lowering, uint32_t value)
{
    return spv_u32(lowering, value);
}

static uint32_t shifted(struct spv_lowering *lowering, SpvOp op, uint32_t word, uint32_t by)
{
    return spv_word2(lowering, op, word, constant(lowering, by));
}

// Bits to shift by for a number of bytes below 4.
static uint32_t bits_of(struct spv_lowering *lowering, uint32_t bytes)
{
    uint32_t low = spv_word2(lowering, SpvOpBitwiseAnd, bytes, constant(lowering, 3));
    return shifted(lowering, SpvOpShiftLeftLogical, low, 3);
}

// min(size, length - from), or 0 behind the end.
static uint32_t clip(struct spv_lowering *lowering, uint32_t size, uint32_t from, uint32_t length)
{
    uint32_t room = spv_word2(lowering, SpvOpISub, length, from);
    uint32_t least = spv_glsl2(lowering, GLSLstd450UMin, size, room);
    uint32_t inside = spv_test2(lowering, SpvOpULessThan, from, length);
    return spv_choose(lowering, lowering->type_u32, inside, least, constant(lowering, 0));
}

static struct span measure(struct spv_lowering *lowering, const struct spv_copy *copy)
{
    struct span span = { .to = copy->to };
    uint32_t room = spv_byte_length(lowering, copy->destination);
    uint32_t there = spv_byte_length(lowering, copy->source);
    uint32_t size = clip(lowering, copy->size, copy->to, room);
    uint32_t from_source = clip(lowering, size, copy->from, there);
    span.end = spv_word2(lowering, SpvOpIAdd, copy->to, size);
    span.source_end = spv_word2(lowering, SpvOpIAdd, copy->to, from_source);
    uint32_t first = shifted(lowering, SpvOpShiftRightLogical, copy->to, 2);
    uint32_t last = spv_word2(lowering, SpvOpISub, span.end, constant(lowering, 1));
    last = shifted(lowering, SpvOpShiftRightLogical, last, 2);
    uint32_t count = spv_word2(lowering, SpvOpISub, last, first);
    count = spv_word2(lowering, SpvOpIAdd, count, constant(lowering, 1));
    uint32_t nothing = spv_test2(lowering, SpvOpIEqual, size, constant(lowering, 0));
    span.count = spv_choose(lowering, lowering->type_u32, nothing, constant(lowering, 0), count);
    return span;
}

// The bytes of the word at position `at` that lie before `end`.
static uint32_t mask_before(struct spv_lowering *lowering, uint32_t at, uint32_t end)
{
    const uint32_t type = lowering->type_u32;
    uint32_t left = spv_word2(lowering, SpvOpISub, end, at);
    uint32_t bit =
        spv_word2(lowering, SpvOpShiftLeftLogical, constant(lowering, 1), bits_of(lowering, left));
    uint32_t part = spv_word2(lowering, SpvOpISub, bit, constant(lowering, 1));
    uint32_t whole = spv_test2(lowering, SpvOpUGreaterThanEqual, left, constant(lowering, 4));
    uint32_t mask = spv_choose(lowering, type, whole, constant(lowering, UINT32_MAX), part);
    uint32_t none = spv_test2(lowering, SpvOpUGreaterThanEqual, at, end);
    return spv_choose(lowering, type, none, constant(lowering, 0), mask);
}

// Those that do not lie before `start`.
static uint32_t mask_from(struct spv_lowering *lowering, uint32_t at, uint32_t start)
{
    uint32_t before = spv_word2(lowering, SpvOpISub, start, at);
    uint32_t all = constant(lowering, UINT32_MAX);
    uint32_t part = spv_word2(lowering, SpvOpShiftLeftLogical, all, bits_of(lowering, before));
    uint32_t whole = spv_test2(lowering, SpvOpUGreaterThanEqual, at, start);
    return spv_choose(lowering, lowering->type_u32, whole, all, part);
}

// The word that begins `bits` bits into `low`, and goes on in `high`.
static uint32_t straddle(struct spv_lowering *lowering, uint32_t low, uint32_t high, uint32_t bits)
{
    // Shifting twice, because shifting by 32 is undefined.
    uint32_t rest = spv_word2(lowering, SpvOpBitwiseXor, bits, constant(lowering, 31));
    uint32_t above = shifted(lowering, SpvOpShiftLeftLogical, high, 1);
    above = spv_word2(lowering, SpvOpShiftLeftLogical, above, rest);
    uint32_t below = spv_word2(lowering, SpvOpShiftRightLogical, low, bits);
    return spv_word2(lowering, SpvOpBitwiseOr, below, above);
}

// The four bytes of the source at a position; those that do not exist are anything.
static uint32_t read_source(struct spv_lowering *lowering, uint32_t buffer, uint32_t position)
{
    const bool shared = lowering->buffers[buffer].shared_words;
    uint32_t length = spv_byte_length(lowering, buffer);
    uint32_t last = spv_glsl2(lowering, GLSLstd450UMax, length, constant(lowering, 1));
    last = spv_word2(lowering, SpvOpISub, last, constant(lowering, 1));
    last = shifted(lowering, SpvOpShiftRightLogical, last, 2);
    uint32_t index = shifted(lowering, SpvOpShiftRightLogical, position, 2);
    uint32_t next = spv_word2(lowering, SpvOpIAdd, index, constant(lowering, 1));
    // A position may lie before the source, where only its last bytes are wanted.
    next = spv_word2(lowering, SpvOpBitwiseAnd, next, constant(lowering, UINT32_MAX >> 2));
    uint32_t low =
        spv_load_word(lowering, buffer, spv_glsl2(lowering, GLSLstd450UMin, index, last), shared);
    uint32_t high =
        spv_load_word(lowering, buffer, spv_glsl2(lowering, GLSLstd450UMin, next, last), shared);
    return straddle(lowering, low, high, bits_of(lowering, position));
}

// Writes `word` at position `at` of the destination, as far as the span goes.
static void write_word(struct spv_lowering *lowering, const struct spv_copy *copy,
                       const struct span *span, uint32_t at, uint32_t word)
{
    uint32_t index = shifted(lowering, SpvOpShiftRightLogical, at, 2);
    uint32_t before = mask_before(lowering, at, span->end);
    uint32_t mask = spv_word2(lowering, SpvOpBitwiseAnd, before, mask_from(lowering, at, span->to));
    uint32_t from_source = mask_before(lowering, at, span->source_end);
    word = spv_word2(lowering, SpvOpBitwiseAnd, word, from_source);
    uint32_t all = constant(lowering, UINT32_MAX);
    uint32_t whole = spv_test2(lowering, SpvOpIEqual, mask, all);
    struct spv_if branch = spv_if_begin(lowering, whole, true);
    spv_store_word(lowering, copy->destination, index, word);
    spv_if_otherwise(lowering, &branch);
    uint32_t some = spv_test2(lowering, SpvOpINotEqual, mask, constant(lowering, 0));
    struct spv_if partial = spv_if_begin(lowering, some, false);
    spv_merge_word(lowering, copy->destination, index, mask,
                   spv_word2(lowering, SpvOpBitwiseAnd, word, mask));
    spv_if_end(lowering, &partial);
    spv_if_end(lowering, &branch);
}

// ---- In a loop --------------------------------------------------------------------------------

static void copy_word(struct spv_lowering *lowering, const struct spv_copy *copy,
                      const struct span *span, uint32_t number)
{
    uint32_t first = spv_word2(lowering, SpvOpBitwiseAnd, span->to, constant(lowering, ~3u));
    uint32_t offset = shifted(lowering, SpvOpShiftLeftLogical, number, 2);
    uint32_t at = spv_word2(lowering, SpvOpIAdd, first, offset);
    uint32_t done = spv_word2(lowering, SpvOpISub, at, span->to);
    uint32_t position = spv_word2(lowering, SpvOpIAdd, copy->from, done);
    write_word(lowering, copy, span, at, read_source(lowering, copy->source, position));
}

static void copy_in_loop(struct spv_lowering *lowering, const struct spv_copy *copy, bool shared)
{
    struct span span = measure(lowering, copy);
    struct spv_loop loop = {
        .from = shared ? spv_built_in(lowering, SPV_LOCAL_INDEX, 0) : constant(lowering, 0),
        .to = span.count,
        .step = shared ? lowering->facts.workgroup_invocations : 1,
        .guarded = lowering->facts.guard_copies,
        .charge = 1,
        .fault = VYRE_FAULT_COPY_LIMIT,
        .number = copy->number,
    };
    spv_loop_begin(lowering, &loop);
    copy_word(lowering, copy, &span, loop.counter);
    spv_loop_end(lowering, &loop);
}

static bool is_shared(const struct spv_lowering *lowering, const struct ir_node *node)
{
    const struct spv_flow *flow = &lowering->flow;
    return lowering->facts.workgroup_invocations > 1 && !lowering->mixed_flow &&
           !lowering->maybe_dead && !spv_flow_is_mixed(flow, node->a) &&
           !spv_flow_is_mixed(flow, node->b);
}

static void make_copy(struct spv_lowering *lowering, const struct spv_copy *copy)
{
    struct spv_if branch;
    if (copy->is_shared) {
        // Others may just have written the source, or read the destination.
        spv_barrier(lowering);
        copy_in_loop(lowering, copy, true);
        spv_barrier(lowering);
        return;
    }
    const bool only_alive = spv_if_alive(lowering, &branch);
    copy_in_loop(lowering, copy, false);
    if (only_alive)
        spv_if_end(lowering, &branch);
    lowering->maybe_dead |= only_alive;
}

// ---- In registers -----------------------------------------------------------------------------

static uint32_t kept_words(const struct ir_node *start)
{
    return (start->b->bits + 3) / 4;
}

static void keep(struct spv_lowering *lowering, struct spv_copy *copy, const struct ir_node *start)
{
    for (uint32_t i = 0; i < kept_words(start); i++) {
        uint32_t position = spv_word2(lowering, SpvOpIAdd, copy->from, constant(lowering, 4 * i));
        copy->words[i] = read_source(lowering, copy->source, position);
    }
    copy->kept = kept_words(start);
}

static void write_kept(struct spv_lowering *lowering, const struct spv_copy *copy)
{
    const uint32_t count = copy->kept;
    struct span span = measure(lowering, copy);
    uint32_t zero = constant(lowering, 0);
    uint32_t first = spv_word2(lowering, SpvOpBitwiseAnd, span.to, constant(lowering, ~3u));
    // A kept word begins some bytes into a word of the destination: that one gets the end of the
    // kept word before it, and its beginning.
    uint32_t lead = spv_word2(lowering, SpvOpISub, zero, span.to);
    uint32_t bits = bits_of(lowering, lead);
    uint32_t aligned = spv_test2(lowering, SpvOpIEqual, bits, zero);
    for (uint32_t i = 0; count && i <= count; i++) {
        uint32_t here = i < count ? copy->words[i] : zero;
        uint32_t before = i ? copy->words[i - 1] : zero;
        uint32_t word = straddle(lowering, before, here, bits);
        word = spv_choose(lowering, lowering->type_u32, aligned, here, word);
        uint32_t wanted = spv_test2(lowering, SpvOpULessThan, constant(lowering, i), span.count);
        struct spv_if branch = spv_if_begin(lowering, spv_and_alive(lowering, wanted), false);
        uint32_t at = spv_word2(lowering, SpvOpIAdd, first, constant(lowering, 4 * i));
        write_word(lowering, copy, &span, at, word);
        spv_if_end(lowering, &branch);
    }
}

// ---- Statements -------------------------------------------------------------------------------

// A number of bytes.
static uint32_t bytes(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    struct spv_value value = spv_expr(lowering, expr);
    if (value.kind == SPV_U64) {
        // No buffer is longer than a u32 counts, so any larger number is as good as the largest.
        uint32_t fits =
            spv_test2(lowering, SpvOpIEqual, spv_value_word(value, 1), constant(lowering, 0));
        return spv_choose(lowering, lowering->type_u32, fits, value.id,
                          constant(lowering, UINT32_MAX));
    }
    if (value.kind != SPV_U32)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L004, &expr->pos,
                   "the offset and the size of a copy are compiled for u32 and u64 only");
    return value.id;
}

void spv_async_start(struct spv_lowering *lowering, const struct ir_node *node)
{
    const uint32_t number = lowering->next_copy++;
    struct spv_copy *copy = &lowering->copies.items[number];
    const bool load = node->kind == IR_NODE_ASYNC_LOAD;
    uint32_t offset = bytes(lowering, node->a);
    copy->size = bytes(lowering, node->b);
    copy->source = spv_find_buffer(lowering, node->name, &node->pos);
    copy->destination = spv_find_buffer(lowering, node->name2, &node->pos);
    if (lowering->status)
        return;
    copy->from = load ? offset : constant(lowering, 0);
    copy->to = load ? constant(lowering, 0) : offset;
    copy->is_shared = is_shared(lowering, node);
    lowering->open_copies[node->tag] = number + 1;
    if (copy->mode == SPV_COPY_KEPT)
        keep(lowering, copy, node);
    else if (copy->mode == SPV_COPY_AT_START)
        make_copy(lowering, copy);
}

void spv_async_wait(struct spv_lowering *lowering, const struct ir_node *node)
{
    // The plan has found every wait's copy.
    uint32_t *open = &lowering->open_copies[node->name];
    if (!*open)
        return;
    const struct spv_copy *copy = &lowering->copies.items[*open - 1];
    *open = 0;
    if (copy->mode == SPV_COPY_KEPT)
        write_kept(lowering, copy);
    else if (copy->mode == SPV_COPY_AT_WAIT)
        make_copy(lowering, copy);
}
