// SPDX-License-Identifier: MIT
// A pattern file, and behind its first NUL a text: the set compiles or is refused with one
// diagnostic, and its automata find in the text what a search for each pattern by itself finds.
#include "fuzz.h"

#include "scan/program/patterns.h"

#include <string.h>

enum { PATTERNS_MAX = 64, TEXT_MAX = 4096 };

static void count(void *user, const struct vyre_diag *diag)
{
    unsigned *errors = user;
    ++*errors;
    FUZZ_CHECK(diag->code != NULL && diag->text != NULL && diag->fix != NULL);
}

// Patterns are the lines; the last one may lack its newline.
static size_t split(const uint8_t *data, size_t size, struct vyre_pattern patterns[PATTERNS_MAX])
{
    size_t found = 0;
    for (size_t at = 0; at < size && found < PATTERNS_MAX; found++) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end ? (size_t)(end - data) - at : size - at;
        patterns[found] = (struct vyre_pattern){ data + at, length };
        at += length + 1;
    }
    return found;
}

static uint64_t count_plainly(const struct vyre_pattern *patterns, size_t pattern_count,
                              const uint8_t *text, size_t size)
{
    uint64_t hits = 0;
    for (size_t p = 0; p < pattern_count; p++)
        for (size_t at = 0; at + patterns[p].size <= size; at++)
            hits += memcmp(text + at, patterns[p].bytes, patterns[p].size) == 0;
    return hits;
}

// The patterns that end in the state of this row, checked against the text before `end`.
static uint64_t count_state(const struct scan_set *set, const struct scan_automaton *automaton,
                            uint32_t row, const uint8_t *end, size_t seen)
{
    uint64_t hits = 0;
    for (uint32_t literal = scan_automaton_head(automaton, row); literal != SCAN_NONE;
         literal = scan_automaton_next(automaton, literal)) {
        const struct scan_literal *found = &set->literals[literal];
        FUZZ_CHECK(found->size <= seen);
        FUZZ_CHECK(memcmp(end - found->size, set->bytes + found->offset, found->size) == 0);
        hits += found->count;
    }
    return hits;
}

static uint64_t count_by_automata(const struct vyre_patterns *patterns, const uint8_t *text,
                                  size_t size)
{
    uint64_t hits = 0;
    for (size_t a = 0; a < patterns->automata.count; a++) {
        const struct scan_automaton *automaton = &patterns->automata.items[a];
        uint32_t row = 0;
        for (size_t at = 0; at < size; at++) {
            uint32_t column = (uint32_t)text[at] - automaton->low;
            uint32_t next =
                automaton->table[row + (column < automaton->span ? column : automaton->span)];
            row = next & ~SCAN_HIT;
            FUZZ_CHECK(row / automaton->columns < automaton->state_count);
            uint64_t here = count_state(&patterns->set, automaton, row, text + at + 1, at + 1);
            FUZZ_CHECK((here > 0) == ((next & SCAN_HIT) != 0));
            FUZZ_CHECK(here == automaton->table[row + automaton->span + 1]);
            hits += here;
        }
    }
    return hits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vyre_pattern list[PATTERNS_MAX];
    const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
    size_t file_size = nul ? (size_t)(nul - data) : size;
    const uint8_t *text = nul ? nul + 1 : data;
    size_t text_size = nul ? size - file_size - 1 : size;
    text_size = text_size < TEXT_MAX ? text_size : TEXT_MAX;
    size_t pattern_count = split(data, file_size, list);
    unsigned errors = 0;
    const struct vyre_diag_sink sink = { count, &errors };
    struct vyre_patterns *patterns;
    enum vyre_result result = vyre_patterns_compile(
        vyre_patterns_params(.patterns = list, .pattern_count = pattern_count, .diag = &sink),
        &patterns);
    FUZZ_CHECK((patterns != NULL) == (result == VYRE_OK));
    FUZZ_CHECK(errors == (result == VYRE_OK ? 0 : 1));
    FUZZ_CHECK(result == VYRE_OK || result == VYRE_ERR_INVALID_ARGUMENT ||
               result == VYRE_ERR_LIMIT);
    if (patterns)
        FUZZ_CHECK(count_plainly(list, pattern_count, text, text_size) ==
                   count_by_automata(patterns, text, text_size));
    vyre_patterns_destroy(&patterns);
    return 0;
}
