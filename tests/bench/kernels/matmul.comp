// SPDX-License-Identifier: MIT
// c = a b for square matrices of 256 rows, in tiles of 16 by 16
#version 450
layout(local_size_x = 16, local_size_y = 16) in;
layout(binding = 0) readonly buffer A { float a[]; };
layout(binding = 1) readonly buffer B { float b[]; };
layout(binding = 2) buffer C { float c[]; };
shared float left[256];
shared float right[256];

void main()
{
    uint row = gl_GlobalInvocationID.y;
    uint column = gl_GlobalInvocationID.x;
    uvec2 local = gl_LocalInvocationID.xy;
    uint here = local.y * 16 + local.x;
    float sum = 0.0;
    for (uint tile = 0; tile < 16; tile++) {
        left[here] = a[row * 256 + tile * 16 + local.x];
        right[here] = b[(tile * 16 + local.y) * 256 + column];
        barrier();
        for (uint k = 0; k < 16; k++)
            sum += left[local.y * 16 + k] * right[k * 16 + local.x];
        barrier();
    }
    c[row * 256 + column] = sum;
}
