// SPDX-License-Identifier: MIT
// Many threads read, validate and compile at once, one program of all and one of their own each:
// nothing is shared behind the calls, and every thread gets the same bytes.
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

#include <vyre/vyre.h>

enum { THREADS = 8, TIMES = 40 };

static const char text[] = "workgroup 64\n"
                           "buffer in : u32[] readonly @0\n"
                           "buffer weights : f32[] readonly @1\n"
                           "buffer out : u32[] readwrite @2\n"
                           "buffer part : u32[64] workgroup\n"
                           "let i = gid.x\n"
                           "part[lid.x] = in[i] * 3 + (i & 7)\n"
                           "barrier\n"
                           "let sum = 0\n"
                           "loop k in 0 .. 64 { sum = sum + part[k] }\n"
                           "if weights[i] * 0.5 < 1.0 { out[i] = sum }\n";

struct job {
    const struct vyre_program *shared;
    const uint32_t *words; // of the expected module
    size_t word_count;
    const uint8_t *wire;
    size_t wire_size;
    uint8_t fingerprint[VYRE_FINGERPRINT_SIZE];
    unsigned wrong; // out; the test framework is not for threads
};

static bool gives_expected_module(const struct job *job, const struct vyre_program *program)
{
    struct vyre_module *module = NULL;
    size_t count = 0;
    if (vyre_compile(program, NULL, &module) != VYRE_OK)
        return false;
    const uint32_t *words = vyre_module_words(module, &count);
    const bool same =
        count == job->word_count && memcmp(words, job->words, count * sizeof *words) == 0;
    vyre_module_destroy(&module);
    return same;
}

static bool whole_way(const struct job *job)
{
    uint8_t fingerprint[VYRE_FINGERPRINT_SIZE];
    struct vyre_program *own = NULL;
    if (vyre_program_decode(job->wire, job->wire_size, NULL, &own) != VYRE_OK)
        return false;
    const bool same = vyre_program_validate(own, NULL) == VYRE_OK &&
                      vyre_program_fingerprint(own, NULL, fingerprint) == VYRE_OK &&
                      memcmp(fingerprint, job->fingerprint, sizeof fingerprint) == 0 &&
                      gives_expected_module(job, own);
    vyre_program_destroy(&own);
    return same;
}

static void *work(void *user)
{
    struct job *job = user;
    for (int i = 0; i < TIMES; i++) {
        job->wrong += !gives_expected_module(job, job->shared);
        job->wrong += !whole_way(job);
    }
    return NULL;
}

static void threads_compile_at_once(void **state)
{
    (void)state;
    struct vyre_program *program = NULL;
    struct vyre_module *module = NULL;
    struct test_diags diags = { 0 };
    struct job job = { 0 };
    struct job jobs[THREADS];
    pthread_t threads[THREADS];
    uint8_t *wire = NULL;
    if (vyre_program_parse(text, sizeof text - 1, NULL, test_diag_sink(&diags), &program) !=
        VYRE_OK)
        fail_msg("%s", diags.text);
    assert_result(VYRE_OK, vyre_program_encode(program, NULL, &wire, &job.wire_size));
    assert_result(VYRE_OK, vyre_program_fingerprint(program, NULL, job.fingerprint));
    assert_result(VYRE_OK, vyre_compile(program, NULL, &module));
    job.shared = program;
    job.wire = wire;
    job.words = vyre_module_words(module, &job.word_count);
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = job;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
    }
    unsigned wrong = 0;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        wrong += jobs[i].wrong;
    }
    assert_int_equal(wrong, 0);
    vyre_free(wire);
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_compile_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
