// SPDX-License-Identifier: MIT
#include "scan/program/automaton.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/size.h"

// The trie while it is built. Nodes are in order of first appearance; children of a node are a list
// in byte order, because literals come sorted.
struct trie {
    struct arena arena;
    uint32_t *child;   // first child; 0: none (the root is nobody's child)
    uint32_t *last;    // last child
    uint32_t *sibling; // next child of the same parent; 0: none
    uint32_t *literal; // SCAN_NONE: none ends here
    uint8_t *byte;     // on the edge into the node
    uint32_t count;
};

static uint32_t common_prefix(const struct scan_set *set, uint32_t a, uint32_t b)
{
    const struct scan_literal *left = &set->literals[a];
    const struct scan_literal *right = &set->literals[b];
    uint32_t size = left->size < right->size ? left->size : right->size;
    uint32_t n = 0;
    while (n < size && set->bytes[left->offset + n] == set->bytes[right->offset + n])
        n++;
    return n;
}

void scan_measure_add(struct scan_measure *measure, const struct scan_set *set, uint32_t index,
                      bool alone)
{
    const struct scan_literal *literal = &set->literals[index];
    if (alone)
        *measure = (struct scan_measure){ .states = 1, .low = 255, .high = 0 };
    measure->states += literal->size - (alone ? 0 : common_prefix(set, index - 1, index));
    for (uint32_t i = 0; i < literal->size; i++) {
        uint32_t byte = set->bytes[literal->offset + i];
        measure->low = byte < measure->low ? byte : measure->low;
        measure->high = byte > measure->high ? byte : measure->high;
    }
}

// Transitions for the bytes in use, one for the others, one word for the count.
static uint32_t measure_columns(const struct scan_measure *measure)
{
    return measure->high - measure->low + 1 + 2;
}

uint64_t scan_measure_bytes(const struct scan_measure *measure)
{
    return measure->states * measure_columns(measure) * sizeof(uint32_t);
}

static bool trie_init(struct trie *trie, uint32_t states)
{
    struct arena *arena = &trie->arena;
    trie->child = arena_array(arena, states, sizeof *trie->child);
    trie->last = arena_array(arena, states, sizeof *trie->last);
    trie->sibling = arena_array(arena, states, sizeof *trie->sibling);
    trie->literal = arena_array(arena, states, sizeof *trie->literal);
    trie->byte = arena_array(arena, states, sizeof *trie->byte);
    if (arena->failed)
        return false;
    trie->count = 1;
    trie->literal[0] = SCAN_NONE;
    return true;
}

static uint32_t trie_add_child(struct trie *trie, uint32_t parent, uint8_t byte)
{
    uint32_t node = trie->count++;
    trie->byte[node] = byte;
    trie->literal[node] = SCAN_NONE;
    if (trie->child[parent] == 0)
        trie->child[parent] = node;
    else
        trie->sibling[trie->last[parent]] = node;
    trie->last[parent] = node;
    return node;
}

// `path[d]` is the node at depth d of the literal before.
static void trie_fill(struct trie *trie, const struct scan_set *set, uint32_t first, uint32_t count,
                      uint32_t *path)
{
    path[0] = 0;
    for (uint32_t i = first; i < first + count; i++) {
        const struct scan_literal *literal = &set->literals[i];
        uint32_t depth = i == first ? 0 : common_prefix(set, i - 1, i);
        for (; depth < literal->size; depth++)
            path[depth + 1] =
                trie_add_child(trie, path[depth], set->bytes[literal->offset + depth]);
        trie->literal[path[literal->size]] = i;
    }
}

// Everything that the breadth-first pass needs besides the automaton itself.
struct pass {
    const struct scan_set *set;
    const struct trie *trie;
    uint32_t *queue; // per row: its trie node
    uint32_t *fails; // per row: the row of the longest proper suffix
    uint32_t rows;   // discovered
};

// Gives a trie node the next row. Its suffix is shallower, so it was discovered before.
static uint32_t discover(struct scan_automaton *automaton, struct pass *pass, uint32_t node,
                         uint32_t fail)
{
    uint32_t row = pass->rows++;
    uint32_t literal = pass->trie->literal[node];
    pass->queue[row] = node;
    pass->fails[row] = fail;
    automaton->heads[row] = automaton->heads[fail];
    if (literal != SCAN_NONE) {
        automaton->next[literal - automaton->first] = automaton->heads[fail];
        automaton->heads[row] = literal;
    }
    return row * automaton->columns | (automaton->heads[row] == SCAN_NONE ? 0 : SCAN_HIT);
}

// Fills row `row`: the transitions of its suffix, overridden by its own children. The suffix's row
// is complete because it is shallower and rows are filled in breadth-first order.
static void fill_row(struct scan_automaton *automaton, struct pass *pass, uint32_t row)
{
    const struct trie *trie = pass->trie;
    uint32_t node = pass->queue[row];
    uint32_t *words = automaton->table + (size_t)row * automaton->columns;
    const uint32_t *suffix = automaton->table + (size_t)pass->fails[row] * automaton->columns;
    if (row != 0)
        memcpy(words, suffix, automaton->columns * sizeof *words);
    for (uint32_t child = trie->child[node]; child != 0; child = trie->sibling[child]) {
        uint32_t column = trie->byte[child] - automaton->low;
        uint32_t fail = row == 0 ? 0 : (words[column] & ~SCAN_HIT) / automaton->columns;
        words[column] = discover(automaton, pass, child, fail);
    }
    uint32_t literal = trie->literal[node];
    uint32_t *outputs = &words[automaton->span + 1];
    *outputs += literal == SCAN_NONE ? 0 : pass->set->literals[literal].count;
    if (*outputs > automaton->outputs_max)
        automaton->outputs_max = *outputs;
}

static bool automaton_alloc(struct scan_automaton *automaton, uint64_t states)
{
    // A transition holds a word index in 31 bits.
    uint64_t words = states * automaton->columns;
    if (words >= SCAN_HIT)
        return false;
    automaton->table = memory_calloc((size_t)words, sizeof *automaton->table);
    automaton->heads = memory_calloc((size_t)states, sizeof *automaton->heads);
    automaton->next = memory_calloc(automaton->literal_count, sizeof *automaton->next);
    return automaton->table && automaton->heads && automaton->next;
}

enum vyre_result scan_automaton_build(const struct scan_set *set, uint32_t first, uint32_t count,
                                      struct scan_automaton *out)
{
    *out = (struct scan_automaton){ .first = first, .literal_count = count };
    struct scan_measure measure = { 0 };
    for (uint32_t i = first; i < first + count; i++)
        scan_measure_add(&measure, set, i, i == first);
    out->state_count = (uint32_t)measure.states;
    out->low = measure.low;
    out->span = measure.high - measure.low + 1;
    out->columns = measure_columns(&measure);

    struct trie trie = { 0 };
    struct pass pass = { .set = set, .trie = &trie };
    uint32_t *path = NULL;
    if (automaton_alloc(out, measure.states) && trie_init(&trie, out->state_count)) {
        path = arena_array(&trie.arena, (size_t)set->size_max + 1, sizeof *path);
        pass.queue = arena_array(&trie.arena, out->state_count, sizeof *pass.queue);
        pass.fails = arena_array(&trie.arena, out->state_count, sizeof *pass.fails);
    }
    if (!path || !pass.queue || !pass.fails) {
        arena_fini(&trie.arena);
        scan_automaton_fini(out);
        return VYRE_ERR_NO_MEMORY;
    }

    trie_fill(&trie, set, first, count, path);
    out->heads[0] = SCAN_NONE;
    (void)discover(out, &pass, 0, 0);
    for (uint32_t row = 0; row < pass.rows; row++)
        fill_row(out, &pass, row);
    arena_fini(&trie.arena);
    return VYRE_OK;
}

void scan_automaton_fini(struct scan_automaton *automaton)
{
    memory_free(automaton->table);
    memory_free(automaton->heads);
    memory_free(automaton->next);
    *automaton = (struct scan_automaton){ 0 };
}

uint32_t scan_automaton_head(const struct scan_automaton *automaton, uint32_t row)
{
    uint32_t state = row / automaton->columns;
    return state < automaton->state_count ? automaton->heads[state] : SCAN_NONE;
}

uint32_t scan_automaton_next(const struct scan_automaton *automaton, uint32_t literal)
{
    return automaton->next[literal - automaton->first];
}
