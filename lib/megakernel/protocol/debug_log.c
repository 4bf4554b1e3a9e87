// SPDX-License-Identifier: MIT
// The debug log, which PRINTF slots write (spec: protocol.md, 1.5).
#include <vyre/protocol.h>

#include "words.h"

// The records that the log has room for and those that were made; false when it is no log.
static bool measure(const void *log, size_t size, size_t *room, size_t *made,
                    const struct vyre_diag_sink *diag)
{
    if (!words_whole("debug log", size, 4, diag))
        return false;
    if (size < 4 * (size_t)VYRE_DEBUG_RECORDS) {
        diag_report(diag, DIAG_P003, NULL, "the debug log has no cursor");
        return false;
    }
    const uint32_t cursor = word_get(log, VYRE_DEBUG_CURSOR);
    if (cursor % VYRE_DEBUG_RECORD_WORDS != 0) {
        diag_report(diag, DIAG_P007, NULL, "the cursor of the debug log, %u, is inside a record",
                    cursor);
        return false;
    }
    *room = (size / 4 - VYRE_DEBUG_RECORDS) / VYRE_DEBUG_RECORD_WORDS;
    *made = cursor / VYRE_DEBUG_RECORD_WORDS;
    return true;
}

static size_t word_of(size_t record)
{
    return VYRE_DEBUG_RECORDS + record * VYRE_DEBUG_RECORD_WORDS;
}

enum vyre_result vyre_debug_log_read(const void *log, size_t size,
                                     struct vyre_debug_record *records, size_t capacity,
                                     size_t *count, uint32_t *dropped,
                                     const struct vyre_diag_sink *diag)
{
    if (!count || !dropped || (!log && size > 0) || (!records && capacity > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    *count = 0;
    *dropped = 0;
    size_t room, made;
    if (!measure(log, size, &room, &made, diag))
        return VYRE_ERR_INVALID_DATA;
    if (made > room) {
        *dropped = (uint32_t)(made - room);
        made = room;
    }
    for (; *count < made && *count < capacity; ++*count) {
        const size_t at = word_of(*count);
        records[*count] = (struct vyre_debug_record){
            .format = word_get(log, at),
            .args = { word_get(log, at + 1), word_get(log, at + 2) },
            .slot_word = word_get(log, at + 3),
        };
    }
    return VYRE_OK;
}

enum vyre_result vyre_debug_log_append(void *log, size_t size,
                                       const struct vyre_debug_record *record,
                                       const struct vyre_diag_sink *diag)
{
    if (!record || (!log && size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    size_t room, made;
    if (!measure(log, size, &room, &made, diag))
        return VYRE_ERR_INVALID_DATA;
    word_put(log, VYRE_DEBUG_CURSOR,
             (uint32_t)word_get(log, VYRE_DEBUG_CURSOR) + VYRE_DEBUG_RECORD_WORDS);
    if (made >= room)
        return VYRE_FULL;
    const size_t at = word_of(made);
    word_put(log, at, record->format);
    word_put(log, at + 1, record->args[0]);
    word_put(log, at + 2, record->args[1]);
    word_put(log, at + 3, record->slot_word);
    return VYRE_OK;
}
