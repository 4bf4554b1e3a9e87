// SPDX-License-Identifier: MIT
// One of the shaders that a device is probed with, and the buffer that it works on. All parts go
// into one submission: a device that does not work is waited for once.
#ifndef VK_PROBE_PART_H
#define VK_PROBE_PART_H

#include "object.h"

struct vk_probe_part {
    struct vk_pipeline *pipeline; // owned
    struct vyre_buffer *buffer;   // owned
    struct vk_bindings *bindings; // owned
    void *host;                   // contents of the buffer
    uint32_t workgroups;          // 0: this part does not run
};

struct vk_probe_shader {
    const uint32_t *words; // binds one storage buffer, 0
    size_t word_count;
    uint64_t size; // bytes of the buffer
    uint32_t workgroups;
};

// vk_probe_part_fini accepts what a failure left.
enum vyre_result vk_probe_part_init(struct vk_probe_part *part, struct vyre_device *device,
                                    const struct vk_probe_shader *shader,
                                    const struct vyre_diag_sink *diag);
void vk_probe_part_fini(struct vk_probe_part *part); // accepts zeroed

void vk_probe_part_record(const struct vk_probe_part *part, struct vk_commands *commands);

#endif // VK_PROBE_PART_H
