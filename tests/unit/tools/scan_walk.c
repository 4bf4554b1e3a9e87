// SPDX-License-Identifier: MIT
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scan_walk.h"
#include "tool.h"

void *tool_calloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    assert_non_null(memory);
    return memory;
}

void *tool_realloc(void *memory, size_t size)
{
    memory = realloc(memory, size ? size : 1);
    assert_non_null(memory);
    return memory;
}

static void touch(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int enter_directory(void **state)
{
    char *directory = strdup("/tmp/vyre-walk-XXXXXX");
    *state = directory;
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", (const char *)*state);
    int failed = chdir("/") || system(command);
    free(*state);
    return failed;
}

// "path path! ..." with ! for errors.
static void walk_all(const char *const *operands, size_t count, char *out, size_t size,
                     uint64_t *skipped)
{
    struct scan_walk *walk = scan_walk_create(operands, count);
    size_t at = 0;
    out[0] = 0;
    for (;;) {
        struct scan_found found;
        scan_walk_next(walk, &found);
        if (found.kind == SCAN_FOUND_END)
            break;
        if (found.kind == SCAN_FOUND_FILE) {
            struct stat info;
            assert_int_equal(fstat(found.fd, &info), 0);
            assert_true(S_ISREG(info.st_mode));
            assert_true(fcntl(found.fd, F_GETFD) & FD_CLOEXEC);
            close(found.fd);
        }
        at += (size_t)snprintf(out + at, size - at, "%s%s%s", at ? " " : "", found.path,
                               found.kind == SCAN_FOUND_ERROR ? "!" : "");
        free(found.path);
    }
    if (skipped)
        *skipped = scan_walk_skipped(walk);
    scan_walk_destroy(&walk);
    assert_null(walk);
}

static void files_come_in_byte_order_of_their_paths(void **state)
{
    (void)state;
    mkdir("a", 0700);
    mkdir("a/z", 0700);
    mkdir("empty", 0700);
    static const char *const files[] = {
        "a/b", "a.c", "a-", "a/z/1", "a0", ".hidden", "a/\xff", "B"
    };
    for (size_t i = 0; i < 8; i++)
        touch(files[i]);
    char found[512];
    const char *here[] = { "." };
    uint64_t skipped = 9;
    walk_all(here, 1, found, sizeof found, &skipped);
    assert_string_equal(found, "./.hidden ./B ./a- ./a.c ./a/b ./a/z/1 ./a/\xff ./a0");
    assert_int_equal(skipped, 0);
    const char *operands[] = { "a0", "a/", "B", "-", "a/z//" };
    walk_all(operands, 5, found, sizeof found, NULL);
    assert_string_equal(found, "a0 a/b a/z/1 a/\xff B - a/z//1");
}

static void links_and_fifos_are_skipped_and_operands_are_not(void **state)
{
    (void)state;
    mkdir("d", 0700);
    touch("d/file");
    assert_int_equal(mkfifo("d/fifo", 0600), 0);
    assert_int_equal(symlink("file", "d/link"), 0);
    assert_int_equal(symlink("..", "d/loop"), 0);
    assert_int_equal(symlink("nowhere", "d/dangling"), 0);
    char found[512];
    uint64_t skipped = 0;
    const char *operands[] = { "d" };
    walk_all(operands, 1, found, sizeof found, &skipped);
    assert_string_equal(found, "d/file");
    assert_int_equal(skipped, 4);
    const char *direct[] = { "d/link", "d/fifo", "d/dangling", "d/loop/d", "missing", "/dev/null" };
    walk_all(direct, 6, found, sizeof found, &skipped);
    assert_string_equal(found, "d/link d/fifo! d/dangling! d/loop/d/file missing! /dev/null!");
    assert_int_equal(skipped, 4);
}

static void deep_and_wide_trees_are_walked(void **state)
{
    (void)state;
    char path[1000] = "deep";
    for (size_t at = 4; at < 400; at += 2) {
        assert_int_equal(mkdir(path, 0700), 0);
        memcpy(path + at, "/x", 3);
    }
    touch(path);
    char found[1000];
    const char *operands[] = { "deep" };
    walk_all(operands, 1, found, sizeof found, NULL);
    assert_string_equal(found, path);
}

static void a_walk_may_end_early(void **state)
{
    (void)state;
    mkdir("p", 0700);
    mkdir("p/q", 0700);
    touch("p/a");
    touch("p/q/b");
    touch("p/z");
    const char *operands[] = { "p" };
    for (unsigned steps = 0; steps < 4; steps++) {
        struct scan_walk *walk = scan_walk_create(operands, 1);
        for (unsigned i = 0; i < steps; i++) {
            struct scan_found found;
            scan_walk_next(walk, &found);
            if (found.kind == SCAN_FOUND_FILE)
                close(found.fd);
            free(found.path);
        }
        scan_walk_destroy(&walk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_come_in_byte_order_of_their_paths, enter_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(links_and_fifos_are_skipped_and_operands_are_not,
                                        enter_directory, remove_directory),
        cmocka_unit_test_setup_teardown(deep_and_wide_trees_are_walked, enter_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(a_walk_may_end_early, enter_directory, remove_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
