// SPDX-License-Identifier: MIT
// Replay logs on disk: what was appended is there after anything, hostile files are refused, and no
// system call that fails leaves something half made.
#include <vyre/replay.h>

#include "base/memory.h"
#include "exact.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAPACITY = 4, PATH_ROOM = 128 };

// ---- System calls -------------------------------------------------------------------------------

// The `nth` call from now on fails with `error`, unless 0; reads and writes may be cut short and
// interrupted.
static struct {
    unsigned nth;
    int error;
    unsigned seen;
    bool in_pieces;
    bool no_links;
} fault;

static bool fails(void)
{
    fault.seen++;
    if (fault.nth == 0 || --fault.nth > 0)
        return false;
    errno = fault.error;
    return true;
}

// Whether this call is interrupted, every second one, and otherwise how much it may do.
static bool interrupted(size_t *size)
{
    static unsigned turn;
    if (!fault.in_pieces)
        return false;
    *size = *size > 7 ? 7 : *size;
    errno = EINTR;
    return turn++ % 2 == 0;
}

int __real_open64(const char *path, int flags, mode_t mode);
int __wrap_open64(const char *path, int flags, mode_t mode);
int __wrap_open64(const char *path, int flags, mode_t mode)
{
    return fails() ? -1 : __real_open64(path, flags, mode);
}

ssize_t __real_pread64(int file, void *bytes, size_t size, off_t offset);
ssize_t __wrap_pread64(int file, void *bytes, size_t size, off_t offset);
ssize_t __wrap_pread64(int file, void *bytes, size_t size, off_t offset)
{
    return fails() || interrupted(&size) ? -1 : __real_pread64(file, bytes, size, offset);
}

ssize_t __real_pwrite64(int file, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int file, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int file, const void *bytes, size_t size, off_t offset)
{
    return fails() || interrupted(&size) ? -1 : __real_pwrite64(file, bytes, size, offset);
}

int __real_posix_fallocate64(int file, off_t offset, off_t size);
int __wrap_posix_fallocate64(int file, off_t offset, off_t size);
int __wrap_posix_fallocate64(int file, off_t offset, off_t size)
{
    return fails() ? errno : __real_posix_fallocate64(file, offset, size);
}

int __real_fstat64(int file, struct stat *status);
int __wrap_fstat64(int file, struct stat *status);
int __wrap_fstat64(int file, struct stat *status)
{
    return fails() ? -1 : __real_fstat64(file, status);
}

int __real_flock(int file, int operation);
int __wrap_flock(int file, int operation);
int __wrap_flock(int file, int operation)
{
    return fails() ? -1 : __real_flock(file, operation);
}

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to)
{
    if (fault.no_links)
        errno = EPERM;
    return fails() || fault.no_links ? -1 : __real_link(from, to);
}

int __real_renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags);
int __wrap_renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags);
int __wrap_renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    return fails() ? -1 : __real_renameat2(from_at, from, to_at, to, flags);
}

int __real_fsync(int file);
int __wrap_fsync(int file);
int __wrap_fsync(int file)
{
    return fails() ? -1 : __real_fsync(file);
}

int __real_fdatasync(int file);
int __wrap_fdatasync(int file);
int __wrap_fdatasync(int file)
{
    return fails() ? -1 : __real_fdatasync(file);
}

int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file)
{
    const bool failed = fails();
    const int error = errno;
    int result = __real_close(file); // a close that fails closes all the same
    errno = error;
    return failed ? -1 : result;
}

// ---- Folders and records ------------------------------------------------------------------------

struct folder {
    char path[PATH_ROOM / 2];
    char log[PATH_ROOM];
};

static void folder_init(struct folder *folder)
{
    memset(&fault, 0, sizeof fault);
    snprintf(folder->path, sizeof folder->path, "/tmp/vyre-replay-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->log, sizeof folder->log, "%s/log", folder->path);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void folder_fini(struct folder *folder)
{
    assert_int_equal(nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static unsigned entries;

static int count_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)path;
    (void)status;
    (void)kind;
    entries += walk->level > 0;
    return 0;
}

static unsigned folder_count(const struct folder *folder)
{
    entries = 0;
    assert_int_equal(nftw(folder->path, count_one, 16, FTW_PHYS), 0);
    return entries;
}

static void put_file(const struct folder *folder, const void *bytes, size_t size)
{
    FILE *file = fopen(folder->log, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static size_t get_file(const struct folder *folder, uint8_t *bytes, size_t room)
{
    FILE *file = fopen(folder->log, "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static struct vyre_replay_record record_of(uint32_t k)
{
    return (struct vyre_replay_record){ .timestamp_ns = k + 1, .slot = k, .args = { k, 1, 2, 3 } };
}

static struct vyre_replay *open_log(const struct folder *folder, uint32_t capacity, bool read_only)
{
    struct vyre_replay *log;
    assert_result(VYRE_OK,
                  vyre_replay_open(vyre_replay_params(.path = folder->log, .capacity = capacity,
                                                      .read_only = read_only),
                                   &log));
    return log;
}

static void append(struct vyre_replay *log, uint32_t k)
{
    const struct vyre_replay_record record = record_of(k);
    assert_result(VYRE_OK, vyre_replay_append(log, &record, 1, NULL));
}

// The log holds records first, first + 1, ... up to, not including, end.
static void assert_records(struct vyre_replay *log, uint32_t first, uint32_t end)
{
    struct vyre_replay_record record;
    for (; first < end; first++) {
        assert_result(VYRE_OK, vyre_replay_next(log, &record, NULL));
        assert_int_equal(record.slot, first);
        assert_true(record.timestamp_ns == first + 1);
        assert_int_equal(record.args[3], 3);
    }
    assert_result(VYRE_DONE, vyre_replay_next(log, &record, NULL));
    assert_result(VYRE_DONE, vyre_replay_next(log, &record, NULL));
}

// An image as the codec makes it, in exactly its size; free it.
static uint8_t *image_of(uint32_t capacity, uint32_t records, size_t *size)
{
    assert_result(VYRE_OK, vyre_replay_size(capacity, size));
    uint8_t *image = malloc(*size);
    assert_non_null(image);
    assert_result(VYRE_OK, vyre_replay_image_init(image, *size, capacity, NULL));
    for (uint32_t k = 0; k < records; k++) {
        const struct vyre_replay_record record = record_of(k);
        assert_result(VYRE_OK, vyre_replay_image_append(image, *size, &record, NULL));
    }
    return image;
}

// ---- Logs ---------------------------------------------------------------------------------------

static void a_log_on_disk_is_the_image(void **state)
{
    (void)state;
    for (uint32_t records = 0; records < 11; records++) {
        struct folder folder;
        folder_init(&folder);
        fault.in_pieces = records % 2;
        struct vyre_replay *log = open_log(&folder, CAPACITY, false);
        for (uint32_t k = 0; k < records; k++)
            append(log, k);
        assert_records(log, records > CAPACITY ? records - CAPACITY : 0, records);
        vyre_replay_close(&log);
        assert_null(log);
        size_t size;
        uint8_t *image = image_of(CAPACITY, records, &size);
        uint8_t bytes[1024];
        assert_int_equal(get_file(&folder, bytes, sizeof bytes), size);
        assert_memory_equal(bytes, image, size);
        free(image);
        struct stat status;
        assert_int_equal(stat(folder.log, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_int_equal(folder_count(&folder), 1);
        log = open_log(&folder, 0, true);
        assert_records(log, records > CAPACITY ? records - CAPACITY : 0, records);
        vyre_replay_close(&log);
        folder_fini(&folder);
    }
}

static void a_log_goes_on_where_it_was(void **state)
{
    (void)state;
    struct folder folder;
    folder_init(&folder);
    for (uint32_t k = 0; k < 200; k++) {
        struct vyre_replay *log = open_log(&folder, k == 0 ? 150 : k, false);
        struct vyre_replay_header header;
        vyre_replay_get_header(log, &header);
        assert_int_equal(header.capacity, 150); // a log keeps its own
        assert_int_equal(header.cursor, k % 150);
        append(log, k);
        if (k % 40 == 39)
            assert_records(log, k >= 150 ? k - 149 : 0, k + 1);
        vyre_replay_close(&log);
    }
    folder_fini(&folder);
}

static void many_records_are_appended_at_once(void **state)
{
    (void)state;
    static const uint32_t capacities[] = { 1, 3, 63, 64, 65, 150 };
    enum { MOST = 150 };
    static struct vyre_replay_record records[MOST];
    for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
        struct folder folder;
        folder_init(&folder);
        struct vyre_replay *log = open_log(&folder, capacities[c], false);
        uint32_t total = 0;
        for (uint32_t count = 0; count <= MOST; count += count < 4 ? 1 : 73) {
            for (uint32_t i = 0; i < count; i++)
                records[i] = record_of(total + i);
            assert_result(VYRE_OK, vyre_replay_append(log, records, count, NULL));
            total += count;
            assert_records(log, total > capacities[c] ? total - capacities[c] : 0, total);
        }
        vyre_replay_close(&log);
        size_t size;
        uint8_t *image = image_of(capacities[c], total, &size);
        uint8_t *bytes = malloc(size + 1);
        assert_int_equal(get_file(&folder, bytes, size + 1), size);
        assert_memory_equal(bytes, image, size);
        free(bytes);
        free(image);
        folder_fini(&folder);
    }
}

static void one_writes_and_others_read(void **state)
{
    (void)state;
    struct folder folder;
    folder_init(&folder);
    struct vyre_replay *log = open_log(&folder, CAPACITY, false), *reader, *second;
    struct test_diags diags = { 0 };
    assert_result(VYRE_ERR_IO, vyre_replay_open(vyre_replay_params(.path = folder.log,
                                                                   .diag = test_diag_sink(&diags)),
                                                &second));
    assert_null(second);
    assert_non_null(strstr(diags.text, "P012"));
    reader = open_log(&folder, 0, true);
    assert_records(reader, 0, 0);
    append(log, 0);
    append(log, 1);
    assert_result(VYRE_OK, vyre_replay_rewind(reader, NULL));
    assert_records(reader, 0, 2);
    const struct vyre_replay_record record = record_of(9);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_replay_append(reader, &record, 1, NULL));
    vyre_replay_close(&log);
    log = open_log(&folder, 0, false); // the lock went with its owner
    append(log, 2);
    assert_records(log, 0, 3);
    vyre_replay_close(&log);
    vyre_replay_close(&reader);
    vyre_replay_close(&reader);
    folder_fini(&folder);
}

static void a_file_system_without_links_will_do(void **state)
{
    (void)state;
    struct folder folder;
    folder_init(&folder);
    fault.no_links = true;
    struct vyre_replay *log = open_log(&folder, CAPACITY, false);
    append(log, 0);
    vyre_replay_close(&log);
    assert_int_equal(folder_count(&folder), 1);
    folder_fini(&folder);
}

// ---- Hostile files ------------------------------------------------------------------------------

static void assert_refused(const struct folder *folder, bool read_only, enum vyre_result expected,
                           const char *code)
{
    struct test_diags diags = { 0 };
    struct vyre_replay *log = (struct vyre_replay *)&diags;
    assert_result(expected,
                  vyre_replay_open(vyre_replay_params(.path = folder->log, .read_only = read_only,
                                                      .diag = test_diag_sink(&diags)),
                                   &log));
    assert_null(log);
    assert_int_equal(diags.count, 1);
    assert_int_equal(strncmp(diags.text, code, 4), 0);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct folder folder;
    folder_init(&folder);
    assert_refused(&folder, true, VYRE_ERR_IO, "P011"); // absent, and not made
    assert_int_equal(folder_count(&folder), 0);
    size_t size;
    uint8_t *image = image_of(CAPACITY, 2, &size);
    char target[PATH_ROOM];
    snprintf(target, sizeof target, "%s/target", folder.path);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(symlink(target, folder.log), 0);
        assert_refused(&folder, i, VYRE_ERR_IO, "P011");
        assert_int_equal(access(target, F_OK), -1); // a dangling link makes no file
        put_file(&folder, image, size);             // through the link
        assert_refused(&folder, i, VYRE_ERR_IO, "P011");
        unlink(target);
        unlink(folder.log);
        assert_int_equal(mkfifo(folder.log, 0600), 0); // and nobody waits
        assert_refused(&folder, i, VYRE_ERR_IO, "P011");
        unlink(folder.log);
        assert_int_equal(mkdir(folder.log, 0700), 0);
        assert_refused(&folder, i, VYRE_ERR_IO, "P011");
        rmdir(folder.log);
    }
    free(image);
    snprintf(folder.log, sizeof folder.log, "/dev/zero");
    assert_refused(&folder, true, VYRE_ERR_IO, "P011");
    snprintf(folder.log, sizeof folder.log, "%s/absent/log", folder.path);
    assert_refused(&folder, false, VYRE_ERR_IO, "P011");
    folder_fini(&folder);
}

static void what_is_no_log_is_refused_and_kept(void **state)
{
    (void)state;
    struct folder folder;
    folder_init(&folder);
    size_t size;
    uint8_t *image = image_of(CAPACITY, 6, &size);
    for (size_t cut = 0; cut < size; cut += cut < 40 ? 1 : 31) {
        put_file(&folder, image, cut);
        assert_refused(&folder, false, VYRE_ERR_INVALID_DATA, cut < 32 ? "P008" : "P009");
        uint8_t bytes[1024];
        assert_int_equal(get_file(&folder, bytes, sizeof bytes), cut);
    }
    for (size_t byte = 0; byte < 24; byte++) {
        if (byte >= 12 && byte < 16)
            continue; // flags: nobody looks
        image[byte] ^= 0x80;
        put_file(&folder, image, size);
        // 132 and 32,772 records are possible, and then most are missing.
        const bool possible = byte == 16 || byte == 17;
        assert_refused(&folder, !possible, VYRE_ERR_INVALID_DATA, possible ? "P009" : "P008");
        image[byte] ^= 0x80;
    }
    free(image);
    folder_fini(&folder);
    struct vyre_replay *log;
    assert_result(
        VYRE_ERR_LIMIT,
        vyre_replay_open(vyre_replay_params(.path = "/dev/null", .capacity = 1048577), &log));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_replay_open(vyre_replay_params(.path = ""), &log));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_replay_open(NULL, &log));
}

static void a_damaged_log_is_read_around_the_damage(void **state)
{
    (void)state;
    struct folder folder;
    folder_init(&folder);
    size_t size;
    struct vyre_replay_record record;
    struct vyre_replay *log;
    uint8_t *image = image_of(CAPACITY, 6, &size); // records 4, 5, 2, 3 in this order
    image[32 + 3 * 64] ^= 1;
    put_file(&folder, image, size);
    log = open_log(&folder, 0, true);
    assert_result(VYRE_OK, vyre_replay_next(log, &record, NULL));
    assert_int_equal(record.slot, 2);
    struct test_diags diags = { 0 };
    assert_result(VYRE_ERR_INVALID_DATA, vyre_replay_next(log, &record, test_diag_sink(&diags)));
    assert_non_null(strstr(diags.text, "P009"));
    assert_records(log, 4, 6);
    vyre_replay_close(&log);
    // Cut inside record 2 of the file, which is record 2: two are missing, and are told once.
    put_file(&folder, image, 32 + 2 * 64 + 63);
    log = open_log(&folder, 0, true);
    assert_result(VYRE_ERR_INVALID_DATA, vyre_replay_next(log, &record, NULL));
    assert_records(log, 4, 6);
    vyre_replay_close(&log);
    // A header that promises a million records does not make us look for each of them.
    image[16] = 0;
    image[18] = 0x10;
    put_file(&folder, image, size);
    log = open_log(&folder, 0, true);
    unsigned calls = 0;
    fault.seen = 0;
    while (vyre_replay_next(log, &record, NULL) != VYRE_DONE)
        calls++;
    assert_true(calls <= 5 && fault.seen <= 8);
    vyre_replay_close(&log);
    free(image);
    folder_fini(&folder);
}

// ---- Failing calls ------------------------------------------------------------------------------

// Opens, appends three records, reads, closes. True when every call succeeded; *appended counts the
// appends that did.
static bool live(const struct folder *folder, bool sync, uint32_t *appended)
{
    struct vyre_replay *log;
    struct vyre_replay_record record;
    enum vyre_result result = vyre_replay_open(
        vyre_replay_params(.path = folder->log, .capacity = CAPACITY, .sync = sync), &log);
    bool good = result == VYRE_OK;
    *appended = 0;
    assert_true(good ? log != NULL : log == NULL);
    assert_true(good || result == VYRE_ERR_IO || result == VYRE_ERR_NO_MEMORY);
    for (uint32_t tries = 0; log && *appended < 3 && tries < 5; tries++) {
        record = record_of(*appended);
        result = vyre_replay_append(log, &record, 1, NULL);
        assert_true(result == VYRE_OK || result == VYRE_ERR_IO);
        good &= result == VYRE_OK;
        *appended += result == VYRE_OK;
    }
    while (log && (result = vyre_replay_next(log, &record, NULL)) == VYRE_OK)
        ;
    good &= result == VYRE_DONE;
    vyre_replay_close(&log);
    return good;
}

static void no_failing_call_leaves_something_half_made(void **state)
{
    (void)state;
    static const int errors[] = { EIO, ENOSPC };
    for (int round = 0; round < 4; round++) {
        bool good = false;
        for (unsigned nth = 1; !good; nth++) {
            struct folder folder;
            uint32_t appended;
            folder_init(&folder);
            fault.no_links = round >= 2;
            fault.nth = nth;
            fault.error = errors[round % 2];
            good = live(&folder, round % 2, &appended) && fault.nth > 0;
            fault.nth = 0;
            const unsigned files = folder_count(&folder);
            assert_true(files <= 1);
            assert_true(files == 1 || appended == 0);
            if (files ==
                1) { // whole, with what was appended; the log took it up again after a fault
                struct vyre_replay *log = open_log(&folder, 0, true);
                assert_records(log, 0, appended);
                vyre_replay_close(&log);
            }
            folder_fini(&folder);
            assert_true(nth < 100);
        }
    }
}

static void out_of_memory_makes_nothing(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth <= 3; nth++) {
        struct folder folder;
        folder_init(&folder);
        struct vyre_replay *log;
        memory_fail_nth(nth);
        const enum vyre_result result =
            vyre_replay_open(vyre_replay_params(.path = folder.log), &log);
        memory_fail_nth(0);
        assert_int_equal(result, nth <= 2 ? VYRE_ERR_NO_MEMORY : VYRE_OK);
        assert_int_equal(folder_count(&folder), nth <= 2 ? 0 : 1);
        vyre_replay_close(&log);
        folder_fini(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_on_disk_is_the_image),
        cmocka_unit_test(a_log_goes_on_where_it_was),
        cmocka_unit_test(many_records_are_appended_at_once),
        cmocka_unit_test(one_writes_and_others_read),
        cmocka_unit_test(a_file_system_without_links_will_do),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(what_is_no_log_is_refused_and_kept),
        cmocka_unit_test(a_damaged_log_is_read_around_the_damage),
        cmocka_unit_test(no_failing_call_leaves_something_half_made),
        cmocka_unit_test(out_of_memory_makes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
