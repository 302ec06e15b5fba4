/*
 * The options of frontrow.conf as one struct; config.def is the list. A member is named
 * section_name: config->gate_tick_ms.
 */
#ifndef FRONTROW_BASE_CONFIG_H
#define FRONTROW_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* A setting that is handed on to a library as it stands. */
struct config_pair {
    const char *name;
    const char *value;
};

struct config {
#define TEXT(section, name, fallback)                const char *section##_##name;
#define NUMBER(section, name, fallback, least, most) long section##_##name;
#define FLAG(section, name, fallback)                bool section##_##name;
#define CHOICE(section, name, fallback, words)       const char *section##_##name;
#include "base/config.def"
#undef TEXT
#undef NUMBER
#undef FLAG
#undef CHOICE
    const struct config_pair *kafka; /* kafka { … }: for librdkafka */
    size_t kafka_count;
};

/*
 * Read the file, or take the defaults alone when path is NULL. NULL when it cannot be read, names
 * an unknown option or holds a value out of range; what is wrong was then logged with its line.
 * Lives as long as mem.
 */
const struct config *config_read(const void *mem, const char *path);

/* Write every option as "section.name value", secrets left out, to standard output. */
void config_print(const struct config *config);

#endif
