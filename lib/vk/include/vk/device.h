// SPDX-License-Identifier: MIT
// What other rooms may do with a device: pipelines, bindings, command lists, waiting.
// Every call checks the device's status first and returns the result that poisoned it.
#ifndef VK_DEVICE_H
#define VK_DEVICE_H

#include <vyre/buffer.h>
#include <vyre/device.h>
#include <vyre/kernel.h>

// Identity of the driver for cache keys: driver id and version, pipelineCacheUUID, device UUID,
// pointer size; 64 bytes. Stable across processes.
enum { VK_DRIVER_IDENTITY_SIZE = 64 };
void vk_device_identity(const struct vyre_device *device, uint8_t out[VK_DRIVER_IDENTITY_SIZE]);

const struct vyre_log *vk_device_log(const struct vyre_device *device);

// Alignment in bytes that the offset of a binding must have (minStorageBufferOffsetAlignment).
uint64_t vk_device_offset_alignment(const struct vyre_device *device);

// The most workgroups of one dispatch per axis, base included (maxComputeWorkGroupCount).
void vk_device_max_grid(const struct vyre_device *device, uint32_t out[3]);

// Warnings and errors of the validation layer so far; 0 without vyre_device_params.validation.
uint64_t vk_device_validation_messages(const struct vyre_device *device);

// Marks the device as gone; the first negative result sticks. Everything in flight is abandoned:
// its memory, and host pages imported for it, may be touched by the device until the process ends.
void vk_device_poison(struct vyre_device *device, enum vyre_result why);

// ---- Pipelines --------------------------------------------------------------------------------

struct vk_pipeline;

// All of it is borrowed for the call.
struct vk_pipeline_params {
    const uint32_t *words; // valid SPIR-V with a compute entry point named "main"
    size_t word_count;
    const uint32_t *bindings; // binding numbers of storage buffers in set 0
    size_t binding_count;
    uint32_t push_bytes;
    uint32_t subgroup_size; // full subgroups of this many invocations; 0: any
    // Verified VkPipelineCache data to start from; NULL: none. Data of another device or driver is
    // recognised by its header and not used.
    const uint8_t *blob;
    size_t blob_size;
    bool capture; // what vk_pipeline_tell tells is kept, where the driver has it
    const struct vyre_diag_sink *diag;
};

// VYRE_ERR_LIMIT: more bindings or push bytes than the device takes (D010).
enum vyre_result vk_pipeline_create(struct vyre_device *device,
                                    const struct vk_pipeline_params *params,
                                    struct vk_pipeline **out);
// Thread-safety of pipelines and bindings: safe, they are immutable.
// The driver's cache data after compilation. vyre_free frees *out. VYRE_MISS: the driver has none.
enum vyre_result vk_pipeline_blob(const struct vk_pipeline *pipeline, uint8_t **out, size_t *size);
// What the driver says about the machine code of a pipeline made with `capture`, one call of `tell`
// for each. VYRE_ERR_UNSUPPORTED: this driver says nothing.
enum vyre_result vk_pipeline_tell(const struct vk_pipeline *pipeline, vyre_code_fact_fn *tell,
                                  void *user);
void vk_pipeline_unref(struct vk_pipeline **pipeline); // work in flight keeps it alive
struct vk_pipeline *vk_pipeline_ref(struct vk_pipeline *pipeline);

// ---- Bindings ---------------------------------------------------------------------------------

// A descriptor set: one buffer range per binding, in the order of vk_pipeline_params.bindings.
struct vk_bindings;

struct vk_range {
    struct vyre_buffer *buffer;
    uint64_t offset;
    uint64_t size; // bytes, at least 4; rounded up to 4 inside
};

// VYRE_ERR_INVALID_ARGUMENT: a range outside its buffer, an offset that is not a multiple of
// vk_device_offset_alignment, a buffer of another device. VYRE_ERR_LIMIT: a range larger than
// vyre_target.max_storage_range.
enum vyre_result vk_bindings_create(struct vk_pipeline *pipeline, const struct vk_range *ranges,
                                    size_t count, struct vk_bindings **out);
void vk_bindings_unref(struct vk_bindings **bindings); // holds the buffers; work keeps it alive

// ---- Command lists ----------------------------------------------------------------------------

// Records one submission. Failure is sticky and reported by vk_commands_submit. A list belongs to
// one thread; different lists may be recorded and submitted by different threads at once.
struct vk_commands;

// Frees what completed submissions held, as vk_wait does.
enum vyre_result vk_commands_begin(struct vyre_device *device, struct vk_commands **out);
// `bindings` were made from `pipeline`; NULL when it has none. `push_bytes` are those of the
// pipeline. `base` may be NULL: 0. A dispatch beyond vk_device_max_grid is VYRE_ERR_LIMIT.
// There is no barrier between dispatches unless vk_commands_barrier records one.
void vk_commands_dispatch(struct vk_commands *commands, struct vk_pipeline *pipeline,
                          struct vk_bindings *bindings, const void *push, uint32_t push_bytes,
                          const uint32_t base[3], const uint32_t grid[3]);
// Ranges must lie inside the buffers and not overlap.
void vk_commands_copy(struct vk_commands *commands, struct vyre_buffer *from, uint64_t from_offset,
                      struct vyre_buffer *to, uint64_t to_offset, uint64_t size);
// Offset and size are multiples of 4.
void vk_commands_fill(struct vk_commands *commands, struct vyre_buffer *buffer, uint64_t offset,
                      uint64_t size, uint32_t word);
// Everything recorded before is complete and visible to everything recorded after, in this and in
// later submissions.
void vk_commands_barrier(struct vk_commands *commands);
void vk_commands_drop(struct vk_commands **commands); // without submitting

// Submits, ends and frees the list, *commands becomes NULL whatever happens. A host-read barrier is
// added at the end, and the writes of the host before this call are visible to the list.
// Submissions execute in order, each after the one before it is complete. *point names the
// submission for vk_wait; points grow by 1.
enum vyre_result vk_commands_submit(struct vk_commands **commands, uint64_t *point);

// Waits until submission `point` and all before it are complete; 0 polls, UINT64_MAX is refused.
// VYRE_TIMEOUT: not yet. A point that was never submitted is VYRE_ERR_INVALID_ARGUMENT.
// VYRE_ERR_DEVICE_LOST poisons the device. Frees what completed submissions held.
// Thread-safety: any number of threads may wait, for any points.
enum vyre_result vk_wait(struct vyre_device *device, uint64_t point, uint64_t timeout_ns);

// How much longer submission `point` may take before it counts as hanging; 0: it hangs. It may run
// for `hang_timeout_ns` once everything before it was seen to be complete. Many users share the
// queue, so work of others in front of it is not late work: each submission there may run as long,
// and at least 30 s. Asks the driver without waiting.
uint64_t vk_hang_left(struct vyre_device *device, uint64_t point, uint64_t hang_timeout_ns);

// Waits until submission `point` is complete. VYRE_ERR_HANG, which poisons the device: it hangs as
// above, with clocks that start with this call at the earliest.
enum vyre_result vk_wait_or_hang(struct vyre_device *device, uint64_t point,
                                 uint64_t hang_timeout_ns);

#endif // VK_DEVICE_H
