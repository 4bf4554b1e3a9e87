// SPDX-License-Identifier: MIT
// Devices: what is there, which one is chosen and why, what it can do.
#ifndef VYRE_DEVICE_H
#define VYRE_DEVICE_H

#include <vyre/compile.h>
#include <vyre/diag.h>

VYRE_BEGIN

// A Vulkan device that is ready to compute.
//
// Thread-safety: Safe; submissions are serialised inside.
// Lifetime: reference counted; buffers, kernels and rings hold a reference.
// After a hang or a device loss it is poisoned: every call fails at once with that result.
struct vyre_device;

struct vyre_cache;

enum vyre_device_kind {
    VYRE_DEVICE_KIND_ANY = 0,
    VYRE_DEVICE_KIND_DISCRETE = 1,
    VYRE_DEVICE_KIND_INTEGRATED = 2,
    VYRE_DEVICE_KIND_VIRTUAL = 3,
    VYRE_DEVICE_KIND_CPU = 4,
};

// Things that a device has and that a plan may pretend it has not. For tests, and for asking
// "would this run there?". Zero pretends nothing.
struct vyre_pretend {
    bool no_host_import;         // VK_EXT_external_memory_host
    bool no_timeline;            // timeline semaphores: fences instead
    bool no_vulkan_memory_model; // GLSL450 instead
    bool no_int64;
    bool no_float64;
    bool no_small_storage; // elements of 8 and 16 bits in buffers
    bool no_subgroup;
    bool no_exact_floats;   // floats are computed with integers, whatever the probe finds
    uint32_t subgroup_size; // invocations; 0: the device's
    // vyre_target.loop_limit. A device that is opened with it is not probed: the limit is trusted,
    // and floats are computed with integers. 0: what the probe finds.
    uint32_t loop_limit;
    uint32_t max_storage_buffers; // 0: the device's
    uint64_t max_storage_range;   // bytes; 0: the device's
};

// Names for it, as commands take them: "no-int64", "4-buffers". Strings are static.
struct vyre_pretend_info {
    const char *name;
    const char *text; // what the device then has
};

// Number `index` of all names. VYRE_ERR_INVALID_ARGUMENT: there are no more.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_pretend_describe(size_t index,
                                                              struct vyre_pretend_info *out);

// Adds what `name` stands for to what is pretended already. VYRE_ERR_INVALID_ARGUMENT: there is no
// such name. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_pretend_add(struct vyre_pretend *pretend,
                                                         const char *name);

// Takes away from a target what is pretended, as opening a device with it does: the target of that
// device without the device. Thread-safety: Safe.
VYRE_API void vyre_target_reduce(struct vyre_target *target, const struct vyre_pretend *pretend);

struct vyre_device_params {
    // Which device. All zero: the best one that is not a CPU implementation, else the CPU
    // implementation, as vyre_device_list orders them.
    const char *name;           // substring of the device name, case-insensitive; NULL: any
    uint32_t index_plus_one;    // 1 + index in vyre_device_list; 0: any
    enum vyre_device_kind kind; // ANY: no preference
    const struct vyre_pretend *pretend;
    // Turn VK_LAYER_KHRONOS_validation on; its messages go to `log` as errors. They come from
    // inside the Vulkan calls that they are about, on that thread, and unlike all other callbacks
    // possibly under locks of the device: whoever receives one may not call into the library.
    bool validation;
    const char *loader; // path of the Vulkan loader; NULL: "libvulkan.so.1"
    // Remembers what was found out by running code on the device, so that the next process need not
    // run it again. NULL: found out every time.
    struct vyre_cache *cache;
    const struct vyre_diag_sink *diag;
    struct vyre_log log; // kept by the device
};

#define vyre_device_params(...) (&(const struct vyre_device_params){ __VA_ARGS__ })

// One candidate. Strings are NUL-terminated.
struct vyre_device_info {
    char name[256];
    char driver[256]; // driver name and version as the driver spells it
    enum vyre_device_kind kind;
    uint32_t api_version; // as Vulkan encodes it
    uint32_t vendor_id;
    uint32_t device_id;
    bool usable;      // the library can run on it
    bool chosen;      // default parameters would choose it
    char reason[256]; // why it was chosen, passed over or refused
    // The plan; meaningful when usable.
    bool host_import;          // host pages are imported without a copy
    uint64_t import_alignment; // bytes; 0 without host_import
    bool timeline;             // timeline semaphores rather than fences
    uint64_t memory_bytes;     // of the heap that buffers are taken from
    struct vyre_target target;
};

// Lists every Vulkan device in order of preference. Free *out with vyre_free.
// `params` may be NULL; its `name`, `kind` and `index_plus_one` decide `chosen`.
// Returns VYRE_ERR_NO_DEVICE when there is no Vulkan loader or no device at all, and
// VYRE_ERR_UNSUPPORTED when this build has no Vulkan.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_device_list(const struct vyre_device_params *params,
                                                         struct vyre_device_info **out,
                                                         size_t *count);

// Opens a device. `params` may be NULL.
// Returns VYRE_ERR_NO_DEVICE (codes D0nn say what was looked for and what is there),
// VYRE_ERR_UNSUPPORTED (the device lacks something that the library needs, the validation layer is
// not installed, or this build has no Vulkan), VYRE_ERR_DEVICE, VYRE_ERR_DEVICE_LOST or
// VYRE_ERR_HANG (a probe shader, run once on the device, failed or did not end).
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_device_create(const struct vyre_device_params *params,
                                                           struct vyre_device **out);

// The plan and the probes, as data. Thread-safety: Safe.
VYRE_API void vyre_device_get_info(const struct vyre_device *device, struct vyre_device_info *out);

// The target that this device's plan gives. Thread-safety: Safe.
VYRE_API void vyre_device_target(const struct vyre_device *device, struct vyre_target *out);

// VYRE_OK, or the result that poisoned the device. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_device_status(const struct vyre_device *device);

// Takes another reference and returns `device`; NULL gives NULL. Thread-safety: Safe.
VYRE_API struct vyre_device *vyre_device_ref(struct vyre_device *device);

// Drops a reference and sets *device to NULL. *device may be NULL. The last reference, wherever it
// is dropped, ends the device: work in flight is waited for, at most 10 s, and then abandoned, as
// on a poisoned device: what the GPU may still touch is leaked and the log says so. Thread-safety:
// Safe.
VYRE_API void vyre_device_destroy(struct vyre_device **device);

VYRE_END

#endif // VYRE_DEVICE_H
