// SPDX-License-Identifier: MIT
// The control block: shutdown, counters, tenants, metrics and observables (spec: protocol.md, 1.3).
#include <vyre/protocol.h>

#include "words.h"

enum vyre_result vyre_control_encode(const struct vyre_control_params *params, void *control,
                                     size_t size, const struct vyre_diag_sink *diag)
{
    if (!params || !control)
        return VYRE_ERR_INVALID_ARGUMENT;
    uint64_t wanted;
    if (params->observable_count > VYRE_PROTOCOL_MAX_COUNT ||
        vyre_protocol_size(VYRE_PROTOCOL_CONTROL, params->observable_count, &wanted) != VYRE_OK) {
        diag_report(diag, DIAG_P002, NULL, "there is no control block with %u observables",
                    params->observable_count);
        return VYRE_ERR_LIMIT;
    }
    if (size != wanted) {
        diag_report(diag, DIAG_P001, NULL,
                    "a control block with %u observables has %llu bytes, not %zu",
                    params->observable_count, (unsigned long long)wanted, size);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    memset(control, 0, size);
    word_put(control, VYRE_CONTROL_SHUTDOWN, params->shutdown);
    word_put(control, VYRE_CONTROL_TENANT_BASE, VYRE_CONTROL_TENANT_MASKS);
    for (uint32_t i = 0; i < params->tenant_count && i < VYRE_TENANT_MASKS; i++)
        word_put(control, VYRE_CONTROL_TENANT_MASKS + i, VYRE_TENANT_MASK_ALL);
    for (uint32_t i = 0; i < params->tenant_count && i < VYRE_TENANT_QUOTAS; i++)
        word_put(control, VYRE_CONTROL_TENANT_QUOTAS + i, VYRE_TENANT_DEFAULT_QUOTA);
    return VYRE_OK;
}

static bool has_word(size_t size, uint64_t word, const struct vyre_diag_sink *diag)
{
    if (!words_whole("control block", size, 4, diag))
        return false;
    if (word < size / 4)
        return true;
    diag_report(diag, DIAG_P003, NULL, "the control block is missing word %llu in %zu bytes",
                (unsigned long long)word, size);
    return false;
}

enum vyre_result vyre_control_read(const void *control, size_t size, uint64_t word, uint32_t *out,
                                   const struct vyre_diag_sink *diag)
{
    if (!out || (!control && size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = 0;
    if (!has_word(size, word, diag))
        return VYRE_ERR_INVALID_DATA;
    *out = word_get(control, (size_t)word);
    return VYRE_OK;
}

enum vyre_result vyre_control_write(void *control, size_t size, uint64_t word, uint32_t value,
                                    const struct vyre_diag_sink *diag)
{
    if (!control && size > 0)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (!has_word(size, word, diag))
        return VYRE_ERR_INVALID_DATA;
    word_put(control, (size_t)word, value);
    return VYRE_OK;
}

enum vyre_result vyre_control_read_metrics(const void *control, size_t size,
                                           uint32_t counts[VYRE_METRICS],
                                           const struct vyre_diag_sink *diag)
{
    if (!counts || (!control && size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    for (uint32_t i = 0; i < VYRE_METRICS; i++)
        counts[i] =
            VYRE_CONTROL_METRICS + i < size / 4 ? word_get(control, VYRE_CONTROL_METRICS + i) : 0;
    return has_word(size, VYRE_CONTROL_METRICS + VYRE_METRICS - 1, diag) ? VYRE_OK
                                                                         : VYRE_ERR_INVALID_DATA;
}
