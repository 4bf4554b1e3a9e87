// SPDX-License-Identifier: MIT
#include "base/blake3.h"

#include <stdbool.h>
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

// The quarter round on one state or, with vectors, on several side by side. Macros, because both
// kinds need every index known when it is compiled.
#define ROTATE(value, count) ((value) >> (count) | (value) << (32 - (count)))
#define MIX(a, b, c, d, x, y)                                                                      \
    do {                                                                                           \
        a += b + (x);                                                                              \
        d = ROTATE(d ^ a, 16);                                                                     \
        c += d;                                                                                    \
        b = ROTATE(b ^ c, 12);                                                                     \
        a += b + (y);                                                                              \
        d = ROTATE(d ^ a, 8);                                                                      \
        c += d;                                                                                    \
        b = ROTATE(b ^ c, 7);                                                                      \
    } while (0)
#define ROUND(s, words, order)                                                                     \
    do {                                                                                           \
        MIX(s[0], s[4], s[8], s[12], words[order[0]], words[order[1]]);                            \
        MIX(s[1], s[5], s[9], s[13], words[order[2]], words[order[3]]);                            \
        MIX(s[2], s[6], s[10], s[14], words[order[4]], words[order[5]]);                           \
        MIX(s[3], s[7], s[11], s[15], words[order[6]], words[order[7]]);                           \
        MIX(s[0], s[5], s[10], s[15], words[order[8]], words[order[9]]);                           \
        MIX(s[1], s[6], s[11], s[12], words[order[10]], words[order[11]]);                         \
        MIX(s[2], s[7], s[8], s[13], words[order[12]], words[order[13]]);                          \
        MIX(s[3], s[4], s[9], s[14], words[order[14]], words[order[15]]);                          \
    } while (0)
#define ALL_ROUNDS(s, words)                                                                       \
    do {                                                                                           \
        ROUND(s, words, schedule[0]);                                                              \
        ROUND(s, words, schedule[1]);                                                              \
        ROUND(s, words, schedule[2]);                                                              \
        ROUND(s, words, schedule[3]);                                                              \
        ROUND(s, words, schedule[4]);                                                              \
        ROUND(s, words, schedule[5]);                                                              \
        ROUND(s, words, schedule[6]);                                                              \
    } while (0)

// The first eight words of the compression's output; the other eight serve longer digests only.
static void compress(const struct node *node, uint32_t out[8])
{
    const uint32_t *words = node->words;
    uint32_t state[16];
    memcpy(state, node->value, sizeof node->value);
    memcpy(state + 8, initial_value, 4 * sizeof *initial_value);
    state[12] = (uint32_t)node->counter;
    state[13] = (uint32_t)(node->counter >> 32);
    state[14] = node->size;
    state[15] = node->flags;
    ALL_ROUNDS(state, words);
    for (unsigned i = 0; i < 8; i++)
        out[i] = state[i] ^ state[i + 8];
}

// ---- Several compressions side by side ----------------------------------------------------------
// Vectors of the compiler's own: they become what the processor has, plain words at worst.

enum { LANES_LEVEL = 2, LANES = 1 << LANES_LEVEL, MOST_WIDE_LEVEL = 4 };

typedef uint32_t lanes __attribute__((vector_size(4 * LANES)));

static lanes all(uint32_t value)
{
    return (lanes){ value, value, value, value };
}

static void compress_lanes(lanes value[8], const lanes words[16], lanes counter_low,
                           lanes counter_high, uint32_t flags)
{
    lanes state[16];
    for (unsigned i = 0; i < 8; i++)
        state[i] = value[i];
    for (unsigned i = 0; i < 4; i++)
        state[8 + i] = all(initial_value[i]);
    state[12] = counter_low;
    state[13] = counter_high;
    state[14] = all(BLOCK_SIZE);
    state[15] = all(flags);
    ALL_ROUNDS(state, words);
    for (unsigned i = 0; i < 8; i++)
        value[i] = state[i] ^ state[i + 8];
}

static void store_lanes(const lanes value[8], uint32_t out[LANES][8])
{
    for (unsigned lane = 0; lane < LANES; lane++)
        for (unsigned i = 0; i < 8; i++)
            out[lane][i] = value[i][lane];
}

// Chaining values of LANES chunks that follow one another, none of them the last.
static void chunk_lanes(const uint8_t *bytes, uint64_t index, uint32_t out[LANES][8])
{
    lanes value[8];
    lanes counter_low;
    lanes counter_high;
    for (unsigned i = 0; i < 8; i++)
        value[i] = all(initial_value[i]);
    for (unsigned lane = 0; lane < LANES; lane++) {
        counter_low[lane] = (uint32_t)(index + lane);
        counter_high[lane] = (uint32_t)((index + lane) >> 32);
    }
    for (unsigned block = 0; block < CHUNK_SIZE / BLOCK_SIZE; block++) {
        const uint8_t *at = bytes + block * BLOCK_SIZE;
        lanes words[16];
        for (unsigned i = 0; i < 16; i++)
            words[i] = (lanes){ load_u32(at + 4 * i), load_u32(at + 4 * i + CHUNK_SIZE),
                                load_u32(at + 4 * i + 2 * CHUNK_SIZE),
                                load_u32(at + 4 * i + 3 * CHUNK_SIZE) };
        const uint32_t flags = (block == 0 ? FLAG_CHUNK_START : 0) |
                               (block == CHUNK_SIZE / BLOCK_SIZE - 1 ? FLAG_CHUNK_END : 0);
        compress_lanes(value, words, counter_low, counter_high, flags);
    }
    store_lanes(value, out);
}

// LANES parents of 2 * LANES children; `out` may be the start of `children`.
static void parent_lanes(uint32_t children[2 * LANES][8], uint32_t out[LANES][8])
{
    lanes value[8];
    lanes words[16];
    for (unsigned i = 0; i < 8; i++)
        value[i] = all(initial_value[i]);
    for (unsigned i = 0; i < 16; i++)
        for (unsigned lane = 0; lane < LANES; lane++)
            words[i][lane] = children[2 * lane + i / 8][i % 8];
    compress_lanes(value, words, all(0), all(0), FLAG_PARENT);
    store_lanes(value, out);
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

// Adds a complete subtree of 2^level chunks. Each further trailing zero bit of the number of chunks
// so far is a subtree that it completes.
static void push_subtree(struct blake3 *hash, uint32_t value[8], unsigned level)
{
    const uint64_t chunks = hash->chunk_index + (UINT64_C(1) << level);
    for (uint64_t rest = chunks >> level; (rest & 1) == 0; rest >>= 1) {
        struct node node;
        parent_node(hash->stack[--hash->stack_size], value, &node);
        compress(&node, value);
    }
    memcpy(hash->stack[hash->stack_size++], value, 8 * sizeof *value);
    start_chunk(hash, chunks);
}

// Ends a full chunk that is not the last one.
static void end_chunk(struct blake3 *hash)
{
    struct node node;
    uint32_t value[8];
    block_node(hash, FLAG_CHUNK_END, &node);
    compress(&node, value);
    push_subtree(hash, value, 0);
}

// Takes 2^level chunks at once, at least LANES; the next chunk starts such a subtree, and more
// bytes follow.
static void take_subtree(struct blake3 *hash, const uint8_t *bytes, unsigned level)
{
    uint32_t values[1 << MOST_WIDE_LEVEL][8];
    struct node node;
    unsigned count = 1u << level;
    for (unsigned i = 0; i < count; i += LANES)
        chunk_lanes(bytes + (size_t)i * CHUNK_SIZE, hash->chunk_index + i, values + i);
    for (; count >= 2 * LANES; count /= 2)
        for (unsigned i = 0; i < count / 2; i += LANES)
            parent_lanes(values + 2 * i, values + i);
    for (; count > 1; count /= 2)
        for (unsigned i = 0; i < count / 2; i++) {
            parent_node(values[2 * i], values[2 * i + 1], &node);
            compress(&node, values[i]);
        }
    push_subtree(hash, values[0], level);
}

// The level of the largest subtree that can be taken at once from here; 0: none.
static unsigned wide_level(const struct blake3 *hash, size_t size)
{
    for (unsigned level = MOST_WIDE_LEVEL; level >= LANES_LEVEL; level--) {
        const size_t chunks = (size_t)1 << level;
        if (size > chunks * CHUNK_SIZE && hash->chunk_index % chunks == 0)
            return level;
    }
    return 0;
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
        const bool at_start = hash->block_size == 0 && hash->blocks_compressed == 0;
        const unsigned level = at_start ? wide_level(hash, size) : 0;
        if (level) {
            take_subtree(hash, next, level);
            next += (size_t)CHUNK_SIZE << level;
            size -= (size_t)CHUNK_SIZE << level;
            continue;
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
