// SPDX-License-Identifier: MIT
// Random programs in the interpreter, on the device, and on the device without optimisation: the
// same bytes. What differs is reduced and printed. usage: differential [SEED [COUNT [find]]], where
// program number i has seed SEED + i; without arguments 120 programs from seed 1. With `find` the
// run ends at the first difference, which is printed and not reduced.
#include "generate.h"
#include "reduce.h"
#include "trial.h"

#include "device.h"

#include "ir/copy.h"

static uint64_t first_seed = 1;
static uint64_t program_count = 120;
static bool only_find;

enum { MOST_CODES = 16, REDUCTION_TRIES = 4000 };

// How often each code was the reason that a program was not compared.
struct tally {
    unsigned verdicts[TRIAL_VERDICTS];
    unsigned trapped; // of those that agree
    struct {
        char code[8];
        unsigned count;
    } codes[MOST_CODES];
    unsigned code_count;
};

static void note(struct tally *tally, const struct outcome *outcome)
{
    tally->verdicts[outcome->verdict]++;
    tally->trapped += outcome->verdict == TRIAL_SAME && outcome->trapped;
    if (outcome->verdict != TRIAL_REFUSED && outcome->verdict != TRIAL_INCOMPARABLE)
        return;
    unsigned i = 0;
    while (i < tally->code_count && strcmp(tally->codes[i].code, outcome->code) != 0)
        i++;
    if (i == MOST_CODES)
        return;
    if (i == tally->code_count) {
        memcpy(tally->codes[i].code, outcome->code, sizeof outcome->code);
        tally->code_count++;
    }
    tally->codes[i].count++;
}

static void print_tally(const struct tally *tally)
{
    print_message("%u programs agree, %u of them in a trap, %u refused by the compiler, "
                  "%u ended by the interpreter;",
                  tally->verdicts[TRIAL_SAME], tally->trapped, tally->verdicts[TRIAL_REFUSED],
                  tally->verdicts[TRIAL_INCOMPARABLE]);
    for (unsigned i = 0; i < tally->code_count; i++)
        print_message(" %s %u", tally->codes[i].code, tally->codes[i].count);
    print_message("\n");
}

// ---- Reduction ----------------------------------------------------------------------------------

static bool still_differs(void *user, const struct vyre_program *program)
{
    return trial_run(user, program).verdict == TRIAL_DIFFERENT;
}

// Fewer workgroups, shorter buffers and zeros, as long as the difference stays.
static void reduce_trial(struct trial *trial, const struct vyre_program *program)
{
    const struct trial before = *trial;
    trial->grid[0] = 1;
    if (!still_differs(trial, program))
        trial->grid[0] = before.grid[0];
    trial->zeros = true;
    if (!still_differs(trial, program))
        trial->zeros = before.zeros;
    for (uint32_t words = 1; words <= 64; words *= 2) {
        trial->words = words;
        if (still_differs(trial, program))
            return;
    }
    trial->words = before.words;
}

static struct vyre_program *reduce_failure(struct trial *trial, const struct vyre_program *program)
{
    const struct reduction reduction = { still_differs, trial, REDUCTION_TRIES };
    struct vyre_program *smaller = reduce(program, &reduction);
    reduce_trial(trial, smaller);
    struct vyre_program *smallest = reduce(smaller, &reduction); // the trial may allow more now
    vyre_program_destroy(&smaller);
    return smallest;
}

static void report(struct trial *trial, uint64_t seed, const struct vyre_program *program,
                   const struct outcome *outcome)
{
    struct vyre_program *shown = vyre_program_ref((struct vyre_program *)program);
    if (outcome->verdict == TRIAL_DIFFERENT) {
        vyre_program_destroy(&shown);
        shown = reduce_failure(trial, program);
    }
    struct outcome last = trial_run(trial, shown);
    struct str text = { 0 };
    trial_print(trial, shown, &text);
    // Not with cmocka, which cuts long messages.
    fprintf(stderr, "seed %llu: %s\nreduced: %s\n%s", (unsigned long long)seed, outcome->why,
            last.why, text.text);
    str_fini(&text);
    vyre_program_destroy(&shown);
}

// ---- Tests --------------------------------------------------------------------------------------

static void the_device_gives_the_interpreters_bytes(void **state)
{
    struct tally tally = { .code_count = 0 };
    struct vyre_kernel *litter = trial_litter(*state);
    unsigned failures = 0;
    for (uint64_t i = 0; i < program_count && failures < 3; i++) {
        struct shape shape;
        struct vyre_program *program = generate(first_seed + i, &shape);
        struct trial trial = {
            .device = *state, .litter = litter, .seed = first_seed + i, .exact = shape.exact
        };
        memcpy(trial.grid, shape.grid, sizeof trial.grid);
        struct outcome outcome = trial_run(&trial, program);
        note(&tally, &outcome);
        // The last two are faults of the generator.
        if (outcome.verdict == TRIAL_DIFFERENT || outcome.verdict == TRIAL_INVALID ||
            outcome.verdict == TRIAL_RACY) {
            failures += only_find ? 3 : 1;
            if (only_find)
                fprintf(stderr, "seed %llu: %s\n", (unsigned long long)trial.seed, outcome.why);
            else
                report(&trial, first_seed + i, program, &outcome);
        }
        vyre_program_destroy(&program);
    }
    vyre_kernel_destroy(&litter);
    print_tally(&tally);
    assert_int_equal(failures, 0);
    assert_true(tally.trapped > 0 || program_count < 120);
    // A generator that makes what nobody takes would compare nothing.
    assert_true(tally.verdicts[TRIAL_SAME] >= program_count - program_count / 20);
}

// What a compiler with a swapped operator makes of a program.
static struct ir_expr *swap_operator(void *user, const struct ir_expr *original,
                                     struct ir_expr *copy)
{
    (void)user;
    if (original->kind == IR_EXPR_BINOP && original->op == IR_BIN_MIN)
        copy->op = IR_BIN_MAX;
    return copy;
}

static struct vyre_program *with_a_fault(const struct vyre_program *program)
{
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    const struct ir_copy copy = { .draft = &draft, .from = program, .expr = swap_operator };
    memcpy(draft.program->workgroup, program->workgroup, sizeof program->workgroup);
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        struct ir_buffer buffer = ir_copy_buffer(&copy, &program->buffers[i]);
        ir_draft_buffer(&draft, &buffer);
    }
    struct vyre_program *made;
    assert_result(VYRE_OK,
                  ir_draft_finish(&draft, ir_copy_body(&copy, program->entry), true, &made));
    return made;
}

static uint32_t count_statements(struct ir_body body)
{
    uint32_t count = body.count;
    for (uint32_t i = 0; i < body.count; i++)
        count += count_statements(body.nodes[i]->body) + count_statements(body.nodes[i]->otherwise);
    return count;
}

static void a_planted_fault_is_found_and_reduced(void **state)
{
    struct vyre_kernel *litter = trial_litter(*state);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct shape shape;
        struct vyre_program *program = generate(seed, &shape);
        struct trial trial = { .device = *state,
                               .litter = litter,
                               .seed = seed,
                               .exact = shape.exact,
                               .plant = with_a_fault };
        memcpy(trial.grid, shape.grid, sizeof trial.grid);
        if (trial_run(&trial, program).verdict != TRIAL_DIFFERENT) {
            vyre_program_destroy(&program);
            continue;
        }
        struct vyre_program *small = reduce_failure(&trial, program);
        assert_int_equal(trial_run(&trial, small).verdict, TRIAL_DIFFERENT);
        trial.plant = NULL;
        assert_int_equal(trial_run(&trial, small).verdict, TRIAL_SAME);
        struct str text = { 0 };
        trial_print(&trial, small, &text);
        // One store in the root region, and what it takes to get there.
        bool few = count_statements(small->entry) <= 4 && small->buffer_count <= 2;
        if (!few)
            fprintf(stderr, "%s", text.text);
        assert_true(few);
        assert_non_null(strstr(text.text, "min("));
        str_fini(&text);
        vyre_program_destroy(&small);
        vyre_program_destroy(&program);
        vyre_kernel_destroy(&litter);
        return;
    }
    fail_msg("the planted fault was not found");
}

static void the_same_seed_gives_the_same_program(void **state)
{
    (void)state;
    struct shape shape;
    char *text[3];
    for (unsigned i = 0; i < 3; i++) {
        struct vyre_program *program = generate(i == 2 ? 8 : 7, &shape);
        assert_result(VYRE_OK, vyre_program_print(program, &text[i], NULL));
        vyre_program_destroy(&program);
    }
    assert_string_equal(text[0], text[1]);
    assert_string_not_equal(text[0], text[2]);
    for (unsigned i = 0; i < 3; i++)
        vyre_free(text[i]);
}

// What the programs of the quick run have in their statements: a generator that no longer makes it
// compares nothing of it.
static void programs_have_every_part_of_the_language(void **state)
{
    static const char *const parts[] = {
        "subgroup_add(",
        "subgroup_shuffle(",
        "subgroup_ballot(",
        "async_load(",
        "async_store(",
        "trap(",
        "barrier grid_sync",
        "barrier acq_rel",
        "= atomic_add",
        "= atomic_exchange",
        "atomic_compare_exchange",
        "atomic_load.acquire(",
        "atomic_store.release(",
        "uniform_load(",
        "return",
        "loop ",
        "u64(",
        "u8[",
        "i16[",
        "f16[",
        "i64[",
        "vec4<u32>[",
        "fma(",
        "sin(",

        "sqrt(",
        "mul_high(",
        "saturating_sub(",
    };
    enum { PARTS = sizeof parts / sizeof *parts, PROGRAMS = 120, LEAST = 1 };
    unsigned found[PARTS] = { 0 };
    (void)state;
    for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
        struct shape shape;
        char *text;
        struct vyre_program *program = generate(seed, &shape);
        assert_result(VYRE_OK, vyre_program_print(program, &text, NULL));
        for (unsigned i = 0; i < PARTS; i++)
            found[i] += strstr(text, parts[i]) != NULL;
        vyre_free(text);
        vyre_program_destroy(&program);
    }
    bool all = true;
    for (unsigned i = 0; i < PARTS; i++) {
        all = all && found[i] >= LEAST;
        if (found[i] < LEAST)
            print_error("%u of %d programs have '%s'\n", found[i], PROGRAMS, parts[i]);
    }
    assert_true(all);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        program_count = strtoull(argv[2], NULL, 0);
    only_find = argc > 3 && strcmp(argv[3], "find") == 0;
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest search[] = { cmocka_unit_test(
        the_device_gives_the_interpreters_bytes) };
    if (only_find)
        return cmocka_run_group_tests(search, test_device_set_up, test_device_tear_down);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_program),
        cmocka_unit_test(programs_have_every_part_of_the_language),
        cmocka_unit_test(a_planted_fault_is_found_and_reduced),
        cmocka_unit_test(the_device_gives_the_interpreters_bytes),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
