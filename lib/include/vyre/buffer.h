// SPDX-License-Identifier: MIT
// Buffers: memory that a device and the host share.
#ifndef VYRE_BUFFER_H
#define VYRE_BUFFER_H

#include <vyre/device.h>

VYRE_BEGIN

// A storage buffer.
//
// Thread-safety: Safe for the calls below; the contents are the caller's to synchronise.
// Lifetime: reference counted; holds its device; work in flight keeps it alive.
struct vyre_buffer;

enum vyre_buffer_use {
    VYRE_BUFFER_READBACK = 0, // host-cached where there is such memory: the host reads and writes
    VYRE_BUFFER_UPLOAD = 1,   // the host writes, the device reads
    VYRE_BUFFER_DEVICE = 2,   // device only; vyre_buffer_map returns VYRE_ERR_UNSUPPORTED
};

struct vyre_buffer_params {
    uint64_t size; // bytes, at least 1; required
    enum vyre_buffer_use use;
    // Import these host pages instead of allocating: both address and size must be multiples of
    // vyre_device_info.import_alignment; `use` does not matter. Must stay mapped for the life of
    // the buffer, while work that uses it is in flight, and for ever when the device was poisoned
    // (vyre_device_status) with such work in flight: the GPU may still write there.
    void *host_pages;
    const struct vyre_diag_sink *diag;
};

#define vyre_buffer_params(...) (&(const struct vyre_buffer_params){ __VA_ARGS__ })

// Creates a buffer; new memory is zero. Returns VYRE_ERR_INVALID_ARGUMENT for a size of 0, an
// unknown use, or host pages whose address or size is not a multiple of the alignment (D008);
// VYRE_ERR_LIMIT when it is larger than the device can bind, VYRE_ERR_UNSUPPORTED when host pages
// cannot be imported, VYRE_ERR_NO_MEMORY, VYRE_ERR_DEVICE. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_buffer_create(struct vyre_device *device,
                                                           const struct vyre_buffer_params *params,
                                                           struct vyre_buffer **out);

// The host address of the contents, valid until the buffer is destroyed. Memory is coherent: what
// the host wrote before a dispatch is seen by it, what a completed dispatch wrote is seen by the
// host. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_buffer_map(struct vyre_buffer *buffer, void **out);

// Size in bytes as asked for. Thread-safety: Safe.
VYRE_API uint64_t vyre_buffer_size(const struct vyre_buffer *buffer);

// Takes another reference and returns `buffer`; NULL gives NULL. Thread-safety: Safe.
VYRE_API struct vyre_buffer *vyre_buffer_ref(struct vyre_buffer *buffer);

// Drops a reference and sets *buffer to NULL; never blocks, unless it was the last reference to the
// device (see vyre_device_destroy). Thread-safety: Safe.
VYRE_API void vyre_buffer_destroy(struct vyre_buffer **buffer);

VYRE_END

#endif // VYRE_BUFFER_H
