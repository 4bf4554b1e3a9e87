// SPDX-License-Identifier: MIT
// The ops that the language defines (spec: protocol.md, 3.4; semantics.md, 11.1). No backend of
// this library has what they need, so programs that call them validate and are refused then.
#include "ir/registry.h"

#define OPERANDS(...)                                                                              \
    .inputs = (const struct vyre_op_operand[])                                                     \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static const struct vyre_op_operand handle = { "GpuBufferHandle", "handle" };

static const char nvme[] = "a runtime whose GPU queues reads and writes of NVMe devices";
static const char mapping[] = "a runtime that maps files into device-visible memory";
static const char indirect[] = "a runtime that launches a dispatch whose size the GPU wrote";

static const struct vyre_op_params ops[] = {
    {
        .id = "io.dma_from_nvme",
        OPERANDS({ "i32", "fd" }, { "u64", "offset" }, { "u64", "length" }),
        .input_count = 3,
        .outputs = &handle,
        .output_count = 1,
        .capability = "nvme_dma",
        .provider = nvme,
    },
    {
        .id = "io.write_back_to_nvme",
        OPERANDS({ "GpuBufferHandle", "handle" }, { "i32", "fd" }, { "u64", "offset" }),
        .input_count = 3,
        .capability = "nvme_dma",
        .provider = nvme,
    },
    {
        .id = "mem.zerocopy_map",
        OPERANDS({ "i32", "fd" }),
        .input_count = 1,
        .outputs = &handle,
        .output_count = 1,
        .capability = "zerocopy_map",
        .provider = mapping,
    },
    {
        .id = "mem.unmap",
        OPERANDS({ "GpuBufferHandle", "handle" }),
        .input_count = 1,
        .capability = "zerocopy_map",
        .provider = mapping,
    },
    {
        .id = "core.indirect_dispatch",
        OPERANDS({ "GpuBufferHandle<[u32;3]>", "workgroup_count" }),
        .input_count = 1,
        .capability = "indirect_dispatch",
        .provider = indirect,
    },
};

enum vyre_result vyre_registry_add_standard_ops(struct vyre_registry *registry,
                                                const struct vyre_diag_sink *diag)
{
    if (!registry)
        return VYRE_ERR_INVALID_ARGUMENT;
    size_t before = vyre_registry_op_count(registry);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct vyre_op_params op = ops[i];
        op.category = VYRE_OP_INTRINSIC;
        op.diag = diag;
        enum vyre_result result = vyre_registry_add_op(registry, &op);
        if (result) {
            ir_registry_truncate(registry, before);
            return result;
        }
    }
    return VYRE_OK;
}
