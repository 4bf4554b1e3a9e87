// SPDX-License-Identifier: MIT
// Runs a program on the best device of this machine and prints what it computed.
//
//     cc dispatch.c -o dispatch $(pkg-config --cflags --libs vyre) && ./dispatch
#include <stdio.h>
#include <string.h>

#include <vyre/vyre.h>

static const char text[] = "workgroup 64\n"
                           "buffer in  : u32[] readonly  @0\n"
                           "buffer out : u32[] readwrite @1\n"
                           "let i = gid.x\n"
                           "if i < len(out) {\n"
                           "    out[i] = in[i] * 3 + 1\n"
                           "}\n";

enum { COUNT = 8 };

static void print_diag(void *user, const struct vyre_diag *diag)
{
    char line[1024];
    (void)user;
    vyre_diag_format(diag, line, sizeof line);
    fprintf(stderr, "%s\n", line);
}

int main(void)
{
    const struct vyre_diag_sink diag = { print_diag, NULL };
    struct vyre_program *program = NULL;
    struct vyre_device *device = NULL;
    struct vyre_kernel *kernel = NULL;
    struct vyre_buffer *in = NULL;
    struct vyre_buffer *out = NULL;
    struct vyre_ticket *ticket = NULL;
    void *values = NULL;
    void *results = NULL;

    // Every call returns VYRE_OK, which is 0, or says why not; the first failure ends the chain.
    enum vyre_result result =
        vyre_program_parse(text, strlen(text), "triple.vyre", &diag, &program);
    if (!result)
        result = vyre_device_create(vyre_device_params(.diag = &diag), &device);
    if (!result)
        result = vyre_kernel_create(device, vyre_kernel_params(.program = program, .diag = &diag),
                                    &kernel);
    const uint64_t size = COUNT * sizeof(uint32_t);
    if (!result)
        result = vyre_buffer_create(device, vyre_buffer_params(.size = size), &in);
    if (!result)
        result = vyre_buffer_create(device, vyre_buffer_params(.size = size), &out);
    if (!result)
        result = vyre_buffer_map(in, &values);
    if (!result)
        result = vyre_buffer_map(out, &results);

    for (uint32_t i = 0; !result && i < COUNT; i++)
        ((uint32_t *)values)[i] = i;
    const struct vyre_argument arguments[] = { { .buffer = in }, { .buffer = out } };
    if (!result)
        result = vyre_dispatch(
            kernel,
            vyre_dispatch_params(.arguments = arguments, .argument_count = 2, .diag = &diag),
            &ticket);
    if (!result)
        result = vyre_ticket_wait(ticket, 5000000000, &diag); // 5 s, in nanoseconds

    for (uint32_t i = 0; !result && i < COUNT; i++)
        printf("%u\n", ((uint32_t *)results)[i]);
    if (result)
        fprintf(stderr, "dispatch: %s\n", vyre_result_name(result));

    vyre_ticket_destroy(&ticket);
    vyre_buffer_destroy(&out);
    vyre_buffer_destroy(&in);
    vyre_kernel_destroy(&kernel);
    vyre_device_destroy(&device);
    vyre_program_destroy(&program);
    return result ? 1 : 0;
}
