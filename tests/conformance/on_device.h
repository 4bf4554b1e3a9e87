// SPDX-License-Identifier: MIT
// Runs a module on a device with the inputs of a corpus record.
#ifndef TESTS_CONFORMANCE_ON_DEVICE_H
#define TESTS_CONFORMANCE_ON_DEVICE_H

#include <jansson.h>
#include <vyre/vyre.h>

enum { ON_DEVICE_BUFFERS = 32 };

struct on_device_run {
    const struct vyre_program *program;
    struct vyre_buffer *buffers[ON_DEVICE_BUFFERS + 1]; // one per binding, the fault record last
    uint64_t sizes[ON_DEVICE_BUFFERS];                  // bytes of each declared buffer
    size_t binding_count;
    bool faults;
    struct vyre_module_info info;
};

// The program of a record that the original ran, from the inputs of its buffers. False: the record
// is not for devices.
bool on_device_decode(const json_t *record, struct vyre_program **out);

// False: it could not be run. on_device_fini accepts a run that failed.
bool on_device_run(struct vyre_device *device, const struct vyre_program *program,
                   const struct vyre_module *module, const json_t *record,
                   struct on_device_run *run);

// The four words of the fault record, zeros without a fault. NULL: they cannot be read.
const uint32_t *on_device_fault(const struct on_device_run *run);

void on_device_fini(struct on_device_run *run);

#endif // TESTS_CONFORMANCE_ON_DEVICE_H
