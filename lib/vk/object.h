// SPDX-License-Identifier: MIT
// The device object and what hangs off it.
#ifndef VK_OBJECT_H
#define VK_OBJECT_H

#include "base/array.h"
#include "instance.h"
#include "life.h"
#include "plan.h"
#include "vk/device.h"
#include "vk/probe.h"

#include <pthread.h>

struct vk_lives {
    ARRAY(struct vk_life *);
};

// One submission: recorded by its owner, then in flight, then on the free list.
struct vk_commands {
    struct vyre_device *device; // a reference until it is submitted or dropped
    struct vk_commands *next;   // in flight: the one submitted after it; free: the next free one
    VkCommandPool pool;
    VkCommandBuffer buffer;
    VkFence fence;           // without timeline semaphores
    struct vk_lives holds;   // what must live until the submission is complete
    enum vyre_result failed; // the first failure while recording; sticky
    struct vk_pipeline *bound_pipeline;
    struct vk_bindings *bound_bindings;
    uint64_t point;        // once submitted
    uint64_t submitted_ns; // CLOCK_MONOTONIC
    uint32_t waiters;      // threads inside vkWaitForFences; guarded by the queue's lock
};

// The one queue. `lock` guards the VkQueue, the points, the times and both lists; it is never held
// while waiting for the device, nor while objects are released.
struct vk_queue {
    pthread_mutex_t lock;
    VkQueue handle;
    VkSemaphore timeline;          // its value is the last completed point
    uint64_t last_point;           // of the newest submission
    _Atomic uint64_t completed;    // every submission up to this one is complete: a wait said so
    uint64_t completed_ns;         // when `completed` was last seen to grow, CLOCK_MONOTONIC
    struct vk_commands *in_flight; // oldest first
    struct vk_commands *newest;    // last of in_flight
    struct vk_commands *free;
};

struct vk_descriptor_pool {
    struct vk_descriptor_pool *next;
    VkDescriptorPool handle;
    uint32_t sets; // alive
};

// `lock` guards the list and, as Vulkan asks, every use of the pools.
struct vk_descriptor_pools {
    pthread_mutex_t lock;
    struct vk_descriptor_pool *first;
};

struct vyre_device {
    _Atomic uint32_t refs;
    _Atomic int status; // enum vyre_result; the first that is not VYRE_OK sticks
    bool abandoned;     // being destroyed while the driver may still use its objects
    struct vk_api api;  // the instance's table plus the functions of this device
    struct vk_instance instance;
    VkPhysicalDevice physical;
    VkDevice handle;
    struct vk_candidate candidate; // snapshot, plan and reason
    struct vk_probe probe;
    struct vyre_log log;
    _Atomic uint32_t allocations; // of device memory, alive
    struct vk_queue queue;
    struct vk_descriptor_pools pools;
};

struct vyre_buffer {
    struct vk_life life;
    VkBuffer handle;
    VkDeviceMemory memory;
    uint64_t size;      // as asked for
    uint64_t allocated; // rounded up to whole words
    void *host;         // NULL: device only
};

struct vk_pipeline {
    struct vk_life life;
    VkDescriptorSetLayout set_layout; // VK_NULL_HANDLE without bindings
    VkPipelineLayout layout;
    VkPipelineCache cache;
    VkPipeline handle;
    uint32_t push_bytes;
    bool captured; // the driver was told to keep what it knows of the code
    size_t binding_count;
    uint32_t bindings[]; // binding numbers, in the order of the ranges
};

struct vk_bindings {
    struct vk_life life;
    struct vk_pipeline *pipeline;    // held
    struct vk_descriptor_pool *pool; // NULL without bindings
    VkDescriptorSet set;
    size_t buffer_count;
    struct vyre_buffer *buffers[]; // held
};

// VYRE_OK, or what poisoned the device.
enum vyre_result vk_device_status(const struct vyre_device *device);

// What a call that returned `result` means: reports it, and poisons a device that is lost. Calls
// the program's log and sink: under no lock.
enum vyre_result vk_device_check(struct vyre_device *device, const struct vyre_diag_sink *diag,
                                 const char *call, VkResult result);

enum vyre_result vk_queue_init(struct vyre_device *device, const struct vyre_diag_sink *diag);
// Ends what is in flight: waits for it for a bounded time, else poisons the device and sets
// `abandoned`. Then frees every list. Accepts a queue that vk_queue_init left half-built.
void vk_queue_fini(struct vyre_device *device);
// Frees what completed submissions held, without waiting.
void vk_queue_retire(struct vyre_device *device);

void vk_commands_hold(struct vk_commands *commands, struct vk_life *life);
void vk_commands_fail(struct vk_commands *commands, enum vyre_result result);
// Frees a list that is not in flight and the driver's objects in it.
void vk_commands_free(struct vyre_device *device, struct vk_commands *commands);
void vk_commands_release_holds(struct vk_commands *commands);

void vk_pools_fini(struct vyre_device *device);

#endif // VK_OBJECT_H
