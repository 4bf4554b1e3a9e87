// SPDX-License-Identifier: MIT
#include "slice.h"

#include "base/size.h"

void kernel_slices_plan(const uint32_t grid[3], uint64_t workgroup_invocations, uint64_t budget,
                        struct kernel_slices *out)
{
    uint64_t room = u64_max(budget / u64_max(workgroup_invocations, 1), 1); // workgroups
    out->total = 1;
    for (unsigned axis = 0; axis < 3; axis++) {
        out->grid[axis] = grid[axis];
        out->size[axis] = (uint32_t)u64_min(room, grid[axis]);
        // A box that does not span this axis is one workgroup thick on the axes after it.
        room = out->size[axis] == grid[axis] ? room / grid[axis] : 1;
        out->count[axis] = grid[axis] / out->size[axis] + (grid[axis] % out->size[axis] != 0);
        if (!u64_mul(out->total, out->count[axis], &out->total))
            out->total = UINT64_MAX;
    }
}

void kernel_slices_get(const struct kernel_slices *slices, uint64_t index, uint32_t base[3],
                       uint32_t size[3])
{
    for (unsigned axis = 0; axis < 3; axis++) {
        base[axis] = (uint32_t)(index % slices->count[axis]) * slices->size[axis];
        size[axis] = (uint32_t)u64_min(slices->size[axis], slices->grid[axis] - base[axis]);
        index /= slices->count[axis];
    }
}
