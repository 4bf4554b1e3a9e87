// SPDX-License-Identifier: MIT
#include "scan/program/patterns.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

static int compare_bytes(const struct vyre_pattern *a, const struct vyre_pattern *b)
{
    size_t size = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->bytes, b->bytes, size);
    if (order != 0)
        return order;
    return a->size < b->size ? -1 : a->size > b->size;
}

// Orders pattern indices by bytes, equal ones by index.
static int compare_members(const void *left, const void *right, void *user)
{
    const struct vyre_pattern *patterns = user;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    int order = compare_bytes(&patterns[a], &patterns[b]);
    return order != 0 ? order : a < b ? -1 : a > b;
}

static enum vyre_result check(const struct vyre_patterns_params *params, size_t *bytes)
{
    const struct vyre_diag_sink *diag = params->diag;
    if (params->pattern_count == 0 || !params->patterns) {
        diag_report(diag, DIAG_S001, NULL, "the pattern set is empty");
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    if (params->pattern_count > SCAN_PATTERN_COUNT_MAX) {
        diag_report(diag, DIAG_S004, NULL, "%zu patterns; the limit is %d", params->pattern_count,
                    SCAN_PATTERN_COUNT_MAX);
        return VYRE_ERR_LIMIT;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < params->pattern_count; i++) {
        const struct vyre_pattern *pattern = &params->patterns[i];
        if (pattern->size == 0 || !pattern->bytes) {
            diag_report(diag, DIAG_S002, NULL, "pattern %zu is empty", i);
            return VYRE_ERR_INVALID_ARGUMENT;
        }
        if (pattern->size > SCAN_PATTERN_MAX) {
            diag_report(diag, DIAG_S003, NULL, "pattern %zu has %zu bytes; the limit is %d", i,
                        pattern->size, SCAN_PATTERN_MAX);
            return VYRE_ERR_LIMIT;
        }
        sum += pattern->size;
    }
    if (sum > SCAN_SET_BYTES_MAX) {
        diag_report(diag, DIAG_S004, NULL,
                    "the patterns have %llu bytes together; the limit is %llu",
                    (unsigned long long)sum, (unsigned long long)SCAN_SET_BYTES_MAX);
        return VYRE_ERR_LIMIT;
    }
    *bytes = (size_t)sum;
    return VYRE_OK;
}

// Groups equal patterns and copies the bytes of each distinct one.
static void fill_set(struct scan_set *set, const struct vyre_pattern *patterns)
{
    for (uint32_t i = 0; i < set->pattern_count; i++) {
        const struct vyre_pattern *pattern = &patterns[set->members[i]];
        struct scan_literal *literal = &set->literals[set->literal_count];
        if (i > 0 && compare_bytes(&patterns[set->members[i - 1]], pattern) == 0) {
            literal[-1].count++;
            continue;
        }
        *literal = (struct scan_literal){
            .offset = (uint32_t)set->byte_count,
            .size = (uint32_t)pattern->size,
            .first = i,
            .count = 1,
        };
        memcpy(set->bytes + set->byte_count, pattern->bytes, pattern->size);
        set->byte_count += pattern->size;
        set->literal_count++;
        if (literal->size > set->size_max)
            set->size_max = literal->size;
    }
}

static void set_fini(struct scan_set *set)
{
    memory_free(set->bytes);
    memory_free(set->literals);
    memory_free(set->members);
    *set = (struct scan_set){ 0 };
}

static enum vyre_result set_init(struct scan_set *set, const struct vyre_patterns_params *params,
                                 size_t bytes)
{
    set->pattern_count = (uint32_t)params->pattern_count;
    set->bytes = memory_alloc(bytes);
    set->literals = memory_calloc(set->pattern_count, sizeof *set->literals);
    set->members = memory_calloc(set->pattern_count, sizeof *set->members);
    if (!set->bytes || !set->literals || !set->members)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < set->pattern_count; i++)
        set->members[i] = i;
    // qsort_r takes the patterns as a mutable context; the comparison only reads them.
    qsort_r(set->members, set->pattern_count, sizeof *set->members, compare_members,
            (void *)(uintptr_t)params->patterns);
    fill_set(set, params->patterns);
    return VYRE_OK;
}

// How many literals from `first` on fit into one table, and its bytes; 0 when not even one does,
// and then the bytes that it needs.
static uint32_t group_size(const struct scan_set *set, uint32_t first, uint64_t table_max,
                           uint64_t *bytes)
{
    struct scan_measure measure = { 0 };
    uint32_t count = 0;
    for (; first + count < set->literal_count; count++) {
        scan_measure_add(&measure, set, first + count, count == 0);
        uint64_t needed = scan_measure_bytes(&measure);
        if (count == 0 || needed <= table_max)
            *bytes = needed;
        if (needed > table_max)
            break;
    }
    return count;
}

// A byte of a pattern may need a kilobyte of table, so what a set needs is measured before any of
// it is built.
static enum vyre_result check_size(const struct scan_set *set, uint64_t table_max,
                                   const struct vyre_diag_sink *diag)
{
    uint64_t sum = 0;
    for (uint32_t first = 0, count = 1; first < set->literal_count && count > 0; first += count) {
        uint64_t bytes = 0;
        count = group_size(set, first, table_max, &bytes);
        sum += bytes;
        if (sum > SCAN_AUTOMATA_BYTES_MAX) {
            diag_report(diag, DIAG_S004, NULL, "the automata need more than %llu bytes",
                        (unsigned long long)SCAN_AUTOMATA_BYTES_MAX);
            return VYRE_ERR_LIMIT;
        }
    }
    return VYRE_OK;
}

enum vyre_result scan_automata_build(const struct scan_set *set, uint64_t table_max,
                                     const struct vyre_diag_sink *diag, struct scan_automata *out)
{
    *out = (struct scan_automata){ 0 };
    enum vyre_result fits = check_size(set, table_max, diag);
    if (fits != VYRE_OK)
        return fits;
    for (uint32_t first = 0; first < set->literal_count;) {
        uint64_t needed = 0;
        uint32_t count = group_size(set, first, table_max, &needed);
        enum vyre_result result = VYRE_OK;
        if (count == 0) {
            diag_report(diag, DIAG_S005, NULL,
                        "pattern %u needs a table of %llu bytes; one binding holds %llu",
                        set->members[set->literals[first].first], (unsigned long long)needed,
                        (unsigned long long)table_max);
            result = VYRE_ERR_LIMIT;
        }
        struct scan_automaton *items = NULL;
        if (result == VYRE_OK) {
            items = memory_realloc(out->items, (out->count + 1) * sizeof *items);
            if (items)
                out->items = items;
            result = items ? scan_automaton_build(set, first, count, &items[out->count])
                           : VYRE_ERR_NO_MEMORY;
        }
        if (result != VYRE_OK) {
            scan_automata_fini(out);
            return result;
        }
        out->bytes += scan_automaton_bytes(&items[out->count]);
        out->count++;
        first += count;
    }
    return VYRE_OK;
}

void scan_automata_fini(struct scan_automata *automata)
{
    for (size_t i = 0; i < automata->count; i++)
        scan_automaton_fini(&automata->items[i]);
    memory_free(automata->items);
    *automata = (struct scan_automata){ 0 };
}

enum vyre_result vyre_patterns_compile(const struct vyre_patterns_params *params,
                                       struct vyre_patterns **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!params)
        return VYRE_ERR_INVALID_ARGUMENT;
    size_t bytes = 0;
    enum vyre_result result = check(params, &bytes);
    if (result != VYRE_OK)
        return result;
    struct vyre_patterns *patterns = memory_calloc(1, sizeof *patterns);
    if (!patterns)
        return VYRE_ERR_NO_MEMORY;
    atomic_init(&patterns->references, 1);
    result = set_init(&patterns->set, params, bytes);
    if (result == VYRE_OK)
        result = scan_automata_build(&patterns->set, SCAN_TABLE_BYTES_MAX, params->diag,
                                     &patterns->automata);
    if (result != VYRE_OK)
        vyre_patterns_destroy(&patterns);
    *out = patterns;
    return result;
}

struct vyre_patterns *scan_patterns_ref(const struct vyre_patterns *patterns)
{
    // The set is immutable; only its reference count changes.
    struct vyre_patterns *shared = (struct vyre_patterns *)(uintptr_t)patterns;
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    return shared;
}

void vyre_patterns_destroy(struct vyre_patterns **patterns)
{
    if (!patterns || !*patterns)
        return;
    struct vyre_patterns *gone = *patterns;
    *patterns = NULL;
    if (atomic_fetch_sub_explicit(&gone->references, 1, memory_order_acq_rel) != 1)
        return;
    scan_automata_fini(&gone->automata);
    set_fini(&gone->set);
    memory_free(gone);
}
