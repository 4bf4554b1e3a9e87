// SPDX-License-Identifier: MIT
// What every unit test includes: cmocka with the headers that it forgets, and a collecting sink.
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <vyre/diag.h>

// Exit code that tells meson that a whole test program was skipped. Print the reason first.
enum { TEST_SKIPPED = 77 };

// Asserts a vyre_result and prints names, not numbers.
#define assert_result(expected, call)                                                              \
    do {                                                                                           \
        enum vyre_result result_ = (call);                                                         \
        enum vyre_result expected_ = (expected);                                                   \
        if (result_ != expected_)                                                                  \
            fail_msg("%s: %s, expected %s", #call, vyre_result_name(result_),                      \
                     vyre_result_name(expected_));                                                 \
    } while (0)

// A sink that keeps "CODE text | CODE text | ..." for assertions.
struct test_diags {
    char text[4096];
    size_t size;
    unsigned count;
};

static inline void test_diags_emit(void *user, const struct vyre_diag *diag)
{
    struct test_diags *diags = user;
    diags->count++;
    int written = snprintf(diags->text + diags->size, sizeof diags->text - diags->size, "%s%s %s",
                           diags->size ? " | " : "", diag->code, diag->text);
    if (written > 0 && (size_t)written < sizeof diags->text - diags->size)
        diags->size += (size_t)written;
}

#define test_diag_sink(diags) (&(const struct vyre_diag_sink){ test_diags_emit, (diags) })

#endif // TESTS_SUPPORT_TEST_H
