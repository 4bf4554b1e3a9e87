// SPDX-License-Identifier: MIT
// How often each byte occurs; four bytes per invocation
#version 450
layout(local_size_x = 256) in;
layout(binding = 0) readonly buffer Text { uint text[]; };
layout(binding = 1) buffer Bins { uint bins[256]; };
layout(push_constant) uniform Push { uint n; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    uint w = text[i];
    atomicAdd(bins[w & 255], 1);
    atomicAdd(bins[w >> 8 & 255], 1);
    atomicAdd(bins[w >> 16 & 255], 1);
    atomicAdd(bins[w >> 24], 1);
}
