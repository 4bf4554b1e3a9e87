// SPDX-License-Identifier: MIT
// BLAKE3 in plain hash mode with 32 bytes of output, in portable C.
// Facts: "BLAKE3: one function, fast everywhere" (2020), sections 2.1 to 2.6.
#ifndef BASE_BLAKE3_H
#define BASE_BLAKE3_H

#include <stddef.h>
#include <stdint.h>

enum { BLAKE3_SIZE = 32 };

struct blake3 {
    uint32_t chunk_value[8];   // chaining value of the chunk being filled
    uint64_t chunk_index;      // counter of that chunk
    uint8_t block[64];         // bytes of its last, not yet compressed block
    uint8_t block_size;        // how many
    uint8_t blocks_compressed; // in this chunk
    uint8_t stack_size;        // entries of `stack`
    uint32_t stack[54][8];     // chaining values of complete subtrees; 2^54 chunks is 2^64 bytes
};

void blake3_init(struct blake3 *hash);
void blake3_update(struct blake3 *hash, const void *bytes, size_t size);
void blake3_final(const struct blake3 *hash, uint8_t out[BLAKE3_SIZE]); // may be called repeatedly
void blake3_hash(const void *bytes, size_t size, uint8_t out[BLAKE3_SIZE]);

#endif // BASE_BLAKE3_H
