// SPDX-License-Identifier: MIT
// Slices: a large grid as several submissions, so that none of them outlives a watchdog. Pure.
#ifndef KERNEL_SLICE_H
#define KERNEL_SLICE_H

#include <stdbool.h>
#include <stdint.h>

// Invocations that one submission may have. The tightest watchdog known is amdgpu's 2 s; at this
// number an invocation may execute 10^5 operations on a device of 10^12 operations a second and
// still finish in a quarter of that.
enum { KERNEL_SLICE_INVOCATIONS = 1 << 22 };

// Submissions that one dispatch may have: all of them are queued at once.
enum { KERNEL_SLICE_MAX = 4096 };

// A cover of the grid by boxes of equal size, cut off at its far sides.
struct kernel_slices {
    uint32_t grid[3];
    uint32_t size[3]; // of a box, workgroups
    uint32_t count[3];
    uint64_t total; // product of `count`
};

// Plans slices of at most `budget` invocations, or of one workgroup where one is more than that.
// Axes of `grid` are at least 1. The last axes are cut first, so that a slice is as long as
// possible in memory order.
void kernel_slices_plan(const uint32_t grid[3], uint64_t workgroup_invocations, uint64_t budget,
                        struct kernel_slices *out);

// Slice `index`, less than `total`: first workgroup and number of workgroups per axis.
void kernel_slices_get(const struct kernel_slices *slices, uint64_t index, uint32_t base[3],
                       uint32_t size[3]);

#endif // KERNEL_SLICE_H
