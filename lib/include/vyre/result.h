// SPDX-License-Identifier: MIT
// Result codes and the macros that every public header uses.
#ifndef VYRE_RESULT_H
#define VYRE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define VYRE_BEGIN extern "C" {
#define VYRE_END   }
#else
#define VYRE_BEGIN
#define VYRE_END
#endif

#if defined(__GNUC__)
#define VYRE_API      __attribute__((visibility("default")))
#define VYRE_MUST_USE __attribute__((warn_unused_result))
#else
#define VYRE_API
#define VYRE_MUST_USE
#endif

VYRE_BEGIN

// What a call has to say to a program; what it has to say to a person goes to a diagnostic sink.
// 0 is success, positive values are fine but different, negative values are errors.
// Every call may return VYRE_ERR_NO_MEMORY and VYRE_ERR_INVALID_ARGUMENT; headers name the rest.
enum vyre_result {
    VYRE_OK = 0,
    VYRE_MISS = 1,    // a look-up found nothing
    VYRE_TIMEOUT = 2, // the time ran out; the work stays in flight, wait again
    VYRE_FULL = 3,    // no room at the moment; retire something first
    VYRE_DONE = 4,    // an iteration is over

    VYRE_ERR_NO_MEMORY = -1,        // host allocation failed
    VYRE_ERR_INVALID_ARGUMENT = -2, // the caller broke the contract of the call
    VYRE_ERR_INVALID_PROGRAM = -3,  // text, wire or IR that is not a valid program
    VYRE_ERR_UNSUPPORTED = -4,      // valid, but this build, target or device lacks something
    VYRE_ERR_LIMIT = -5,            // a stated limit would be exceeded
    VYRE_ERR_IO = -6,               // the operating system refused; errno is in the diagnostic
    VYRE_ERR_NO_DEVICE = -7,        // no Vulkan loader, or no device that fits the request
    VYRE_ERR_DEVICE = -8,           // a Vulkan call failed
    VYRE_ERR_DEVICE_LOST = -9,      // the device is gone; its object is poisoned
    VYRE_ERR_HANG = -10,            // the device made no progress in time; its object is poisoned
    VYRE_ERR_FAULT = -11,           // the program trapped or exhausted a loop bound on the device
    VYRE_ERR_EXECUTION = -12,       // the interpreter met a run-time error
    VYRE_ERR_INTERNAL = -13,        // a defect of this library, please report it
    VYRE_ERR_INVALID_DATA = -14,    // bytes that are damaged, cut short or of another format
};

// The spelling of a result, for example "VYRE_ERR_NO_DEVICE"; "unknown result" for other values.
// Thread-safety: Safe. Lifetime: static.
VYRE_API const char *vyre_result_name(enum vyre_result result);

// One sentence that says what the result means, without a full stop.
// Thread-safety: Safe. Lifetime: static.
VYRE_API const char *vyre_result_text(enum vyre_result result);

VYRE_END

#endif // VYRE_RESULT_H
