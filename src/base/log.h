/*
 * A log line is an event: a priority that journald understands, a name that does not change, and
 * key=value pairs. It goes to standard error in one write. No passwords, tokens or bodies.
 */
#ifndef FRONTROW_BASE_LOG_H
#define FRONTROW_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* Lines above this level are not written. Set once by main before threads start. */
void log_set_level(enum log_level level);

/* The format starts with the event's name: log_info("seat_held account=%" PRIu64, id). */
#define log_error(...)   log_event(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_event(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_event(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_event(LOG_LEVEL_DEBUG, __VA_ARGS__)

void log_event(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
