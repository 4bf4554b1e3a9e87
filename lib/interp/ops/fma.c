// SPDX-License-Identifier: MIT
// The fused multiply-add (spec: semantics.md, 5.4): one rounding, canonical operands and result.
#include <math.h>

#include "interp/ops.h"

enum interp_op_result interp_fma(const struct interp_value operands[3], struct interp_value *out)
{
    float numbers[3];
    for (unsigned i = 0; i < 3; i++) {
        if (!interp_as_f32(&operands[i], &numbers[i]))
            return INTERP_OP_UNDEFINED;
        numbers[i] = interp_canonical(numbers[i]);
    }
    float fused = fmaf(numbers[0], numbers[1], numbers[2]);
    *out = interp_float((double)interp_canonical(fused));
    return INTERP_OP_OK;
}
