// SPDX-License-Identifier: MIT
// What the numbers mean: classes of opcodes, windows of tenants, shares of priorities (spec:
// protocol.md, 1.4, 2.5 and 7.1).
#include <vyre/protocol.h>

// ---- Opcodes ------------------------------------------------------------------------------------

uint32_t vyre_opcode_classify(uint32_t opcode)
{
    const bool first = opcode <= VYRE_OPCODE_BATCH_FENCE;
    const bool system =
        first || (opcode >= 0xFFF0u && opcode <= 0xFFFFu) || (opcode & 0x80000000u) != 0;
    const bool builtin = first || opcode == VYRE_OPCODE_PACKED_SLOT ||
                         opcode == VYRE_OPCODE_PRINTF || opcode == VYRE_OPCODE_SHUTDOWN;
    return (system ? VYRE_OPCODE_IS_SYSTEM : VYRE_OPCODE_IS_USER) |
           (builtin ? VYRE_OPCODE_IS_BUILTIN : 0u) |
           (builtin || !system ? VYRE_OPCODE_MAY_PUBLISH : 0u);
}

// ---- Tenants ------------------------------------------------------------------------------------

enum vyre_result vyre_tenant_window(uint32_t tenant, uint32_t *out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = 0;
    if (tenant > (UINT32_MAX - VYRE_TENANT_OPCODE_BASE) / VYRE_TENANT_OPCODE_COUNT)
        return VYRE_ERR_LIMIT;
    *out = VYRE_TENANT_OPCODE_BASE + tenant * VYRE_TENANT_OPCODE_COUNT;
    return VYRE_OK;
}

enum vyre_result vyre_tenant_opcode(uint32_t tenant, uint32_t local, uint32_t *out)
{
    enum vyre_result result = vyre_tenant_window(tenant, out);
    if (result != VYRE_OK)
        return result;
    // A window is a multiple of its size, so this cannot carry into the next.
    const uint32_t opcode = *out + local % VYRE_TENANT_OPCODE_COUNT;
    const bool usable = local < VYRE_TENANT_OPCODE_COUNT &&
                        (vyre_opcode_classify(opcode) & VYRE_OPCODE_IS_USER) != 0;
    *out = usable ? opcode : 0;
    return usable ? VYRE_OK : VYRE_ERR_LIMIT;
}

// ---- Priorities ---------------------------------------------------------------------------------

void vyre_priority_offsets(uint32_t slots, uint32_t out[VYRE_PRIORITY_COUNT + 1])
{
    const uint32_t share = slots / VYRE_PRIORITY_COUNT;
    uint32_t start = 0;
    for (uint32_t level = 0; level < VYRE_PRIORITY_COUNT; level++) {
        out[level] = start;
        start += share;
        if (level == VYRE_PRIORITY_NORMAL)
            start += slots % VYRE_PRIORITY_COUNT;
    }
    out[VYRE_PRIORITY_COUNT] = start;
}

void vyre_priority_probes(uint32_t slots, uint32_t width, struct vyre_priority_probe *out)
{
    out->count = width > 0 ? slots / width + (slots % width != 0) : 0;
    out->active = slots < width ? slots : width;
    const uint64_t budget = (uint64_t)out->count * out->active;
    out->budget = budget < UINT32_MAX ? (uint32_t)budget : UINT32_MAX;
}
