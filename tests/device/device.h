// SPDX-License-Identifier: MIT
// What device tests share: a device with the validation layer, or a skip with the reason.
#ifndef TESTS_DEVICE_DEVICE_H
#define TESTS_DEVICE_DEVICE_H

#include "test.h"

#include "vk/device.h"

#include <stdlib.h>

// A wait that is never reached on a device that works.
static const uint64_t test_wait_ns = 20ull * 1000 * 1000 * 1000;

static inline void test_log(void *user, enum vyre_log_level level, const char *text)
{
    (void)user;
    if (level <= VYRE_LOG_WARNING)
        print_error("log: %s\n", text);
}

// Whether this machine has a device that the library can use. Prints the reason when not.
static inline bool test_has_device(void)
{
    struct vyre_device *device = NULL;
    struct test_diags diags = { 0 };
    enum vyre_result result =
        vyre_device_create(vyre_device_params(.diag = test_diag_sink(&diags)), &device);
    if (result == VYRE_OK) {
        vyre_device_destroy(&device);
        return true;
    }
    if (result != VYRE_ERR_NO_DEVICE && result != VYRE_ERR_UNSUPPORTED) {
        print_error("cannot open a device: %s: %s\n", vyre_result_name(result), diags.text);
        exit(1);
    }
    print_message("skipped: %s\n", diags.text);
    return false;
}

// TSan does not see the locks inside the validation layer, which is not built with it, and takes
// its own bookkeeping for races.
#if defined(__SANITIZE_THREAD__)
static const bool test_validation = false;
#else
static const bool test_validation = true;
#endif

// A device, with the validation layer where it is installed.
static inline struct vyre_device *test_device(const struct vyre_pretend *pretend)
{
    struct vyre_device *device = NULL;
    struct test_diags diags = { 0 };
    struct vyre_device_params params = {
        .pretend = pretend,
        .validation = test_validation,
        .diag = test_diag_sink(&diags),
        .log = { test_log, NULL },
    };
    enum vyre_result result = vyre_device_create(&params, &device);
    if (result == VYRE_ERR_UNSUPPORTED && strstr(diags.text, "D009")) {
        params.validation = false;
        result = vyre_device_create(&params, &device);
    }
    if (result != VYRE_OK)
        fail_msg("no device: %s", diags.text);
    return device;
}

// Drops the device; the validation layer must have had nothing to say.
static inline void test_device_done(struct vyre_device **device)
{
    assert_int_equal(vk_device_validation_messages(*device), 0);
    assert_result(VYRE_OK, vyre_device_status(*device));
    vyre_device_destroy(device);
}

// For groups of tests that share a device: their state is it.
static inline int test_device_set_up(void **state)
{
    *state = test_device(NULL);
    return 0;
}

static inline int test_device_tear_down(void **state)
{
    struct vyre_device *device = *state;
    test_device_done(&device);
    return 0;
}

#endif // TESTS_DEVICE_DEVICE_H
