// SPDX-License-Identifier: MIT
// Fault records: what a trap or an exhausted loop leaves behind, where it is written, and what it
// means to a person.
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include "ir/model.h"
#include "vk/device.h"

#include <pthread.h>

enum { KERNEL_FAULT_BYTES = 16 };

// Reports a fault record. `linear` tells whether its workgroup number counts through the whole
// grid; `driver_limit` is that of the kernel. VYRE_OK when nothing happened, else VYRE_ERR_FAULT
// (K007 to K012).
enum vyre_result kernel_fault_report(const struct vyre_program *program, const uint32_t record[4],
                                     bool linear, uint32_t driver_limit,
                                     const struct vyre_diag_sink *diag);

struct kernel_fault_block;

// Records of one kernel's dispatches in flight. A record is used again when nobody holds it and the
// last submission that may write to it is complete.
//
// Thread-safety: Safe.
struct kernel_faults {
    struct vyre_device *device; // borrowed
    pthread_mutex_t lock;       // guards everything below
    struct kernel_fault_block *blocks;
    uint64_t completed; // every submission up to this one is known to be complete
};

// One record, zeroed.
struct kernel_fault_slot {
    struct kernel_fault_block *block;
    unsigned index;
};

enum vyre_result kernel_faults_init(struct kernel_faults *faults, struct vyre_device *device);
void kernel_faults_fini(struct kernel_faults *faults); // nothing is held any more

enum vyre_result kernel_faults_take(struct kernel_faults *faults, const struct vyre_diag_sink *diag,
                                    struct kernel_fault_slot *out);
// `point` is the last submission that may write to the record; 0: there was none.
void kernel_faults_give(struct kernel_faults *faults, struct kernel_fault_slot *slot,
                        uint64_t point);

struct vk_range kernel_fault_range(const struct kernel_fault_slot *slot);
// The record as the device left it; read it when its submissions are complete.
void kernel_fault_read(const struct kernel_fault_slot *slot, uint32_t record[4]);

#endif // KERNEL_FAULT_H
