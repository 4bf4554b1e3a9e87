// SPDX-License-Identifier: MIT
#include "base/blake3.h"

#include <string.h>

enum { CHUNK_SIZE = 1024, BLOCK_SIZE = 64, ROUNDS = 7 };

enum {
    FLAG_CHUNK_START = 1 << 0,
    FLAG_CHUNK_END = 1 << 1,
    FLAG_PARENT = 1 << 2,
    FLAG_ROOT = 1 << 3,
};

static const uint32_t initial_value[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

// Which message word each round takes at each place.
static const uint8_t schedule[ROUNDS][16] = {
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
    { 2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8 },
    { 3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1 },
    { 10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6 },
    { 12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4 },
    { 9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7 },
    { 11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13 },
};

// The input of one compression. The same compression gives a chaining value or, with FLAG_ROOT, the
// digest, so the last one is kept until it is known which of the two it is.
struct node {
    uint32_t value[8];
    uint32_t words[16];
    uint64_t counter;
    uint32_t size;
    uint32_t flags;
};

static uint32_t rotate_right(uint32_t value, unsigned count)
{
    return value >> count | value << (32 - count);
}

static uint32_t load_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static void store_u32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static void mix(uint32_t state[16], unsigned a, unsigned b, unsigned c, unsigned d, uint32_t x,
                uint32_t y)
{
    state[a] += state[b] + x;
    state[d] = rotate_right(state[d] ^ state[a], 16);
    state[c] += state[d];
    state[b] = rotate_right(state[b] ^ state[c], 12);
    state[a] += state[b] + y;
    state[d] = rotate_right(state[d] ^ state[a], 8);
    state[c] += state[d];
    state[b] = rotate_right(state[b] ^ state[c], 7);
}

// The first eight words of the compression's output; the other eight serve longer digests only.
static void compress(const struct node *node, uint32_t out[8])
{
    uint32_t state[16];
    memcpy(state, node->value, sizeof node->value);
    memcpy(state + 8, initial_value, 4 * sizeof *initial_value);
    state[12] = (uint32_t)node->counter;
    state[13] = (uint32_t)(node->counter >> 32);
    state[14] = node->size;
    state[15] = node->flags;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const uint8_t *order = schedule[round];
        const uint32_t *words = node->words;
        for (unsigned i = 0; i < 4; i++)
            mix(state, i, 4 + i, 8 + i, 12 + i, words[order[2 * i]], words[order[2 * i + 1]]);
        for (unsigned i = 0; i < 4; i++)
            mix(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4,
                words[order[8 + 2 * i]], words[order[9 + 2 * i]]);
    }
    for (unsigned i = 0; i < 8; i++)
        out[i] = state[i] ^ state[i + 8];
}

static void load_words(struct node *node, const uint8_t block[BLOCK_SIZE])
{
    for (unsigned i = 0; i < 16; i++)
        node->words[i] = load_u32(block + 4 * i);
}

// The compression of the block that is in the buffer, as part of its chunk.
static void block_node(const struct blake3 *hash, uint32_t flags, struct node *out)
{
    uint8_t block[BLOCK_SIZE] = { 0 };
    memcpy(block, hash->block, hash->block_size);
    memcpy(out->value, hash->chunk_value, sizeof out->value);
    load_words(out, block);
    out->counter = hash->chunk_index;
    out->size = hash->block_size;
    out->flags = flags | (hash->blocks_compressed == 0 ? FLAG_CHUNK_START : 0);
}

static void parent_node(const uint32_t left[8], const uint32_t right[8], struct node *out)
{
    memcpy(out->value, initial_value, sizeof out->value);
    memcpy(out->words, left, 8 * sizeof *left);
    memcpy(out->words + 8, right, 8 * sizeof *right);
    out->counter = 0;
    out->size = BLOCK_SIZE;
    out->flags = FLAG_PARENT;
}

static void start_chunk(struct blake3 *hash, uint64_t index)
{
    memcpy(hash->chunk_value, initial_value, sizeof hash->chunk_value);
    hash->chunk_index = index;
    hash->block_size = 0;
    hash->blocks_compressed = 0;
}

static void end_block(struct blake3 *hash)
{
    struct node node;
    block_node(hash, 0, &node);
    compress(&node, hash->chunk_value);
    hash->blocks_compressed++;
    hash->block_size = 0;
}

// Ends a full chunk that is not the last one. Each trailing zero bit of the number of chunks so far
// is a subtree that this chunk completes.
static void end_chunk(struct blake3 *hash)
{
    struct node node;
    uint32_t value[8];
    block_node(hash, FLAG_CHUNK_END, &node);
    compress(&node, value);
    uint64_t chunks = hash->chunk_index + 1;
    for (uint64_t rest = chunks; (rest & 1) == 0; rest >>= 1) {
        parent_node(hash->stack[--hash->stack_size], value, &node);
        compress(&node, value);
    }
    memcpy(hash->stack[hash->stack_size++], value, sizeof value);
    start_chunk(hash, chunks);
}

void blake3_init(struct blake3 *hash)
{
    hash->stack_size = 0;
    start_chunk(hash, 0);
}

void blake3_update(struct blake3 *hash, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;
    while (size > 0) {
        // A full block waits until more input comes, because the last one is compressed
        // differently.
        if (hash->block_size == BLOCK_SIZE) {
            if (hash->blocks_compressed == CHUNK_SIZE / BLOCK_SIZE - 1)
                end_chunk(hash);
            else
                end_block(hash);
        }
        size_t room = (size_t)BLOCK_SIZE - hash->block_size;
        size_t take = size < room ? size : room;
        memcpy(hash->block + hash->block_size, next, take);
        hash->block_size = (uint8_t)(hash->block_size + take);
        next += take;
        size -= take;
    }
}

void blake3_final(const struct blake3 *hash, uint8_t out[BLAKE3_SIZE])
{
    struct node node;
    uint32_t value[8];
    block_node(hash, FLAG_CHUNK_END, &node);
    for (unsigned i = hash->stack_size; i > 0; i--) {
        compress(&node, value);
        parent_node(hash->stack[i - 1], value, &node);
    }
    node.flags |= FLAG_ROOT;
    // A chunk that is the root counts from 0, and so does every parent.
    node.counter = 0;
    compress(&node, value);
    for (unsigned i = 0; i < 8; i++)
        store_u32(out + 4 * i, value[i]);
}

void blake3_hash(const void *bytes, size_t size, uint8_t out[BLAKE3_SIZE])
{
    struct blake3 hash;
    blake3_init(&hash);
    blake3_update(&hash, bytes, size);
    blake3_final(&hash, out);
}
