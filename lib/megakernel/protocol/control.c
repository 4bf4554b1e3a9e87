// SPDX-License-Identifier: MIT
// Sizes, opcodes, the control buffer and the debug log.
#include "megakernel/protocol/protocol.h"

#include <string.h>

// ---- Sizes --------------------------------------------------------------------------------------

bool mk_control_bytes(uint32_t observables, uint64_t *out)
{
    if (observables > UINT32_MAX - MK_CONTROL_OBSERVABLE)
        return false;
    *out = 4 * ((uint64_t)MK_CONTROL_OBSERVABLE + observables);
    return true;
}

bool mk_ring_bytes(uint32_t slots, uint64_t *out)
{
    if (slots > UINT32_MAX / MK_SLOT_WORDS)
        return false;
    *out = 4 * (uint64_t)MK_SLOT_WORDS * slots;
    return true;
}

bool mk_debug_bytes(uint32_t records, uint64_t *out)
{
    if (records > UINT32_MAX / MK_DEBUG_RECORD_WORDS)
        return false;
    *out = 4 * (MK_DEBUG_RECORDS + (uint64_t)MK_DEBUG_RECORD_WORDS * records);
    return true;
}

// ---- Opcodes ------------------------------------------------------------------------------------

bool mk_opcode_is_system(uint32_t opcode)
{
    return (opcode & 0x80000000u) || (opcode >= 0xFFF0u && opcode <= 0xFFFFu) ||
           opcode <= MK_OPCODE_BATCH_FENCE;
}

bool mk_opcode_is_builtin(uint32_t opcode)
{
    return opcode <= MK_OPCODE_BATCH_FENCE || opcode == MK_OPCODE_PACKED_SLOT ||
           opcode == MK_OPCODE_PRINTF || opcode == MK_OPCODE_SHUTDOWN;
}

bool mk_opcode_may_publish(uint32_t opcode)
{
    return mk_opcode_is_builtin(opcode) || !mk_opcode_is_system(opcode);
}

bool mk_tenant_opcode(uint32_t tenant, uint32_t *out)
{
    if (tenant >= MK_TENANT_OPCODE_BASE / MK_TENANT_OPCODE_SIZE)
        return false;
    *out = MK_TENANT_OPCODE_BASE + tenant * MK_TENANT_OPCODE_SIZE;
    return true;
}

// ---- Control ------------------------------------------------------------------------------------

enum vyre_result mk_control_encode(uint32_t *words, size_t word_count, bool shutdown,
                                   uint32_t tenants)
{
    if (word_count < MK_CONTROL_MIN_WORDS)
        return VYRE_ERR_INVALID_ARGUMENT;
    memset(words, 0, word_count * sizeof *words);
    words[MK_CONTROL_SHUTDOWN] = shutdown;
    words[MK_CONTROL_TENANT_BASE] = MK_CONTROL_TENANT_MASKS;
    for (uint32_t i = 0; i < tenants && i < MK_TENANT_MASKS; i++)
        words[MK_CONTROL_TENANT_MASKS + i] = MK_TENANT_MASK_ALL;
    for (uint32_t i = 0; i < tenants && i < MK_TENANT_QUOTAS; i++)
        words[MK_CONTROL_TENANT_QUOTAS + i] = MK_TENANT_DEFAULT_QUOTA;
    return VYRE_OK;
}

void mk_priority_offsets(uint32_t slots, uint32_t out[MK_PRIORITY_COUNT + 1])
{
    uint32_t share = slots / MK_PRIORITY_COUNT;
    uint32_t start = 0;
    for (uint32_t level = 0; level < MK_PRIORITY_COUNT; level++) {
        out[level] = start;
        start += share;
        if (level == MK_PRIORITY_NORMAL)
            start += slots % MK_PRIORITY_COUNT;
    }
    out[MK_PRIORITY_COUNT] = start;
}

// ---- Debug log ----------------------------------------------------------------------------------

enum vyre_result mk_debug_decode(const uint32_t *words, size_t word_count,
                                 struct mk_debug_record *records, size_t capacity, size_t *count,
                                 uint32_t *dropped)
{
    *count = 0;
    *dropped = 0;
    if (word_count < MK_DEBUG_RECORDS || words[MK_DEBUG_CURSOR] % MK_DEBUG_RECORD_WORDS != 0)
        return VYRE_ERR_INVALID_ARGUMENT;
    size_t reserved = words[MK_DEBUG_CURSOR] / MK_DEBUG_RECORD_WORDS;
    size_t present = (word_count - MK_DEBUG_RECORDS) / MK_DEBUG_RECORD_WORDS;
    if (reserved > present) {
        *dropped = (uint32_t)(reserved - present);
        reserved = present;
    }
    for (; *count < reserved && *count < capacity; ++*count) {
        const uint32_t *record = words + MK_DEBUG_RECORDS + *count * MK_DEBUG_RECORD_WORDS;
        records[*count].format = record[0];
        memcpy(records[*count].args, record + 1, sizeof records[*count].args);
    }
    return VYRE_OK;
}
