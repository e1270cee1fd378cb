/*
 * CSV as spreadsheets write it (RFC 4180): fields divided by commas or, when the first line has more
 * of them, semicolons; quotes around a field, doubled inside it; CRLF or LF. A byte order mark is
 * passed over. Pure; linear.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define CSV_FIELDS_MAX 32
#define CSV_FIELD_MAX  4096

struct csv {
	struct span rest;
	char separator;
	size_t line; /* of the row that csv_next gave last, from 1 */
	size_t lines_read;
};
struct csv_row {
	struct span fields[CSV_FIELDS_MAX];
	size_t len;
};

void csv_begin(struct csv *in, struct span text);
/* CSV_END: no more. CSV_BAD: a quote that does not end, too many or too long fields; the rest of the
 * line is passed over. Empty lines are skipped. Memory: arena or the text. */
enum csv_result { CSV_ROW, CSV_END, CSV_BAD };
enum csv_result csv_next(struct csv *in, struct arena *a, struct csv_row *out);

/* One field, quoted when it has to be; a formula of a spreadsheet (= + - @) is defused. */
void csv_add(struct str *out, struct span field, bool is_last);
