// SPDX-License-Identifier: MIT
// The sum of each 1,024 elements, by a tree in workgroup memory
#version 450
layout(local_size_x = 256) in;
layout(binding = 0) readonly buffer In { uint data[]; };
layout(binding = 1) buffer Sum { uint sum[]; };
shared uint part[256];

void main()
{
    uint lane = gl_LocalInvocationID.x;
    uint first = gl_WorkGroupID.x * 1024 + lane;
    part[lane] = data[first] + data[first + 256] + data[first + 512] + data[first + 768];
    barrier();
    for (uint step = 0; step < 8; step++) {
        uint width = 128u >> step;
        if (lane < width)
            part[lane] += part[lane + width];
        barrier();
    }
    if (lane == 0)
        sum[gl_WorkGroupID.x] = part[0];
}
