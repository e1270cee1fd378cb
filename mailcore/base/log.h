/*
 * The log: one event per line on standard error.
 *
 *   ts=2026-11-22T18:30:00.123Z level=info role=mx ev=intake.commit id=7f3a size=18231 rcpt=2
 *
 * Event names are noun.verb. error: someone must act; warn: we coped; info: something changed;
 * debug: off in production. No content, no secrets. Text from peers goes through log_text.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* role appears in every line; it must stay valid. */
void log_init(const char *role, enum log_level level);
void log_set_level(enum log_level level);
bool log_level_parse(struct span text, enum log_level *out);
bool log_is_on(enum log_level level);

/* fmt continues the line: log_event(LOG_INFO, "intake.commit", "id=%s size=%zu", id, size). */
void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF(3, 4);

#define log_error(event, ...) log_event(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)  log_event(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...)  log_event(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_event(LOG_DEBUG, event, __VA_ARGS__)

/* Untrusted text as a quoted log value: at most 200 bytes, control characters, quotes and
 * malformed UTF-8 as \xNN. Lives in the arena. */
const char *log_text(struct arena *a, struct span text);
