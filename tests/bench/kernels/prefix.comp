// SPDX-License-Identifier: MIT
// Inclusive prefix sums of each 256 elements, in workgroup memory
#version 450
layout(local_size_x = 256) in;
layout(binding = 0) readonly buffer In { uint data[]; };
layout(binding = 1) buffer Out { uint result[]; };
shared uint part[256];

void main()
{
    uint i = gl_LocalInvocationID.x;
    part[i] = data[gl_GlobalInvocationID.x];
    barrier();
    for (uint step = 0; step < 8; step++) {
        uint distance = 1u << step;
        uint x = part[i];
        if (i >= distance)
            x += part[i - distance];
        barrier();
        part[i] = x;
        barrier();
    }
    result[gl_GlobalInvocationID.x] = part[i];
}
