/*
 * Instead of a fuzzing engine, for ./check: run every file of the folder, and a number of inputs that a fixed seed
 * makes out of them, so that a finding comes again.
 *   fuzz_NAME FOLDER RUNS
 * Says "NAME: FILES files, RUNS mutations".
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { FILES_MAX = 4096, BYTES_MAX = 64 * 1024, EDITS_MAX = 6 };

struct input {
    uint8_t *bytes;
    size_t size;
};

static struct input inputs[FILES_MAX];
static size_t inputs_count;
static uint64_t dice = 88172645463325252;

static size_t roll(size_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return below == 0 ? 0 : (size_t)(dice % below);
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void read_file(const char *folder, const char *name)
{
    char path[PATH_MAX];
    uint8_t *bytes = malloc(BYTES_MAX);
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL || bytes == NULL || inputs_count == FILES_MAX) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    inputs[inputs_count++] = (struct input){bytes, fread(bytes, 1, BYTES_MAX, file)};
    fclose(file);
}

/* In the order of their names, so that the seed means the same everywhere. */
static void read_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_file, alphasort);

    if (count <= 0) {
        fprintf(stderr, "%s: no corpus\n", folder);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        read_file(folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

/* Exactly as long as it is, so that the sanitizer sees the first byte too many. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size);

    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* Put some bytes of another input in the place of some of this one. */
static size_t splice(uint8_t *bytes, size_t size)
{
    const struct input *other = &inputs[roll(inputs_count)];
    size_t at = roll(size + 1);
    size_t gone = roll(size - at + 1);
    size_t from = roll(other->size + 1);
    size_t put = roll(other->size - from + 1);

    if (size - gone + put > BYTES_MAX)
        return size;
    memmove(bytes + at + put, bytes + at + gone, size - at - gone);
    memcpy(bytes + at, other->bytes + from, put);
    return size - gone + put;
}

static size_t edit(uint8_t *bytes, size_t size)
{
    static const uint8_t odd[] = {0, 1, '"', '\\', '%', '@', '\n', '\r', ';', '-', '{', 0x7f, 0x80, 0xc0, 0xff};

    switch (size == 0 ? 3 : roll(4)) {
    case 0: bytes[roll(size)] ^= (uint8_t)(1 << roll(8)); return size;
    case 1: bytes[roll(size)] = odd[roll(sizeof(odd))]; return size;
    case 2: return roll(size + 1);
    default: return splice(bytes, size);
    }
}

int main(int argc, char **argv)
{
    static uint8_t bytes[BYTES_MAX];

    if (argc != 3)
        return 2;
    long runs = atol(argv[2]);
    LLVMFuzzerInitialize(&argc, &argv);
    read_folder(argv[1]);
    for (size_t i = 0; i < inputs_count; i++)
        run(inputs[i].bytes, inputs[i].size);
    for (long i = 0; i < runs; i++) {
        const struct input *start = &inputs[roll(inputs_count)];
        size_t size = start->size;
        memcpy(bytes, start->bytes, size);
        for (size_t edits = 1 + roll(EDITS_MAX); edits > 0; edits--)
            size = edit(bytes, size);
        run(bytes, size);
    }
    printf("%s: %zu files, %ld mutations\n", argv[0], inputs_count, runs);
    for (size_t i = 0; i < inputs_count; i++)
        free(inputs[i].bytes);
    return 0;
}
