// SPDX-License-Identifier: MIT
// The payload program by the interpreter, against the same work in plain C.
#include "test.h"

#include <stdlib.h>

#include "naive.h"
#include "scan/program/patterns.h"
#include "simulate.h"
#include <vyre/interpret.h>

// One program for hits, one for counts.
static const struct scan_shape shapes[2] = {
    { .own_blocks = 256, .warm_blocks = 256 },
    { .own_blocks = 256, .warm_blocks = 256, .counting = true },
};

// Runs one slot by the interpreter and by the simulation; compares the count word and the pairs,
// which both may write in any order.
struct slot {
    struct scan_job job;
    const uint8_t *text;
    size_t text_size; // multiple of 4
    const struct scan_automaton *automaton;
    uint32_t pairs; // room
    bool counting;
};

static int compare_pairs(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;
    if (a[0] != b[0])
        return a[0] < b[0] ? -1 : 1;
    return a[1] < b[1] ? -1 : a[1] > b[1];
}

// Returns the passes through loops of the lane that made most of them.
static uint64_t compare_slot(const struct vyre_program *program, const struct slot *slot)
{
    size_t words = (size_t)slot->pairs * 2;
    uint32_t count = 0;
    uint32_t *hits = calloc(words + 1, sizeof *hits);
    simulate_slot(&(struct simulate_slot){
        .text = slot->text,
        .text_size = slot->text_size,
        .job = slot->job,
        .counting = slot->counting,
        .table = slot->automaton->table,
        .table_words = (size_t)slot->automaton->state_count * slot->automaton->columns,
        .count = &count,
        .hits = hits,
        .hit_words = words,
    });

    const uint32_t zero = 0;
    uint32_t *empty = calloc(words + 1, sizeof *empty);
    struct vyre_bytes inputs[SCAN_BUFFER_COUNT_OF] = {
        [SCAN_BUFFER_TEXT] = { slot->text, slot->text_size },
        [SCAN_BUFFER_JOB] = { &slot->job, sizeof slot->job },
        [SCAN_BUFFER_TABLE] = { slot->automaton->table,
                                (size_t)scan_automaton_bytes(slot->automaton) },
        [SCAN_BUFFER_COUNT] = { &zero, sizeof zero },
        [SCAN_BUFFER_HITS] = { empty, words * sizeof *empty },
    };
    struct test_diags diags = { 0 };
    struct vyre_outputs *outputs = NULL;
    struct vyre_run_facts facts;
    enum vyre_result result = vyre_interpret(
        program,
        vyre_interpret_params(.inputs = inputs, .input_count = SCAN_BUFFER_COUNT_OF,
                              .grid = { 1, 1, 1 }, .facts = &facts, .diag = test_diag_sink(&diags)),
        &outputs);
    if (result != VYRE_OK)
        fail_msg("%s: %s", vyre_result_name(result), diags.text);
    assert_int_equal(vyre_outputs_count(outputs), 2);
    uint32_t got;
    memcpy(&got, vyre_outputs_get(outputs, 0, NULL).data, sizeof got);
    assert_int_equal(got, count);
    struct vyre_bytes pairs = vyre_outputs_get(outputs, 1, NULL);
    assert_int_equal(pairs.size, words * sizeof *hits);
    // Which pairs are kept is only certain when all fit.
    if (!slot->counting && count <= slot->pairs) {
        memcpy(empty, pairs.data, pairs.size);
        qsort(hits, count, 2 * sizeof *hits, compare_pairs);
        qsort(empty, count, 2 * sizeof *empty, compare_pairs);
        assert_memory_equal(hits, empty, pairs.size);
    }
    vyre_outputs_destroy(&outputs);
    free(empty);
    free(hits);
    return facts.loop_passes;
}

static void the_interpreter_agrees_with_the_simulation(void **state)
{
    (void)state;
    struct vyre_program *programs[2] = { NULL, NULL };
    for (size_t i = 0; i < 2; i++)
        assert_result(VYRE_OK, scan_payload_create(&shapes[i], &programs[i]));
    uint64_t seed = 31;
    for (unsigned round = 0; round < 40; round++) {
        struct vyre_pattern list[10];
        uint8_t *bytes = NULL;
        uint32_t letters = 1 + naive_random(&seed, 4);
        size_t count = 1 + naive_random(&seed, 10);
        uint8_t first = (uint8_t)naive_random(&seed, 252);
        naive_patterns(&seed, list, count, 1 + naive_random(&seed, 40), first, letters, &bytes);
        struct vyre_patterns *patterns = NULL;
        assert_result(VYRE_OK, vyre_patterns_compile(
                                   vyre_patterns_params(.patterns = list, .pattern_count = count),
                                   &patterns));
        uint8_t text[2048];
        size_t size = (4 + naive_random(&seed, sizeof text - 4)) / 4 * 4;
        for (size_t i = 0; i < size; i++)
            text[i] = (uint8_t)(first + naive_random(&seed, letters + 1));
        uint32_t to = 1 + naive_random(&seed, (uint32_t)size);
        uint32_t from = naive_random(&seed, to);
        uint32_t base = from / SCAN_BLOCK * SCAN_BLOCK;
        const struct scan_automaton *automaton = &patterns->automata.items[0];
        struct slot slot = {
            .job = {
                .from = from,
                .to = to,
                .base = base,
                .lane_size = ((to - base + 63) / 64 + 15) / 16 * 16 << naive_random(&seed, 3),
                .warm_size = (patterns->set.size_max + 14) / 16 * 16,
                .low = automaton->low,
                .span = automaton->span,
            },
            .counting = round % 3 == 0,
            .text = text,
            .text_size = size,
            .automaton = automaton,
            .pairs = round % 4 == 0 ? 3 : 2048,
        };
        compare_slot(programs[slot.counting], &slot);
        vyre_patterns_destroy(&patterns);
        free(bytes);
    }
    for (size_t i = 0; i < 2; i++)
        vyre_program_destroy(&programs[i]);
}

// In a text where every byte ends a match: as many passes as the shape says, and no more.
static void the_passes_of_a_shape_are_those_of_its_worst_text(void **state)
{
    (void)state;
    static const struct scan_shape small[] = {
        { 1, 4, false }, { 2, 8, false }, { 16, 4, false }, { 16, 4, true }
    };
    enum { TEXT = 512 };
    uint8_t text[TEXT];
    memset(text, 'a', sizeof text);
    const struct vyre_pattern pattern = { .bytes = text, .size = 1 };
    struct vyre_patterns *patterns = NULL;
    assert_result(VYRE_OK,
                  vyre_patterns_compile(
                      vyre_patterns_params(.patterns = &pattern, .pattern_count = 1), &patterns));
    const struct scan_automaton *automaton = &patterns->automata.items[0];
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        struct vyre_program *program = NULL;
        assert_result(VYRE_OK, scan_payload_create(&small[i], &program));
        const uint32_t warm = small[i].warm_blocks * SCAN_BLOCK;
        const uint32_t own = small[i].own_blocks * SCAN_BLOCK;
        struct slot slot = {
            .job = { .from = warm,
                     .to = warm + own,
                     .base = warm,
                     .lane_size = own,
                     .warm_size = warm,
                     .low = automaton->low,
                     .span = automaton->span },
            .text = text,
            .text_size = sizeof text,
            .automaton = automaton,
            .pairs = TEXT,
            .counting = small[i].counting,
        };
        assert_int_equal(compare_slot(program, &slot), scan_shape_passes(&small[i]));
        vyre_program_destroy(&program);
    }
    vyre_patterns_destroy(&patterns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interpreter_agrees_with_the_simulation),
        cmocka_unit_test(the_passes_of_a_shape_are_those_of_its_worst_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
