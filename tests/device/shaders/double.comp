// SPDX-License-Identifier: MIT
// to[i] = from[i] * 2 + push, for the words of one workgroup of 64.
#version 450
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) readonly buffer From { uint from[]; };
layout(std430, set = 0, binding = 3) buffer To { uint to[]; };
layout(push_constant) uniform Push { uint addend; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i < to.length())
        to[i] = from[i] * 2u + addend;
}
