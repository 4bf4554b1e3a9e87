// SPDX-License-Identifier: MIT
#include <vyre/result.h>

#include "base/memory.h"
#include <vyre/program.h>

struct result_entry {
    const char *name;
    const char *text;
};

static struct result_entry result_entry(enum vyre_result result)
{
    switch (result) {
#define RESULT(id, text)                                                                           \
    case id: return (struct result_entry){ #id, text };
        RESULT(VYRE_OK, "success")
        RESULT(VYRE_MISS, "nothing was found")
        RESULT(VYRE_TIMEOUT, "the time ran out; the work is still in flight")
        RESULT(VYRE_FULL, "there is no room at the moment")
        RESULT(VYRE_DONE, "there is nothing more")
        RESULT(VYRE_ERR_NO_MEMORY, "out of host memory")
        RESULT(VYRE_ERR_INVALID_ARGUMENT, "an argument breaks the contract of the call")
        RESULT(VYRE_ERR_INVALID_PROGRAM, "the program is not valid")
        RESULT(VYRE_ERR_UNSUPPORTED, "this build, target or device lacks something needed")
        RESULT(VYRE_ERR_LIMIT, "a limit would be exceeded")
        RESULT(VYRE_ERR_IO, "the operating system refused an operation")
        RESULT(VYRE_ERR_NO_DEVICE, "there is no device that fits")
        RESULT(VYRE_ERR_DEVICE, "a Vulkan call failed")
        RESULT(VYRE_ERR_DEVICE_LOST, "the device is lost")
        RESULT(VYRE_ERR_HANG, "the device made no progress in time")
        RESULT(VYRE_ERR_FAULT, "the program trapped or exhausted a loop bound on the device")
        RESULT(VYRE_ERR_EXECUTION, "the program failed at run time")
        RESULT(VYRE_ERR_INTERNAL, "a defect of this library")
        RESULT(VYRE_ERR_INVALID_DATA, "the data is damaged, cut short or of another format")
#undef RESULT
    }
    return (struct result_entry){ "unknown result", "unknown result" };
}

const char *vyre_result_name(enum vyre_result result)
{
    return result_entry(result).name;
}

const char *vyre_result_text(enum vyre_result result)
{
    return result_entry(result).text;
}

void vyre_free(void *memory)
{
    memory_free(memory);
}
