// SPDX-License-Identifier: MIT
// Packed slots: several operations in the arguments of one slot (spec: protocol.md, 1.7).
//
// As bytes, little-endian within words: the number of operations, the number of their arguments,
// and for each operation its opcode and where its arguments begin, in words after the first word
// that this leaves free. Arguments follow each other without gaps.
#include <vyre/protocol.h>

#include "words.h"

enum { MOST_OPS = UINT8_MAX };

// Words that the description of `count` operations takes.
static size_t head_words(size_t count)
{
    return (2 + 2 * count + 3) / 4;
}

static uint8_t byte_get(const uint32_t *words, size_t byte)
{
    return (uint8_t)(words[byte / 4] >> 8 * (byte % 4));
}

// The byte must be 0 before.
static void byte_put(uint32_t *words, size_t byte, uint8_t value)
{
    words[byte / 4] |= (uint32_t)value << 8 * (byte % 4);
}

enum vyre_result vyre_packed_encode(const struct vyre_packed_op *ops, size_t count,
                                    uint32_t args[VYRE_SLOT_ARGS],
                                    const struct vyre_diag_sink *diag)
{
    if (!args || (count > 0 && !ops))
        return VYRE_ERR_INVALID_ARGUMENT;
    memset(args, 0, VYRE_SLOT_ARGS * sizeof *args);
    if (count > MOST_OPS || head_words(count) > VYRE_SLOT_ARGS) {
        diag_report(diag, DIAG_P005, NULL, "%zu operations do not fit a slot, which holds %d",
                    count, VYRE_PACKED_MAX);
        return VYRE_ERR_LIMIT;
    }
    const size_t head = head_words(count);
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += ops[i].arg_count;
    if (total > VYRE_SLOT_ARGS - head) {
        diag_report(diag, DIAG_P005, NULL, "%zu operations leave room for %zu arguments, not %zu",
                    count, VYRE_SLOT_ARGS - head, total);
        return VYRE_ERR_LIMIT;
    }
    byte_put(args, 0, (uint8_t)count);
    byte_put(args, 1, (uint8_t)total);
    for (size_t i = 0, at = 0; i < count; at += ops[i].arg_count, i++) {
        byte_put(args, 2 + 2 * i, ops[i].opcode);
        byte_put(args, 3 + 2 * i, (uint8_t)at);
        if (ops[i].arg_count > 0)
            memcpy(args + head + at, ops[i].args, ops[i].arg_count * sizeof *args);
    }
    return VYRE_OK;
}

enum vyre_result vyre_packed_decode(const uint32_t args[VYRE_SLOT_ARGS],
                                    struct vyre_packed_op ops[VYRE_PACKED_MAX], size_t *count,
                                    const struct vyre_diag_sink *diag)
{
    if (!args || !ops || !count)
        return VYRE_ERR_INVALID_ARGUMENT;
    *count = 0;
    const size_t found = byte_get(args, 0);
    const size_t total = byte_get(args, 1);
    const size_t head = head_words(found);
    bool fits = head <= VYRE_SLOT_ARGS && total <= VYRE_SLOT_ARGS - head;
    // Where the arguments of an operation end is where those of the next begin.
    for (size_t i = 0, at = 0; fits && i <= found; i++) {
        const size_t next = i < found ? byte_get(args, 3 + 2 * i) : total;
        fits = i == 0 ? next == 0 : next >= at && next <= total;
        if (fits && i > 0)
            ops[i - 1].arg_count = (uint8_t)(next - at);
        if (fits && i < found) {
            ops[i].opcode = byte_get(args, 2 + 2 * i);
            ops[i].args = args + head + next;
        }
        at = next;
    }
    if (!fits) {
        diag_report(diag, DIAG_P007, NULL,
                    "%zu operations with %zu arguments are not laid out as in a packed slot", found,
                    total);
        return VYRE_ERR_INVALID_DATA;
    }
    *count = found;
    return VYRE_OK;
}
