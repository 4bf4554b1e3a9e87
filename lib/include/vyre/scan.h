// SPDX-License-Identifier: MIT
// Scanning: many patterns in files and memory, found by the device.
#ifndef VYRE_SCAN_H
#define VYRE_SCAN_H

#include <vyre/cache.h>
#include <vyre/device.h>

VYRE_BEGIN

// A compiled pattern set. Immutable.
// Thread-safety: any number of threads and scans may use one set at once.
struct vyre_patterns;

enum { VYRE_PATTERN_MAX = 4096 }; // bytes of one pattern

struct vyre_pattern {
    const void *bytes;
    size_t size; // 1 to VYRE_PATTERN_MAX
};

struct vyre_patterns_params {
    const struct vyre_pattern *patterns; // literals; duplicates are kept and reported each
    size_t pattern_count;
    const struct vyre_diag_sink *diag;
};

#define vyre_patterns_params(...) (&(const struct vyre_patterns_params){ __VA_ARGS__ })

// Builds the automata. Returns VYRE_ERR_INVALID_ARGUMENT for an empty set or an empty pattern (code
// S0nn names it) and VYRE_ERR_LIMIT for a pattern or a set that is too large: at most 4096 bytes,
// 2^24 patterns, 1 GiB of them, and 4 GiB of automata. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_patterns_compile(
    const struct vyre_patterns_params *params, struct vyre_patterns **out);

VYRE_API void vyre_patterns_destroy(struct vyre_patterns **patterns);

// Path that bytes take from a file to the device.
enum vyre_ingest_path {
    VYRE_INGEST_AUTO = 0,     // the first of the following that works here
    VYRE_INGEST_IMPORTED = 1, // io_uring READ_FIXED into host pages that the device imports
    VYRE_INGEST_STAGED = 2,   // io_uring READ_FIXED into staging, copied to the device
    VYRE_INGEST_PREAD = 3,    // pread, no io_uring
};

// A scan: inputs go in, hits come out in the order of the inputs, then offset, then pattern.
//
// Thread-safety: one thread at a time. Lifetime: holds its device and patterns.
struct vyre_scan;

struct vyre_scan_params {
    const struct vyre_patterns *patterns; // required
    struct vyre_cache *cache;             // NULL: compile every time
    // Bytes of buffers of every kind, automata and hits that wait for their turn included; 0: 256
    // MiB and what the pattern set needs.
    uint64_t memory_limit;
    uint64_t chunk_size;      // bytes of one chunk, rounded up to 4096; 0: chosen to fit the limit
    uint64_t hang_timeout_ns; // 0: 10 s
    enum vyre_ingest_path ingest;
    bool count_only;                   // no hits, only counts
    const struct vyre_diag_sink *diag; // copied; its user must outlive the scan
    struct vyre_log log;               // kept
};

#define vyre_scan_params(...) (&(const struct vyre_scan_params){ __VA_ARGS__ })

VYRE_API VYRE_MUST_USE enum vyre_result vyre_scan_create(struct vyre_device *device,
                                                         const struct vyre_scan_params *params,
                                                         struct vyre_scan **out);

// An event of a scan, in input order. For each input: its hits, then one VYRE_SCAN_INPUT_END.
enum vyre_scan_event_kind {
    VYRE_SCAN_HIT,
    VYRE_SCAN_INPUT_END,
};

struct vyre_scan_event {
    enum vyre_scan_event_kind kind;
    uint64_t input;   // as given to vyre_scan_feed_*
    uint64_t offset;  // HIT: first byte of the match
    uint32_t pattern; // HIT: index in the pattern set
    uint32_t length;  // HIT: bytes
    // INPUT_END:
    uint64_t bytes; // scanned
    uint64_t hits;  // exact, with count_only too
    int error;      // errno when the input could not be read to its end; 0: all of it was scanned
};

// Queues a file. The descriptor must stay open until its INPUT_END; regular files and block devices
// only. VYRE_FULL: take events first. `input` is a number of the caller's.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_scan_feed_fd(struct vyre_scan *scan, int fd,
                                                          uint64_t input);

// Queues memory, which must stay unchanged until its INPUT_END.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_scan_feed_memory(struct vyre_scan *scan,
                                                              const void *bytes, size_t size,
                                                              uint64_t input);

// No more inputs will come.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_scan_finish(struct vyre_scan *scan);

// Returns up to `capacity` events in *count. VYRE_TIMEOUT: none yet. VYRE_FULL: everything fed so
// far is reported, feed more or finish. VYRE_DONE: finished and all reported. VYRE_ERR_HANG,
// VYRE_ERR_DEVICE_LOST: the device is gone, the events so far are exact.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_scan_next(struct vyre_scan *scan, uint64_t timeout_ns,
                                                       struct vyre_scan_event *events,
                                                       size_t capacity, size_t *count);

struct vyre_scan_stats {
    uint64_t bytes_read;
    uint64_t bytes_device; // scanned on the device, overlap and repeated pieces included
    uint64_t hits;
    uint64_t chunks;
    uint64_t rescans; // pieces scanned again because their hit buffer was full
    uint64_t epochs;
    uint64_t slots;
    uint64_t memory_bytes; // of buffers of every kind now
    uint32_t automata;
    uint64_t automata_bytes;
    enum vyre_ingest_path ingest; // the path taken
    char ingest_reason[160];      // why not a faster one
    bool module_cached;           // the resident kernel's SPIR-V came from the cache
    bool pipeline_cached;         // the driver was handed a verified blob
    uint64_t lower_ns;            // validate and lower the resident kernel; 0 when cached
    uint64_t pipeline_ns;         // the driver's compilation of it
};

VYRE_API void vyre_scan_get_stats(const struct vyre_scan *scan, struct vyre_scan_stats *out);

VYRE_API void vyre_scan_destroy(struct vyre_scan **scan);

VYRE_END

#endif // VYRE_SCAN_H
