// SPDX-License-Identifier: MIT
// The queue: submission, points, waiting, and giving back what completed submissions held.
#include "object.h"

#include "base/report.h"
#include "base/size.h"

#include <time.h>

// Destroying a device waits this long for what is still in flight.
static const uint64_t teardown_ns = 10ull * 1000 * 1000 * 1000;
// A submission may keep the work of others waiting for this long, whatever their patience: it may
// be a dispatch that is slow and right.
static const uint64_t others_ns = 30ull * 1000 * 1000 * 1000;
// A wait looks this often whether another thread has poisoned the device.
static const uint64_t slice_ns = 100ull * 1000 * 1000;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum vyre_result vk_queue_init(struct vyre_device *device, const struct vyre_diag_sink *diag)
{
    struct vk_api *api = &device->api;
    api->vkGetDeviceQueue(device->handle, device->candidate.plan.queue_family, 0,
                          &device->queue.handle);
    if (!device->candidate.plan.timeline)
        return VYRE_OK;
    const VkSemaphoreTypeCreateInfo type = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
    };
    const VkSemaphoreCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
        .pNext = &type,
    };
    VkResult result = api->vkCreateSemaphore(device->handle, &info, NULL, &device->queue.timeline);
    if (result != VK_SUCCESS)
        device->queue.timeline = VK_NULL_HANDLE;
    return vk_device_check(device, diag, "vkCreateSemaphore", result);
}

// ---- Completion -------------------------------------------------------------------------------

static void complete_up_to(struct vk_queue *queue, uint64_t point)
{
    pthread_mutex_lock(&queue->lock);
    if (point > atomic_load(&queue->completed)) {
        atomic_store(&queue->completed, point);
        queue->completed_ns = now_ns();
    }
    pthread_mutex_unlock(&queue->lock);
}

static VkResult wait_slice(struct vyre_device *device, uint64_t point, struct vk_commands *fenced,
                           uint64_t timeout_ns, const char **call)
{
    struct vk_queue *queue = &device->queue;
    if (queue->timeline) {
        *call = "vkWaitSemaphores";
        const VkSemaphoreWaitInfo info = {
            .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
            .semaphoreCount = 1,
            .pSemaphores = &queue->timeline,
            .pValues = &point,
        };
        return device->api.vkWaitSemaphores(device->handle, &info, timeout_ns);
    }
    *call = "vkWaitForFences";
    return device->api.vkWaitForFences(device->handle, 1, &fenced->fence, VK_TRUE, timeout_ns);
}

static void leave_fence_wait(struct vk_queue *queue, struct vk_commands *commands)
{
    pthread_mutex_lock(&queue->lock);
    commands->waiters--;
    pthread_mutex_unlock(&queue->lock);
}

// The newest submission whose fence says that it is done, entered as a waiter; NULL: none. Called
// under the queue's lock.
static VkResult poll_fences(struct vyre_device *device, struct vk_commands **done)
{
    VkResult result = VK_SUCCESS;
    for (struct vk_commands *at = device->queue.in_flight; at; at = at->next) {
        result = device->api.vkGetFenceStatus(device->handle, at->fence);
        if (result != VK_SUCCESS)
            break;
        *done = at;
    }
    if (*done)
        (*done)->waiters++;
    return result;
}

// A poll only reads what is there: on a device that was lost a counter may have any value and a
// fence may be signalled. It is a wait that asks the driver how the device is.
static void confirm(struct vyre_device *device, uint64_t point, struct vk_commands *fenced)
{
    const char *call;
    VkResult waited = wait_slice(device, point, fenced, 0, &call);
    if (waited == VK_SUCCESS)
        complete_up_to(&device->queue, point);
    else if (waited != VK_TIMEOUT)
        (void)vk_device_check(device, NULL, call, waited);
}

// Asks the driver, without waiting, how far the queue has come.
static void poll_queue(struct vyre_device *device)
{
    struct vk_queue *queue = &device->queue;
    VkResult result = VK_SUCCESS;
    const char *call = "vkGetFenceStatus";
    uint64_t reached = 0;
    struct vk_commands *fenced = NULL;
    pthread_mutex_lock(&queue->lock);
    const uint64_t last_point = queue->last_point;
    if (queue->in_flight && queue->timeline) {
        call = "vkGetSemaphoreCounterValue";
        result = device->api.vkGetSemaphoreCounterValue(device->handle, queue->timeline, &reached);
    } else {
        result = poll_fences(device, &fenced);
        reached = fenced ? fenced->point : 0;
    }
    pthread_mutex_unlock(&queue->lock);
    if (result < 0) {
        (void)vk_device_check(device, NULL, call, result);
    } else if (reached > last_point) {
        log_write(&device->log, VYRE_LOG_ERROR,
                  "the device reports submission %llu as complete; the last one was %llu",
                  (unsigned long long)reached, (unsigned long long)last_point);
        vk_device_poison(device, VYRE_ERR_DEVICE_LOST);
    } else if (reached > atomic_load(&queue->completed)) {
        confirm(device, reached, fenced);
    }
    if (fenced)
        leave_fence_wait(queue, fenced);
}

// Takes what is complete off the list of submissions in flight, oldest first. A list that another
// thread waits for stays until that thread is back.
static struct vk_commands *take_completed(struct vk_queue *queue)
{
    struct vk_commands *done = NULL;
    struct vk_commands **tail = &done;
    uint64_t completed = atomic_load(&queue->completed);
    pthread_mutex_lock(&queue->lock);
    while (queue->in_flight && queue->in_flight->point <= completed && !queue->in_flight->waiters) {
        struct vk_commands *first = queue->in_flight;
        queue->in_flight = first->next;
        if (!queue->in_flight)
            queue->newest = NULL;
        first->next = NULL;
        *tail = first;
        tail = &first->next;
    }
    pthread_mutex_unlock(&queue->lock);
    return done;
}

// Makes a list that is not in flight ready for the next vk_commands_begin.
static void recycle(struct vyre_device *device, struct vk_commands *commands)
{
    vk_commands_release_holds(commands);
    VkResult result = device->api.vkResetCommandPool(device->handle, commands->pool, 0);
    if (result == VK_SUCCESS && commands->fence)
        result = device->api.vkResetFences(device->handle, 1, &commands->fence);
    if (result != VK_SUCCESS) {
        vk_commands_free(device, commands); // a new one is made when it is needed
        return;
    }
    commands->failed = VYRE_OK;
    commands->bound_pipeline = NULL;
    commands->bound_bindings = NULL;
    commands->point = 0;
    commands->device = NULL;
    pthread_mutex_lock(&device->queue.lock);
    commands->next = device->queue.free;
    device->queue.free = commands;
    pthread_mutex_unlock(&device->queue.lock);
}

static void retire(struct vyre_device *device)
{
    struct vk_commands *done = take_completed(&device->queue);
    while (done) {
        struct vk_commands *next = done->next;
        recycle(device, done);
        done = next;
    }
}

void vk_queue_retire(struct vyre_device *device)
{
    poll_queue(device);
    retire(device);
}

// The oldest submission that is not complete, 0 when there is none, and for how long there has been
// nothing in front of it.
struct front {
    uint64_t point;
    uint64_t running_ns;
};

static struct front find_front(struct vyre_device *device)
{
    struct vk_queue *queue = &device->queue;
    poll_queue(device);
    struct front front = { 0 };
    pthread_mutex_lock(&queue->lock);
    const uint64_t completed = atomic_load(&queue->completed);
    const struct vk_commands *at = queue->in_flight;
    while (at && at->point <= completed)
        at = at->next;
    if (at) {
        front.point = at->point;
        front.running_ns = now_ns() - u64_max(at->submitted_ns, queue->completed_ns);
    }
    pthread_mutex_unlock(&queue->lock);
    return front;
}

// How much longer a submission at the front may run when somebody waits for `point`.
static uint64_t left_of(const struct front *front, uint64_t point, uint64_t running_ns,
                        uint64_t hang_timeout_ns)
{
    const uint64_t limit =
        front->point == point ? hang_timeout_ns : u64_max(hang_timeout_ns, others_ns);
    return running_ns < limit ? limit - running_ns : 0;
}

uint64_t vk_hang_left(struct vyre_device *device, uint64_t point, uint64_t hang_timeout_ns)
{
    const struct front front = find_front(device);
    return left_of(&front, point, front.running_ns, hang_timeout_ns);
}

// ---- Submission -------------------------------------------------------------------------------

static enum vyre_result submit(struct vyre_device *device, struct vk_commands *commands,
                               uint64_t *point)
{
    struct vk_queue *queue = &device->queue;
    pthread_mutex_lock(&queue->lock);
    uint64_t next = queue->last_point + 1;
    const VkTimelineSemaphoreSubmitInfo values = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &next,
    };
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = queue->timeline ? &values : NULL,
        .commandBufferCount = 1,
        .pCommandBuffers = &commands->buffer,
        .signalSemaphoreCount = queue->timeline ? 1 : 0,
        .pSignalSemaphores = &queue->timeline,
    };
    VkResult submitted = device->api.vkQueueSubmit(queue->handle, 1, &info, commands->fence);
    // A submission that lost the device may have begun: it counts as in flight, for ever.
    bool in_flight = submitted == VK_SUCCESS || submitted == VK_ERROR_DEVICE_LOST;
    if (in_flight) {
        queue->last_point = next;
        commands->point = next;
        commands->submitted_ns = now_ns();
        commands->next = NULL;
        commands->device = NULL;
        if (queue->newest)
            queue->newest->next = commands;
        else
            queue->in_flight = commands;
        queue->newest = commands;
    }
    pthread_mutex_unlock(&queue->lock);
    enum vyre_result result = vk_device_check(device, NULL, "vkQueueSubmit", submitted);
    if (result == VYRE_OK)
        *point = next;
    if (!in_flight)
        recycle(device, commands);
    return result;
}

static enum vyre_result end_recording(struct vyre_device *device, struct vk_commands *commands)
{
    // Later submissions and the host see what this one wrote. Without it a submission could overlap
    // the one before it, and a host that has waited could read stale caches.
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_SHADER_READ_BIT |
                         VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                         VK_ACCESS_TRANSFER_WRITE_BIT,
    };
    const VkPipelineStageFlags work =
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    device->api.vkCmdPipelineBarrier(commands->buffer, work, work | VK_PIPELINE_STAGE_HOST_BIT, 0,
                                     1, &barrier, 0, NULL, 0, NULL);
    return vk_device_check(device, NULL, "vkEndCommandBuffer",
                           device->api.vkEndCommandBuffer(commands->buffer));
}

enum vyre_result vk_commands_submit(struct vk_commands **commands, uint64_t *point)
{
    struct vk_commands *list = *commands;
    struct vyre_device *device = list->device; // its reference is dropped below
    *commands = NULL;
    *point = 0;
    enum vyre_result result = vk_device_status(device);
    if (result == VYRE_OK)
        result = list->failed;
    if (result == VYRE_OK)
        result = end_recording(device, list);
    if (result == VYRE_OK)
        result = submit(device, list, point);
    else
        recycle(device, list);
    vyre_device_destroy(&device);
    return result;
}

void vk_commands_drop(struct vk_commands **commands)
{
    if (!commands || !*commands)
        return;
    struct vk_commands *list = *commands;
    struct vyre_device *device = list->device;
    *commands = NULL;
    recycle(device, list);
    vyre_device_destroy(&device);
}

// ---- Waiting ----------------------------------------------------------------------------------

// The oldest submission in flight that is not before `point`: its fence is signalled after all
// earlier work is complete (Vulkan, 4.3.5 and 7.3). NULL: it is complete already.
static struct vk_commands *enter_fence_wait(struct vk_queue *queue, uint64_t point)
{
    pthread_mutex_lock(&queue->lock);
    struct vk_commands *at = queue->in_flight;
    while (at && at->point < point)
        at = at->next;
    if (at)
        at->waiters++;
    pthread_mutex_unlock(&queue->lock);
    return at;
}

static enum vyre_result wait_until(struct vyre_device *device, uint64_t point, uint64_t deadline)
{
    struct vk_queue *queue = &device->queue;
    struct vk_commands *fenced = NULL;
    if (!queue->timeline) {
        fenced = enter_fence_wait(queue, point);
        if (!fenced)
            return VYRE_OK;
    }
    enum vyre_result result;
    const char *call = "";
    VkResult waited;
    for (;;) {
        uint64_t now = now_ns();
        uint64_t left = deadline > now ? deadline - now : 0;
        waited = wait_slice(device, point, fenced, u64_min(left, slice_ns), &call);
        result = vk_device_status(device);
        // A driver may come back early, for a signal for example; only the clock ends the wait.
        if (result != VYRE_OK || waited != VK_TIMEOUT || now_ns() >= deadline)
            break;
        poll_queue(device); // notes when what is in front of `point` is complete
    }
    if (result == VYRE_OK && waited == VK_TIMEOUT)
        result = VYRE_TIMEOUT;
    else if (result == VYRE_OK)
        result = vk_device_check(device, NULL, call, waited);
    if (fenced)
        leave_fence_wait(queue, fenced);
    return result;
}

enum vyre_result vk_wait(struct vyre_device *device, uint64_t point, uint64_t timeout_ns)
{
    struct vk_queue *queue = &device->queue;
    enum vyre_result result = vk_device_status(device);
    if (result != VYRE_OK)
        return result;
    if (timeout_ns == UINT64_MAX)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (point <= atomic_load(&queue->completed)) {
        retire(device);
        return VYRE_OK;
    }
    pthread_mutex_lock(&queue->lock);
    bool submitted = point <= queue->last_point;
    pthread_mutex_unlock(&queue->lock);
    if (!submitted)
        return VYRE_ERR_INVALID_ARGUMENT;
    uint64_t deadline;
    if (!u64_add(now_ns(), timeout_ns, &deadline))
        deadline = UINT64_MAX;
    result = wait_until(device, point, deadline);
    if (result != VYRE_OK)
        return result;
    complete_up_to(queue, point);
    retire(device);
    return VYRE_OK;
}

static enum vyre_result give_up(struct vyre_device *device, uint64_t point, uint64_t after_ns)
{
    log_write(&device->log, VYRE_LOG_ERROR, "submission %llu is not complete after %llu ms",
              (unsigned long long)point, (unsigned long long)(after_ns / 1000000));
    vk_device_poison(device, VYRE_ERR_HANG);
    return vk_device_status(device);
}

enum vyre_result vk_wait_or_hang(struct vyre_device *device, uint64_t point,
                                 uint64_t hang_timeout_ns)
{
    if (hang_timeout_ns == UINT64_MAX)
        return VYRE_ERR_INVALID_ARGUMENT;
    const uint64_t start = now_ns();
    uint64_t wait_ns = u64_min(hang_timeout_ns, slice_ns);
    for (;;) {
        enum vyre_result result = vk_wait(device, point, wait_ns);
        if (result != VYRE_TIMEOUT)
            return result;
        const struct front front = find_front(device);
        const uint64_t running = u64_min(front.running_ns, now_ns() - start);
        const uint64_t left = left_of(&front, point, running, hang_timeout_ns);
        if (left == 0)
            return give_up(device, front.point, running);
        wait_ns = u64_min(left, slice_ns);
    }
}

// ---- The end ----------------------------------------------------------------------------------

void vk_queue_fini(struct vyre_device *device)
{
    struct vk_queue *queue = &device->queue;
    if (queue->in_flight && vk_device_status(device) == VYRE_OK &&
        vk_wait(device, queue->last_point, teardown_ns) == VYRE_TIMEOUT)
        (void)give_up(device, queue->last_point, teardown_ns);
    uint64_t completed = atomic_load(&queue->completed);
    unsigned left = 0;
    for (struct vk_commands *at = queue->in_flight; at; at = at->next)
        left += at->point > completed;
    if (left) {
        // The driver may still read and write everything that these hold. Only our own bookkeeping
        // is freed; from here on nothing of this device is given back to the driver.
        device->abandoned = true;
        log_write(&device->log, VYRE_LOG_ERROR,
                  "%u submissions are in flight on a device that is given up: its objects leak",
                  left);
    }
    for (struct vk_commands *at = queue->in_flight, *next; at; at = next) {
        next = at->next;
        vk_commands_release_holds(at);
        vk_commands_free(device, at);
    }
    for (struct vk_commands *at = queue->free, *next; at; at = next) {
        next = at->next;
        vk_commands_free(device, at);
    }
    queue->in_flight = queue->newest = queue->free = NULL;
    if (queue->timeline && !device->abandoned)
        device->api.vkDestroySemaphore(device->handle, queue->timeline, NULL);
}
