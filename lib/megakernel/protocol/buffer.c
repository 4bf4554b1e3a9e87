// SPDX-License-Identifier: MIT
// The four buffers of a kernel: how large they are, which sizes a kernel takes, and what they hold
// before anything happened (spec: protocol.md, 1.8 and 1.9).
#include <vyre/io_queue.h>
#include <vyre/protocol.h>

#include "words.h"

static const char *const names[] = {
    [VYRE_PROTOCOL_CONTROL] = "control block",
    [VYRE_PROTOCOL_RING] = "ring",
    [VYRE_PROTOCOL_DEBUG_LOG] = "debug log",
    [VYRE_PROTOCOL_IO_QUEUE] = "io queue",
};

static bool known(enum vyre_protocol_buffer buffer)
{
    return (unsigned)buffer < sizeof names / sizeof *names;
}

enum vyre_result vyre_protocol_size(enum vyre_protocol_buffer buffer, uint32_t count, uint64_t *out)
{
    // Word counts fit 32 bits in the original, so larger buffers do not exist.
    static const struct {
        uint32_t least, most; // parts
        uint32_t head, part;  // words
    } shapes[] = {
        [VYRE_PROTOCOL_CONTROL] = { 0, UINT32_MAX - VYRE_CONTROL_OBSERVABLE,
                                    VYRE_CONTROL_OBSERVABLE, 1 },
        [VYRE_PROTOCOL_RING] = { 0, UINT32_MAX / VYRE_SLOT_WORDS, 0, VYRE_SLOT_WORDS },
        [VYRE_PROTOCOL_DEBUG_LOG] = { 0, UINT32_MAX / VYRE_DEBUG_RECORD_WORDS, VYRE_DEBUG_RECORDS,
                                      VYRE_DEBUG_RECORD_WORDS },
        [VYRE_PROTOCOL_IO_QUEUE] = { 1, VYRE_IO_MAX_SLOTS, 0, VYRE_IO_SLOT_WORDS },
    };
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = 0;
    if (!known(buffer))
        return VYRE_ERR_INVALID_ARGUMENT;
    if (count < shapes[buffer].least || count > shapes[buffer].most)
        return VYRE_ERR_LIMIT;
    *out = 4 * (shapes[buffer].head + (uint64_t)shapes[buffer].part * count);
    return VYRE_OK;
}

enum vyre_result vyre_protocol_check(enum vyre_protocol_buffer buffer, uint32_t count, size_t size,
                                     const struct vyre_diag_sink *diag)
{
    bool fits = false;
    uint64_t wanted = 0;
    switch (buffer) {
    case VYRE_PROTOCOL_CONTROL:
        fits = size % 4 == 0 && size >= 4 * (size_t)VYRE_CONTROL_MIN_WORDS;
        break;
    case VYRE_PROTOCOL_RING:
        fits = vyre_protocol_size(buffer, count, &wanted) == VYRE_OK && size == wanted;
        break;
    case VYRE_PROTOCOL_DEBUG_LOG: fits = size == 4 * (size_t)VYRE_DEBUG_WORDS; break;
    case VYRE_PROTOCOL_IO_QUEUE:
        fits = size % VYRE_IO_SLOT_SIZE == 0 && size / VYRE_IO_SLOT_SIZE <= VYRE_IO_MAX_SLOTS;
        break;
    default: return VYRE_ERR_INVALID_ARGUMENT;
    }
    if (fits)
        return VYRE_OK;
    diag_report(diag, DIAG_P001, NULL, "no kernel takes a %s of %zu bytes", names[buffer], size);
    return VYRE_ERR_INVALID_ARGUMENT;
}

enum vyre_result vyre_protocol_encode_empty(enum vyre_protocol_buffer buffer, uint32_t count,
                                            void *bytes, size_t size,
                                            const struct vyre_diag_sink *diag)
{
    if (buffer == VYRE_PROTOCOL_CONTROL)
        return vyre_control_encode(vyre_control_params(.observable_count = count), bytes, size,
                                   diag);
    uint64_t wanted;
    enum vyre_result result = vyre_protocol_size(buffer, count, &wanted);
    if (result == VYRE_ERR_LIMIT || (result == VYRE_OK && count > VYRE_PROTOCOL_MAX_COUNT)) {
        diag_report(diag, DIAG_P002, NULL, "there is no %s with %u parts", names[buffer], count);
        return VYRE_ERR_LIMIT;
    }
    if (result != VYRE_OK || (!bytes && size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    if (size != wanted) {
        diag_report(diag, DIAG_P001, NULL, "a %s with %u parts has %llu bytes, not %zu",
                    names[buffer], count, (unsigned long long)wanted, size);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    if (size > 0)
        memset(bytes, 0, size);
    return VYRE_OK;
}
