// SPDX-License-Identifier: MIT
// Fuzz input as a binary program: a fuzzer cannot guess the digest of the contents, so it is put
// right, and every other input gets a good header, or few would come further than that.
#ifndef TESTS_FUZZ_WIRE_INPUT_H
#define TESTS_FUZZ_WIRE_INPUT_H

#include "fuzz.h"

#include "base/blake3.h"
#include "ir/wire.h"

#include <string.h>

// The bytes to decode, of the size of the input, in memory of their own: free them.
static inline uint8_t *wire_input(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + (size == 0));
    FUZZ_CHECK(bytes != NULL);
    if (size)
        memcpy(bytes, data, size);
    if (size >= WIRE_HEADER_SIZE && data[size - 1] % 2 == 0)
        memcpy(bytes, "VYRE\4\0\4", 8);
    if (size >= WIRE_HEADER_SIZE)
        blake3_hash(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, bytes + 8);
    return bytes;
}

#endif // TESTS_FUZZ_WIRE_INPUT_H
