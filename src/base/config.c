#include "base/config.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"

enum { SECTIONS_MAX = 16, OPTIONS_PER_SECTION_MAX = 24 };

enum kind { KIND_TEXT, KIND_NUMBER, KIND_FLAG, KIND_CHOICE };

struct option {
    enum kind kind;
    const char *section;
    const char *name;
    const char *text;
    const char *words; /* of a choice, separated by spaces */
    long number;
    long least;
    long most;
    size_t place;
};

static const struct option options[] = {
#define TEXT(section, name, fallback)                                                                                  \
    {.kind = KIND_TEXT, #section, #name, .text = fallback, .place = offsetof(struct config, section##_##name)},
#define NUMBER(section, name, fallback, least_, most_)                                                                 \
    {.kind = KIND_NUMBER,                                                                                              \
     #section,                                                                                                         \
     #name,                                                                                                            \
     .number = fallback,                                                                                               \
     .least = least_,                                                                                                  \
     .most = most_,                                                                                                    \
     .place = offsetof(struct config, section##_##name)},
#define FLAG(section, name, fallback)                                                                                  \
    {.kind = KIND_FLAG, #section, #name, .number = fallback, .place = offsetof(struct config, section##_##name)},
#define CHOICE(section, name, fallback, words_)                                                                        \
    {.kind = KIND_CHOICE,                                                                                              \
     #section,                                                                                                         \
     #name,                                                                                                            \
     .text = fallback,                                                                                                 \
     .words = words_,                                                                                                  \
     .place = offsetof(struct config, section##_##name)},
#include "base/config.def"
#undef TEXT
#undef NUMBER
#undef FLAG
#undef CHOICE
};

enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

struct section {
    const char *name;
    cfg_opt_t rows[OPTIONS_PER_SECTION_MAX + 1];
    size_t count;
};

static cfg_opt_t row_of(const struct option *option)
{
    switch (option->kind) {
    case KIND_CHOICE:
    case KIND_TEXT: return (cfg_opt_t)CFG_STR(option->name, option->text, CFGF_NONE);
    case KIND_NUMBER: return (cfg_opt_t)CFG_INT(option->name, option->number, CFGF_NONE);
    case KIND_FLAG: return (cfg_opt_t)CFG_BOOL(option->name, (cfg_bool_t)option->number, CFGF_NONE);
    }
    abort();
}

static struct section *section_named(struct section *sections, const char *name)
{
    struct section *section = sections;

    while (section->name != NULL && strcmp(section->name, name) != 0)
        section++;
    section->name = name;
    return section;
}

/* Sorted into sections, each closed by CFG_END, which is a row of zeroes. */
static struct section *sections_of_options(void *mem)
{
    struct section *sections = must(talloc_zero_array(mem, struct section, SECTIONS_MAX));

    for (size_t i = 0; i < OPTIONS; i++) {
        struct section *section = section_named(sections, options[i].section);
        section->rows[section->count++] = row_of(&options[i]);
    }
    return sections;
}

static void complain(cfg_t *cfg, const char *format, va_list args)
{
    char what[512];

    /* libconfuse says this of every setting that is handed on, before it takes it. */
    if (cfg != NULL && cfg->name != NULL && strcmp(cfg->name, "kafka") == 0 && strstr(format, "no such option") != NULL)
        return;
    vsnprintf(what, sizeof(what), format, args);
    log_error("config_wrong file=%s line=%d what=\"%s\"", cfg != NULL && cfg->filename != NULL ? cfg->filename : "-",
              cfg != NULL ? cfg->line : 0, what);
}

static bool is_one_of(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = strstr(words, word); length > 0 && at != NULL; at = strstr(at + 1, word))
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static bool take(struct config *config, cfg_t *cfg, const struct option *option)
{
    cfg_t *section = cfg_getsec(cfg, option->section);
    void *place = (char *)config + option->place;
    long number;

    switch (option->kind) {
    case KIND_TEXT: *(const char **)place = must(talloc_strdup(config, cfg_getstr(section, option->name))); return true;
    case KIND_CHOICE:
        *(const char **)place = must(talloc_strdup(config, cfg_getstr(section, option->name)));
        if (is_one_of(option->words, *(const char **)place))
            return true;
        log_error("config_unknown_word option=%s.%s word=\"%s\" words=\"%s\"", option->section, option->name,
                  *(const char **)place, option->words);
        return false;
    case KIND_FLAG: *(bool *)place = cfg_getbool(section, option->name) != cfg_false; return true;
    case KIND_NUMBER:
        number = cfg_getint(section, option->name);
        *(long *)place = number;
        if (number >= option->least && number <= option->most)
            return true;
        log_error("config_out_of_range option=%s.%s value=%ld least=%ld most=%ld", option->section, option->name,
                  number, option->least, option->most);
        return false;
    }
    abort();
}

static void take_kafka(struct config *config, cfg_t *cfg)
{
    cfg_t *section = cfg_getsec(cfg, "kafka");
    unsigned count = cfg_num(section);
    struct config_pair *pairs = must(talloc_zero_array(config, struct config_pair, count + 1));

    for (unsigned i = 0; i < count; i++) {
        cfg_opt_t *option = cfg_getnopt(section, i);
        pairs[i].name = must(talloc_strdup(pairs, cfg_opt_name(option)));
        pairs[i].value = must(talloc_strdup(pairs, cfg_opt_getstr(option)));
    }
    config->kafka = pairs;
    config->kafka_count = count;
}

static bool parse(cfg_t *cfg, const char *path)
{
    if (path == NULL)
        return cfg_parse_buf(cfg, "") == CFG_SUCCESS;
    switch (cfg_parse(cfg, path)) {
    case CFG_SUCCESS: return true;
    case CFG_FILE_ERROR: log_error("config_unreadable file=%s errno=\"%s\"", path, strerror(errno)); return false;
    default: return false;
    }
}

const struct config *config_read(const void *mem, const char *path)
{
    struct config *config = must(talloc_zero(mem, struct config));
    struct section *sections = sections_of_options(config);
    cfg_opt_t rows[SECTIONS_MAX + 1] = {0};
    size_t count = 0;

    for (; sections[count].name != NULL; count++)
        rows[count] = (cfg_opt_t)CFG_SEC(sections[count].name, sections[count].rows, CFGF_NONE);
    cfg_opt_t no_rows[] = {CFG_END()};
    rows[count] = (cfg_opt_t)CFG_SEC("kafka", no_rows, CFGF_KEYSTRVAL);

    cfg_t *cfg = must(cfg_init(rows, CFGF_NONE));
    cfg_set_error_function(cfg, complain);
    bool good = parse(cfg, path);
    for (size_t i = 0; good && i < OPTIONS; i++)
        good = take(config, cfg, &options[i]);
    if (good)
        take_kafka(config, cfg);
    cfg_free(cfg);
    TALLOC_FREE(sections);
    if (!good)
        TALLOC_FREE(config);
    return config;
}

void config_print(const struct config *config)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *option = &options[i];
        const void *place = (const char *)config + option->place;
        bool secret = strcmp(option->name, "password") == 0;

        printf("%s.%s ", option->section, option->name);
        switch (option->kind) {
        case KIND_CHOICE:
        case KIND_TEXT: printf("%s\n", secret ? "(hidden)" : *(const char *const *)place); break;
        case KIND_NUMBER: printf("%ld\n", *(const long *)place); break;
        case KIND_FLAG: printf("%s\n", *(const bool *)place ? "true" : "false"); break;
        }
    }
}
