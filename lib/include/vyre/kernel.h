// SPDX-License-Identifier: MIT
// Kernels: a program compiled for one device, and its dispatch.
#ifndef VYRE_KERNEL_H
#define VYRE_KERNEL_H

#include <vyre/buffer.h>
#include <vyre/cache.h>
#include <vyre/compile.h>
#include <vyre/program.h>
#include <vyre/registry.h>

VYRE_BEGIN

// A compiled program. Immutable once created.
//
// Thread-safety: any number of threads may dispatch one kernel at once.
// Lifetime: reference counted; holds its device. The program may be destroyed at once.
struct vyre_kernel;

struct vyre_kernel_params {
    const struct vyre_program *program; // required
    struct vyre_cache *cache;           // NULL: compile every time
    bool no_optimize;
    bool debug_info; // names and lines in the module, as in vyre/compile.h
    bool capture;    // what vyre_kernel_tell_code tells is kept; may make compilation slower
    // Passes through loops that one invocation may make before the dispatch is a fault; 0:
    // VYRE_DEFAULT_LOOP_BUDGET, see vyre/compile.h for what it protects from and what not.
    uint32_t loop_budget;
    enum vyre_float_mode float_mode; // 0: strict, see vyre/compile.h
    // Calls are checked against it, and the bodies of ops take their place; an op without one, or
    // that needs a capability which the caller does not name here, is refused, with what it lacks
    // (L016, L017). NULL: every call is refused.
    const struct vyre_registry *registry;
    const char *const *capabilities; // of the runtime that dispatches the kernel
    size_t capability_count;
    const struct vyre_diag_sink *diag;
};

#define vyre_kernel_params(...) (&(const struct vyre_kernel_params){ __VA_ARGS__ })

// Where the time of vyre_kernel_create went.
struct vyre_kernel_stats {
    bool module_cached;   // SPIR-V came from the cache: nothing was lowered
    bool pipeline_cached; // the driver was handed a verified blob
    uint64_t lower_ns;    // validate and lower; 0 when cached
    uint64_t pipeline_ns; // vkCreateComputePipelines
    uint32_t word_count;  // SPIR-V words
};

// Validates the program, puts the bodies of ops in place of their calls, takes the module from the
// cache or lowers it, makes the pipeline, stores. A damaged cache entry is a miss. A program with
// barriers of the whole grid becomes a kernel for each of its parts (vyre_program_split_grid_sync,
// which says what it refuses); a dispatch runs them one after another, and the stats are those of
// all of them. Returns VYRE_ERR_INVALID_PROGRAM, VYRE_ERR_UNSUPPORTED, VYRE_ERR_LIMIT,
// VYRE_ERR_DEVICE or the result that poisoned the device. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_kernel_create(struct vyre_device *device,
                                                           const struct vyre_kernel_params *params,
                                                           struct vyre_kernel **out);

// Thread-safety: Safe.
VYRE_API void vyre_kernel_get_stats(const struct vyre_kernel *kernel,
                                    struct vyre_kernel_stats *out);

// What a driver says about machine code, in its words: "Registers", "Instruction Count", "VGPRs".
// Everything is borrowed for the callback.
struct vyre_code_fact {
    const char *part;        // of the code, as the driver names it
    const char *name;        // of the fact
    const char *description; // may be empty
    const char *value;       // in decimal, or yes or no
};

typedef void vyre_code_fact_fn(void *user, const struct vyre_code_fact *fact);

// Tells what the driver says about the code of a kernel made with `capture`, in the driver's order.
// VYRE_ERR_INVALID_ARGUMENT: no kernel, or nobody to tell. VYRE_ERR_UNSUPPORTED: this driver says
// nothing (VK_KHR_pipeline_executable_properties), or the kernel was made without.
// VYRE_ERR_NO_MEMORY, VYRE_ERR_DEVICE or the result that poisoned the device: perhaps not
// everything was told. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_kernel_tell_code(const struct vyre_kernel *kernel,
                                                              vyre_code_fact_fn *tell, void *user);

// Takes another reference and returns `kernel`; NULL gives NULL. Thread-safety: Safe.
VYRE_API struct vyre_kernel *vyre_kernel_ref(struct vyre_kernel *kernel);

// Gives the caller's reference up; dispatches in flight keep what they need. *kernel becomes NULL,
// and may be. Thread-safety: Safe.
VYRE_API void vyre_kernel_destroy(struct vyre_kernel **kernel);

// One buffer argument: a range of a buffer. Its length in elements is what `len` gives; a part of
// an element at the end belongs to nobody.
struct vyre_argument {
    struct vyre_buffer *buffer; // required; of the kernel's device
    uint64_t offset;            // bytes; multiple of 256; the buffer's size gives an empty range
    uint64_t size;              // bytes; 0: to the end of the buffer
};

struct vyre_dispatch_params {
    // One argument per buffer that is not workgroup memory, in the program's declaration order.
    const struct vyre_argument *arguments;
    size_t argument_count;
    uint32_t grid[3]; // workgroups; {0,0,0}: derived (docs/ir.md; vyre_program_derive_grid)
    const struct vyre_diag_sink *diag;
};

#define vyre_dispatch_params(...) (&(const struct vyre_dispatch_params){ __VA_ARGS__ })

// A dispatch in flight. Destroying it does not cancel the work.
struct vyre_ticket;

// Submits the kernel; returns without waiting. The buffers may be destroyed at once; contents stay
// as they are where the program does not write. Dispatches on one device run in the order of their
// submission.
//
// VYRE_ERR_INVALID_ARGUMENT (codes K0nn say which): an argument smaller than the declared count, a
// grid with some axes 0, or arguments that share memory which the program writes, because the
// language has no aliasing; two buffers that import the same host pages are the caller's care.
// VYRE_ERR_LIMIT: an argument or a grid beyond the device's limits. Large grids are sliced so that
// no submission runs for long. VYRE_ERR_DEVICE, or the result that poisoned the device; slices that
// were submitted before a failure still run. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_dispatch(struct vyre_kernel *kernel,
                                                      const struct vyre_dispatch_params *params,
                                                      struct vyre_ticket **out);

// Waits for a ticket. VYRE_OK: done, the results are visible to the host. VYRE_TIMEOUT: still
// running. VYRE_ERR_FAULT: the program trapped or exhausted a loop bound; outputs are undefined.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_ticket_wait(struct vyre_ticket *ticket,
                                                         uint64_t timeout_ns,
                                                         const struct vyre_diag_sink *diag);

VYRE_API void vyre_ticket_destroy(struct vyre_ticket **ticket);

VYRE_END

#endif // VYRE_KERNEL_H
