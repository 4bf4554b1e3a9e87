// SPDX-License-Identifier: MIT
// Cache entries of the original: a payload and its hash (spec: protocol.md, 5.4).
#include <vyre/protocol.h>

#include <string.h>

#include "base/blake3.h"
#include "base/report.h"

_Static_assert(VYRE_BLOB_HASH_SIZE == BLAKE3_SIZE, "the hash is BLAKE3 with 32 bytes");

void vyre_blob_name(const uint8_t fingerprint[32], char out[69])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = digits[fingerprint[i] >> 4];
        out[2 * i + 1] = digits[fingerprint[i] & 15];
    }
    memcpy(out + 64, ".bin", 5);
}

enum vyre_result vyre_blob_encode(const void *payload, size_t payload_size, uint8_t *out,
                                  const struct vyre_diag_sink *diag)
{
    if (!out || (!payload && payload_size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    if (payload_size > VYRE_BLOB_MAX_PAYLOAD) {
        diag_report(diag, DIAG_P002, NULL, "a cache entry cannot hold %zu bytes", payload_size);
        return VYRE_ERR_LIMIT;
    }
    if (payload_size > 0)
        memmove(out, payload, payload_size);
    blake3_hash(out, payload_size, out + payload_size);
    return VYRE_OK;
}

enum vyre_result vyre_blob_decode(const void *blob, size_t size, size_t *payload_size,
                                  const struct vyre_diag_sink *diag)
{
    if (!payload_size || (!blob && size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    *payload_size = 0;
    uint8_t hash[BLAKE3_SIZE];
    bool good = size >= BLAKE3_SIZE && size - BLAKE3_SIZE <= VYRE_BLOB_MAX_PAYLOAD;
    if (good) {
        blake3_hash(blob, size - BLAKE3_SIZE, hash);
        good = memcmp(hash, (const uint8_t *)blob + size - BLAKE3_SIZE, sizeof hash) == 0;
    }
    if (!good) {
        diag_report(diag, DIAG_P010, NULL, "the cache entry of %zu bytes is damaged", size);
        return VYRE_ERR_INVALID_DATA;
    }
    *payload_size = size - BLAKE3_SIZE;
    return VYRE_OK;
}
