// SPDX-License-Identifier: MIT
#include "test.h"

#include "base/memory.h"
#include "scan/program/payload.h"

static const struct scan_shape whole = { .own_blocks = 256, .warm_blocks = 256 };

static void the_program_is_valid_in_every_shape(void **state)
{
    (void)state;
    const struct scan_shape shapes[] = {
        whole, { 1, 4, false }, { 64, 256, false }, { 256, 256, true }
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct vyre_program *program = NULL;
        assert_result(VYRE_OK, scan_payload_create(&shapes[i], &program));
        struct test_diags diags = { 0 };
        enum vyre_result result =
            vyre_program_validate(program, vyre_validate_params(.diag = test_diag_sink(&diags)));
        if (result != VYRE_OK || diags.count != 0)
            fail_msg("%s", diags.text);
        assert_int_equal(vyre_program_buffer_count(program), SCAN_BUFFER_COUNT_OF);
        vyre_program_destroy(&program);
    }
}

static void every_failing_allocation_is_reported_and_leaks_nothing(void **state)
{
    (void)state;
    bool done = false;
    for (uint64_t nth = 1; !done; nth++) {
        struct vyre_program *program = NULL;
        memory_fail_nth(nth);
        enum vyre_result result = scan_payload_create(&whole, &program);
        done = memory_fail_nth(0) < nth;
        assert_int_equal(result, done ? VYRE_OK : VYRE_ERR_NO_MEMORY);
        assert_true(done == (program != NULL));
        vyre_program_destroy(&program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_is_valid_in_every_shape),
        cmocka_unit_test(every_failing_allocation_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
