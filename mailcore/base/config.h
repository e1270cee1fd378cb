/*
 * The configuration file: `key = value` lines, '#' comments, keys with dots.
 *
 * Every key that exists is declared in one table (config.c) with its type, default and the
 * comment that `mailstead serve` writes into a new file; an unknown key or a value that does not
 * fit is an error that names file and line. Values may be overridden by `--set key=value`.
 * Loaded once at start-up and again on SIGHUP into a new object; an object never changes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct config;
struct str;

/* path may be NULL: defaults only. sets: "key=value" strings, applied in order. RC_INVALID with a
 * sentence in err; RC_NOT_FOUND when the file does not exist. Free with config_free. */
MUST_CHECK enum rc config_load(const char *path, const char *const *sets, size_t n_sets,
	struct config **out, struct err *err);
void config_free(struct config *c);

/* The key must be in the table (else a bug: abort). Text is NUL-terminated and lives as long as
 * the config. Sizes accept KiB, MiB, GiB; durations ms, s, m, h, d. */
const char *config_text(const struct config *c, const char *key);
int64_t config_int(const struct config *c, const char *key);
int64_t config_bytes(const struct config *c, const char *key);
int64_t config_ms(const struct config *c, const char *key);
bool config_bool(const struct config *c, const char *key);
/* True when file or --set gave a value. */
bool config_is_set(const struct config *c, const char *key);

/* The commented file with every key and its default, for a new data directory. */
void config_add_template(struct str *out);
