#include "base/clock.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t clock_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_steady_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void clock_to_text(int64_t unix_ms, char text[CLOCK_TEXT_SIZE])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    size_t length = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, CLOCK_TEXT_SIZE - length, ".%03dZ", (int)(unix_ms % 1000));
}

/* Milliseconds of ".123456789"; -1 when there are no digits or too many. *end is moved behind them. */
static int fraction_ms(const char **end)
{
    int milliseconds = 0;
    int digits = 0;

    for (const char *at = *end + 1; isdigit((unsigned char)*at); at++, digits++)
        if (digits < 3)
            milliseconds = milliseconds * 10 + (*at - '0');
    if (digits == 0 || digits > 9)
        return -1;
    *end += 1 + digits;
    for (; digits < 3; digits++)
        milliseconds *= 10;
    return milliseconds;
}

/* Seconds east of UTC for "Z" or "+09:00" at the very end of the text. */
static bool offset_seconds(const char *text, int *seconds)
{
    int hours;
    int minutes;
    int length = 0;

    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *seconds = 0;
        return true;
    }
    if ((text[0] != '+' && text[0] != '-') || !isdigit((unsigned char)text[1]) || strlen(text) != 6)
        return false;
    if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &length) != 2 || length != 5 || hours > 23 || minutes > 59)
        return false;
    *seconds = (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

/* The characters of "2027-03-01T10:00:00" stand where they must; sscanf alone lets signs and spaces pass. */
static bool has_date_shape(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";

    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : toupper((unsigned char)text[i]) != shape[i])
            return false;
    }
    return true;
}

bool clock_from_text(const char *text, int64_t *unix_ms)
{
    struct tm utc = {0};
    const char *rest = text + 19;
    int milliseconds = 0;
    int offset;

    if (!has_date_shape(text) || sscanf(text, "%4d-%2d-%2d%*1c%2d:%2d:%2d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                                        &utc.tm_hour, &utc.tm_min, &utc.tm_sec) != 6)
        return false;
    if (*rest == '.')
        milliseconds = fraction_ms(&rest);
    if (milliseconds < 0 || !offset_seconds(rest, &offset))
        return false;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    struct tm same = utc;
    time_t seconds = timegm(&same);
    /* timegm carries 30 February over into March; a real date comes back as it went in. */
    if (same.tm_mon != utc.tm_mon || same.tm_mday != utc.tm_mday || same.tm_hour != utc.tm_hour ||
        same.tm_min != utc.tm_min || same.tm_sec != utc.tm_sec || seconds - offset < 0)
        return false;
    *unix_ms = ((int64_t)seconds - offset) * 1000 + milliseconds;
    return true;
}

/* Other files and folders lie there, too; a zone's begins as RFC 8536, section 3.1, says. */
static bool is_zone_file(const char *path)
{
    char magic[4] = {0};
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return false;
    size_t got = fread(magic, 1, sizeof(magic), file);
    fclose(file);
    return got == sizeof(magic) && memcmp(magic, "TZif", sizeof(magic)) == 0;
}

static bool zone_exists(const char *zone)
{
    char path[160];

    if (zone[0] == '\0' || strlen(zone) > 64 || strstr(zone, "..") != NULL)
        return false;
    if (strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") != strlen(zone))
        return false;
    if (strcmp(zone, "UTC") == 0)
        return true;
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
    return is_zone_file(path);
}

bool clock_date_at(const char *zone, int64_t unix_ms, char date[CLOCK_DATE_SIZE])
{
    static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm local;

    if (!zone_exists(zone))
        return false;
    /* The C library knows one zone a process. Nothing else here asks for local time, and only operators come here. */
    pthread_mutex_lock(&zone_lock);
    setenv("TZ", zone, 1);
    tzset();
    localtime_r(&seconds, &local);
    pthread_mutex_unlock(&zone_lock);
    /* The year 10000 has no room. */
    return strftime(date, CLOCK_DATE_SIZE, "%Y%m%d", &local) != 0;
}
