// SPDX-License-Identifier: MIT
// An instance of the loader: one per device object or list, so that nothing is shared.
#ifndef VK_INSTANCE_H
#define VK_INSTANCE_H

#include "api.h"

struct vk_instance {
    struct vk_api api;
    VkInstance handle;
    VkDebugUtilsMessengerEXT messenger;
    uint32_t api_version;                 // the version that was asked for: at most 1.3
    struct vyre_log log;                  // where validation messages go
    _Atomic uint64_t validation_messages; // warnings and errors so far
};

// Opens the loader and creates an instance, with the validation layer when asked for. The struct
// must not move while the instance lives: the messenger keeps its address.
// VYRE_ERR_NO_DEVICE: no loader, or one that is too old. VYRE_ERR_UNSUPPORTED: no validation layer.
enum vyre_result vk_instance_init(struct vk_instance *instance, const char *loader, bool validation,
                                  const struct vyre_log *log, const struct vyre_diag_sink *diag);
void vk_instance_fini(struct vk_instance *instance); // accepts zeroed and half-built
// Leaks the instance and the loader for an abandoned device, whose threads may run their code. No
// message arrives any more: the struct may be freed.
void vk_instance_abandon(struct vk_instance *instance);

// The physical devices in the driver's order. memory_free frees *out.
// VYRE_ERR_NO_DEVICE (D003): there is none.
enum vyre_result vk_instance_devices(struct vk_instance *instance, VkPhysicalDevice **out,
                                     uint32_t *count, const struct vyre_diag_sink *diag);

// Reports a failed call as D006 and returns what it means. VK_SUCCESS reports nothing.
enum vyre_result vk_report(const struct vyre_diag_sink *diag, const char *call, VkResult result);

#endif // VK_INSTANCE_H
