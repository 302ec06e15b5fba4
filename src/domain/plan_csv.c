#include "domain/plan_csv.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/text.h"

enum column { COLUMN_SECTION, COLUMN_GRADE, COLUMN_PRICE, COLUMN_ROWS, COLUMN_SEATS_PER_ROW, COLUMNS };

enum { FIELDS_MAX = 32 };

static const char *const column_names[COLUMNS] = {"section", "grade", "price", "rows", "seats_per_row"};

enum fault {
#define FAULT(name, english, korean) FAULT_##name,
#include "domain/plan_csv.def"
#undef FAULT
};

static const struct {
    const char *english;
    const char *korean;
} words[] = {
#define FAULT(name, english, korean) {english, korean},
#include "domain/plan_csv.def"
#undef FAULT
};

struct reader {
    void *mem;
    size_t line;    /* the one being read, from 1 */
    char separator; /* 0 before the first line */
    size_t fields;  /* of the first line */
    size_t place[COLUMNS];
    struct grade grades[CONCERT_GRADES_MAX];
    size_t grades_count;
    struct section sections[CONCERT_SECTIONS_MAX];
    size_t sections_count;
    uint64_t seats;
    struct line_fault faults[PLAN_FAULTS_MAX];
    size_t faults_count;
};

static bool fault(struct reader *reader, const char *field, enum fault fault)
{
    if (reader->faults_count < PLAN_FAULTS_MAX)
        reader->faults[reader->faults_count++] =
            (struct line_fault){reader->line, field, words[fault].english, words[fault].korean};
    return false;
}

/* Without the spaces around it. */
static const char *trimmed(char *text, size_t length)
{
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    text[length] = '\0';
    return text;
}

/* One field from *at on, which ends at the separator or the end of the line. False when a quote stays open. */
static bool take_field(struct reader *reader, const char **at, const char *end, const char **field)
{
    char *text = must(talloc_array(reader->mem, char, (size_t)(end - *at) + 1));
    size_t length = 0;
    bool quoted = false;

    for (; *at < end && (quoted || **at != reader->separator); ++*at) {
        if (quoted && **at == '"' && *at + 1 < end && (*at)[1] == '"')
            text[length++] = *++*at;
        else if (**at == '"')
            quoted = !quoted;
        else
            text[length++] = **at;
    }
    *field = trimmed(text, length);
    return !quoted;
}

static bool split(struct reader *reader, const char *at, const char *end, const char *fields[FIELDS_MAX], size_t *count)
{
    for (*count = 0; *count < FIELDS_MAX; at++) {
        if (!take_field(reader, &at, end, &fields[*count]))
            return fault(reader, NULL, FAULT_QUOTE);
        ++*count;
        if (at == end)
            return true;
    }
    return fault(reader, NULL, FAULT_COLUMNS_MAX);
}

static char separator_of(const char *line, size_t length)
{
    if (memchr(line, '\t', length) != NULL)
        return '\t';
    return memchr(line, ';', length) != NULL && memchr(line, ',', length) == NULL ? ';' : ',';
}

/* Without its columns the rest of the file means nothing. */
static bool read_head(struct reader *reader, const char *line, size_t length)
{
    const char *fields[FIELDS_MAX];
    bool good = true;

    reader->separator = separator_of(line, length);
    if (!split(reader, line, line + length, fields, &reader->fields))
        return false;
    for (size_t column = 0; column < COLUMNS; column++) {
        size_t found = 0;
        for (size_t i = 0; i < reader->fields; i++)
            if (strcasecmp(fields[i], column_names[column]) == 0) {
                reader->place[column] = i;
                found++;
            }
        if (found != 1)
            good = fault(reader, column_names[column], found == 0 ? FAULT_COLUMN : FAULT_COLUMN_TWICE);
    }
    return good;
}

static bool is_label(const char *label)
{
    for (const char *at = label; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return label[0] != '\0' && text_characters(label) <= CONCERT_LABEL_CHARACTERS_MAX;
}

static bool take_label(struct reader *reader, const char *const *fields, enum column column, const char **label)
{
    *label = fields[reader->place[column]];
    return is_label(*label) || fault(reader, column_names[column], FAULT_NAME);
}

static bool take_number(struct reader *reader, const char *const *fields, enum column column, uint64_t least,
                        uint64_t most, enum fault wrong, uint64_t *number)
{
    const char *text = fields[reader->place[column]];

    return (text_to_u64(text, strlen(text), most, number) && *number >= least) ||
           fault(reader, column_names[column], wrong);
}

static bool take_section(struct reader *reader, const char *const *fields, const char **section)
{
    if (!take_label(reader, fields, COLUMN_SECTION, section))
        return false;
    for (size_t i = 0; i < reader->sections_count; i++)
        if (strcmp(reader->sections[i].section, *section) == 0)
            return fault(reader, column_names[COLUMN_SECTION], FAULT_SECTION_TWICE);
    return true;
}

/* The grade's place among those known, made when it is new. */
static bool take_grade(struct reader *reader, const char *grade, int64_t price, size_t *place)
{
    for (size_t i = 0; i < reader->grades_count; i++) {
        if (strcmp(reader->grades[i].grade, grade) != 0)
            continue;
        *place = i;
        return reader->grades[i].price == price || fault(reader, column_names[COLUMN_PRICE], FAULT_PRICE_DIFFERS);
    }
    if (reader->grades_count == CONCERT_GRADES_MAX)
        return fault(reader, column_names[COLUMN_GRADE], FAULT_GRADES_MAX);
    *place = reader->grades_count++;
    reader->grades[*place] = (struct grade){.grade = grade, .price = price};
    return true;
}

static bool add(struct reader *reader, const struct section *section)
{
    reader->seats += (uint64_t)section->rows * section->seats_per_row;
    if (reader->sections_count == CONCERT_SECTIONS_MAX)
        return fault(reader, NULL, FAULT_SECTIONS_MAX);
    reader->sections[reader->sections_count++] = *section;
    return reader->seats <= CONCERT_SEATS_MAX || fault(reader, NULL, FAULT_SEATS_MAX);
}

/* Everything that is wrong with a line is told, not only the first of it. False ends the reading. */
static bool read_section(struct reader *reader, const char *line, size_t length)
{
    const char *fields[FIELDS_MAX];
    struct section section = {0};
    const char *grade;
    uint64_t price;
    uint64_t rows;
    uint64_t seats;
    size_t count;

    if (!split(reader, line, line + length, fields, &count))
        return true;
    if (count != reader->fields) {
        fault(reader, NULL, FAULT_FIELDS);
        return true;
    }
    bool good = take_section(reader, fields, &section.section);
    good &= take_label(reader, fields, COLUMN_GRADE, &grade);
    good &= take_number(reader, fields, COLUMN_PRICE, 0, CONCERT_PRICE_MAX, FAULT_PRICE, &price);
    good &= take_number(reader, fields, COLUMN_ROWS, 1, CONCERT_ROWS_MAX, FAULT_ROWS, &rows);
    good &= take_number(reader, fields, COLUMN_SEATS_PER_ROW, 1, CONCERT_ROWS_MAX, FAULT_ROWS, &seats);
    if (!good || !take_grade(reader, grade, (int64_t)price, &section.grade))
        return true;
    section.rows = (uint32_t)rows;
    section.seats_per_row = (uint32_t)seats;
    return add(reader, &section);
}

static bool is_blank(const char *line, size_t length)
{
    return strspn(line, " \t") >= length;
}

/* CR, LF or both end a line. */
static void read_lines(struct reader *reader, const char *text)
{
    size_t length;

    for (bool more = true; more && *text != '\0'; text += strncmp(text, "\r\n", 2) == 0 ? 2 : *text != '\0') {
        length = strcspn(text, "\r\n");
        reader->line++;
        if (!is_blank(text, length))
            more = reader->separator == '\0' ? read_head(reader, text, length) : read_section(reader, text, length);
        text += length;
    }
    if (reader->sections_count == 0 && reader->faults_count == 0)
        fault(reader, NULL, FAULT_NO_SEATS);
}

static enum outcome refuse(struct call *call, const struct reader *reader)
{
    call->refusal.faults = reader->faults;
    call->refusal.faults_count = reader->faults_count;
    return call_refuse_field(call, "plan", "The lines that are wrong are in errors.");
}

enum outcome plan_csv_read(struct call *call, const char *text, size_t length, struct plan *plan)
{
    struct reader *reader = must(talloc_zero(call->mem, struct reader));

    reader->mem = reader;
    if (text_is_utf8(text, length))
        read_lines(reader, strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text);
    else
        fault(reader, NULL, FAULT_UTF8);
    if (reader->faults_count > 0)
        return refuse(call, reader);
    plan->grades = reader->grades;
    plan->grades_count = reader->grades_count;
    plan->sections = reader->sections;
    plan->sections_count = reader->sections_count;
    return OUTCOME_DONE;
}
