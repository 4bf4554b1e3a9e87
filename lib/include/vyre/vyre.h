// SPDX-License-Identifier: MIT
// libvyre: GPU compute that runs on any vendor's GPU through Vulkan.
//
// The contract of every call, stated once:
//
//  * Calls return `enum vyre_result`: 0 ok, negative error, positive fine but different (a miss, a
//    timeout, full). `*out` is NULL on failure.
//  * Parameter structs are zero-default and borrowed for the call; a macro of the same name builds
//    one in place. Bytes are pointer plus length.
//  * `destroy(&x)` accepts NULL and sets NULL; children hold references to their parents.
//  * Programs, modules, kernels and frozen registries are immutable and shared between threads; a
//    builder, a ring, a stream and a scan belong to one thread at a time; device and cache are
//    thread-safe.
//  * Callbacks run on the calling thread, under no lock of ours, and may not re-enter that object.
//    Only messages of the validation layer may come under locks (vyre_device_params.validation).
//    The library starts no thread unless the parameters ask for one.
//  * Timeouts are relative nanoseconds in a uint64_t: 0 polls, UINT64_MAX is refused. A timeout
//    leaves the work in flight: wait again.
//  * A hang or a lost device poisons the device object: its calls fail at once, and destroy
//    abandons what the GPU may still touch.
//  * The ABI may change before 1.0 (soversion). Protocol, wire format and diagnostic codes do not.
#ifndef VYRE_VYRE_H
#define VYRE_VYRE_H

#include <vyre/buffer.h>
#include <vyre/builder.h>
#include <vyre/cache.h>
#include <vyre/compile.h>
#include <vyre/device.h>
#include <vyre/diag.h>
#include <vyre/interpret.h>
#include <vyre/io_queue.h>
#include <vyre/kernel.h>
#include <vyre/operators.h>
#include <vyre/program.h>
#include <vyre/protocol.h>
#include <vyre/registry.h>
#include <vyre/replay.h>
#include <vyre/result.h>
#include <vyre/ring.h>
#include <vyre/scan.h>
#include <vyre/transform.h>
#include <vyre/version.h>

#endif // VYRE_VYRE_H
