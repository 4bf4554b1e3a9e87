// SPDX-License-Identifier: MIT
// A device, a ring and a stream that live in this process: they keep the contracts of vyre/ring.h
// and stream/stream.h, check that the engine does, and behave as awkwardly as those allow.
#ifndef TESTS_SCAN_FAKE_H
#define TESTS_SCAN_FAKE_H

#include <vyre/scan.h>

struct fake_options {
    uint64_t seed;        // of all awkwardness
    uint64_t hang_after;  // slots after which the ring hangs; 0: never
    uint64_t fault_after; // slots after which one faults; 0: never
    uint64_t lie_after;   // slots after which the ring reports too many ends; 0: never
    uint64_t storage_max; // bytes of one binding; 0: 128 MiB
    uint32_t loop_limit;
    bool counting;   // what the scan's program is made for
    bool staged;     // the stream finds that it must keep the text twice
    int input_error; // errno that every input ends with
};

struct vyre_device *fake_device(const struct fake_options *options);

// Asserts that everything made since fake_device was destroyed, and that every chunk was released.
void fake_assert_clean(void);

#endif // TESTS_SCAN_FAKE_H
