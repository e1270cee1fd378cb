/* Many mailboxes, aliases or domains from CSV, and back. */
#include "backend/accounts/import_service.h"

#include "backend/accounts/alias_service.h"
#include "backend/accounts/bulk.h"
#include "backend/accounts/csv.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"

#define ROW_MS    30000 /* one row may take as long as one call */
#define ROW_ARENA 16384

enum column {
	COLUMN_ADDRESS,
	COLUMN_PASSWORD,
	COLUMN_HASH,
	COLUMN_NAME,
	COLUMN_QUOTA,
	COLUMN_TARGETS,
	COLUMN_POSTERS,
	COLUMN_ACCOUNT,
	COLUMNS,
};

static const struct {
	const char *name;
	enum column column;
	unsigned kinds; /* bits of enum import_kind */
} columns[] = {
	{ "address", COLUMN_ADDRESS, 1u << IMPORT_MAILBOXES | 1u << IMPORT_ALIASES },
	{ "domain", COLUMN_ADDRESS, 1u << IMPORT_DOMAINS },
	{ "password", COLUMN_PASSWORD, 1u << IMPORT_MAILBOXES },
	{ "password_hash", COLUMN_HASH, 1u << IMPORT_MAILBOXES },
	{ "name", COLUMN_NAME, 1u << IMPORT_MAILBOXES | 1u << IMPORT_ALIASES },
	{ "quota_bytes", COLUMN_QUOTA, 1u << IMPORT_MAILBOXES },
	{ "targets", COLUMN_TARGETS, 1u << IMPORT_ALIASES },
	{ "posters", COLUMN_POSTERS, 1u << IMPORT_ALIASES },
	{ "account", COLUMN_ACCOUNT, 1u << IMPORT_DOMAINS },
};

struct import {
	const struct services *s;
	enum import_kind kind;
	bool with_domains;
	int at[COLUMNS]; /* which field of a row; -1: not there */
};

bool import_kind_parse(struct span text, enum import_kind *out)
{
	static const char *const names[] = { "mailboxes", "aliases", "domains" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (span_eq(text, span_of(names[i]))) {
			*out = (enum import_kind)i;
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------------------ columns */

static int find_column(enum import_kind kind, struct span name)
{
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
		if ((columns[i].kinds & 1u << kind) && span_ieq(name, span_of(columns[i].name)))
			return (int)columns[i].column;
	}
	return -1;
}

static enum rc read_columns(struct ctx *ctx, struct csv *csv, struct import *im, struct err *err)
{
	struct csv_row head;

	for (size_t i = 0; i < COLUMNS; i++)
		im->at[i] = -1;
	if (csv_next(csv, ctx->arena, &head) != CSV_ROW)
		return err_set(err, RC_INVALID, "csv", "The first line names the columns.");
	for (size_t i = 0; i < head.len; i++) {
		int column = find_column(im->kind, head.fields[i]);
		if (column < 0)
			return err_set(err, RC_INVALID, "csv",
				"There is no column \"%.60s\". The first line names the columns.",
				arena_cstr(ctx->arena, head.fields[i]));
		im->at[column] = (int)i;
	}
	if (im->at[COLUMN_ADDRESS] < 0)
		return err_set(err, RC_INVALID, "csv", "A column %s is needed.",
			im->kind == IMPORT_DOMAINS ? "domain" : "address");
	return RC_OK;
}

static struct span value(const struct import *im, const struct csv_row *row, enum column column)
{
	int at = im->at[column];

	return at >= 0 && (size_t)at < row->len ? row->fields[at] : SPAN("");
}

/* ------------------------------------------------------------------------ rows */

static enum rc add_domain_of(
	const struct import *im, struct ctx *ctx, struct span address, struct err *err)
{
	struct domain made;
	size_t at = span_rfind(address, '@');
	struct domain_new in = { .name = at == SPAN_NPOS ? SPAN("") : span_from(address, at + 1),
		.keys_later = true };

	return domain_create(im->s, ctx, &in, &made, err);
}

static enum rc make_mailbox(
	const struct import *im, struct ctx *ctx, const struct csv_row *row, struct err *err)
{
	struct mailbox made;
	uint64_t quota = 0;
	struct span text = value(im, row, COLUMN_QUOTA);
	struct mailbox_new in = { .address = value(im, row, COLUMN_ADDRESS),
		.password = value(im, row, COLUMN_PASSWORD),
		.password_hash = value(im, row, COLUMN_HASH),
		.name = value(im, row, COLUMN_NAME) };

	if (text.len > 0 && !span_u64(text, INT64_MAX, &quota))
		return err_set(err, RC_INVALID, "quota_bytes", "This must be a whole number.");
	in.quota_bytes = (int64_t)quota;
	enum rc rc = mailbox_create(im->s, ctx, &in, &made, err);
	if (rc != RC_NOT_FOUND || !im->with_domains)
		return rc;
	rc = add_domain_of(im, ctx, in.address, err);
	if (rc != RC_OK || ctx->actor->dry_run) /* a rehearsed domain is gone again */
		return rc;
	return mailbox_create(im->s, ctx, &in, &made, err);
}

static enum rc make_alias(
	const struct import *im, struct ctx *ctx, const struct csv_row *row, struct err *err)
{
	struct alias made;
	struct span rest = value(im, row, COLUMN_TARGETS), part;
	struct span targets[ALIAS_TARGETS_MAX];
	struct alias_new in = { .address = value(im, row, COLUMN_ADDRESS),
		.targets = targets,
		.name = value(im, row, COLUMN_NAME),
		.posters = value(im, row, COLUMN_POSTERS) };

	while (in.n_targets < ALIAS_TARGETS_MAX && span_split(&rest, ' ', &part)) {
		if (part.len > 0)
			targets[in.n_targets++] = part;
	}
	return alias_create(im->s, ctx, &in, &made, err);
}

static enum rc make_domain(
	const struct import *im, struct ctx *ctx, const struct csv_row *row, struct err *err)
{
	struct domain made;
	struct domain_new in = { .name = value(im, row, COLUMN_ADDRESS),
		.account = value(im, row, COLUMN_ACCOUNT),
		.keys_later = true };

	return domain_create(im->s, ctx, &in, &made, err);
}

static enum rc make(
	const struct import *im, struct ctx *ctx, const struct csv_row *row, struct err *err)
{
	ctx->deadline_ms = clock_mono_ms() + ROW_MS;
	switch (im->kind) {
	case IMPORT_MAILBOXES:
		return make_mailbox(im, ctx, row, err);
	case IMPORT_ALIASES:
		return make_alias(im, ctx, row, err);
	case IMPORT_DOMAINS:
		break;
	}
	return make_domain(im, ctx, row, err);
}

static void note_fault(struct ctx *ctx, struct import_result *r, size_t line, struct span object,
	const struct err *err)
{
	r->refused++;
	if (r->n_faults == IMPORT_FAULTS_MAX)
		return;
	r->faults[r->n_faults++] = (struct import_fault){ .line = (int64_t)line,
		.object = arena_span(ctx->arena, object),
		.field = arena_span(ctx->arena, span_of(err->field)),
		.detail = arena_span(ctx->arena, span_of(err->text)) };
}

/* With memory of its own, which ends with the row: there may be thousands. */
static enum rc make_apart(
	const struct import *im, struct ctx *ctx, const struct csv_row *row, struct err *err)
{
	struct arena mine, *whole = ctx->arena;

	arena_init(&mine, ROW_ARENA);
	ctx->arena = &mine;
	enum rc rc = make(im, ctx, row, err);
	ctx->arena = whole;
	arena_done(&mine);
	return rc;
}

/* Only RC_TEMP and too many rows end it all. */
static enum rc take_row(const struct import *im, struct ctx *ctx, size_t line,
	const struct csv_row *row, struct import_result *r, struct err *err)
{
	struct err fault = { 0 };
	enum rc rc = RC_OK;

	if (r->created + r->refused >= IMPORT_ROWS_MAX)
		return err_set(
			err, RC_INVALID, "csv", "At most %d rows at a time.", IMPORT_ROWS_MAX);
	if (row)
		rc = make_apart(im, ctx, row, &fault);
	else
		rc = err_set(&fault, RC_INVALID, "", "This line cannot be read as CSV.");
	if (rc == RC_TEMP)
		return with_reason(err, rc);
	if (rc == RC_OK)
		r->created++;
	else
		note_fault(ctx, r, line, row ? value(im, row, COLUMN_ADDRESS) : SPAN(""), &fault);
	return RC_OK;
}

static enum rc take_rows(const struct import *im, struct ctx *ctx, struct csv *csv,
	struct import_result *r, struct err *err)
{
	struct csv_row row;
	enum rc rc = RC_OK;

	while (rc == RC_OK) {
		enum csv_result read = csv_next(csv, ctx->arena, &row);
		if (read == CSV_END)
			break;
		rc = take_row(im, ctx, csv->line, read == CSV_ROW ? &row : NULL, r, err);
	}
	return rc;
}

enum rc import_csv(const struct services *s, struct ctx *ctx, const struct import_ask *ask,
	struct import_result *out, struct err *err)
{
	static const enum bulk_kind kinds[] = { BULK_MAILBOXES, BULK_ALIASES, BULK_DOMAINS };
	struct import im = { .s = s, .kind = ask->kind, .with_domains = ask->with_domains };
	struct import_result r = { .is_dry_run = ctx->actor->dry_run };
	struct bulk_work work;
	struct csv csv;
	enum rc rc = need_account(ctx);

	csv_begin(&csv, ask->csv);
	if (rc == RC_OK)
		rc = read_columns(ctx, &csv, &im, err);
	if (rc == RC_OK)
		rc = bulk_begin(ctx, kinds[ask->kind], BULK_IMPORT, &work, err);
	if (rc != RC_OK)
		return rc;
	r.faults = arena_array(ctx->arena, IMPORT_FAULTS_MAX, sizeof *r.faults);
	rc = take_rows(&im, ctx, &csv, &r, err);
	work.bulk.done = r.created;
	work.bulk.refused = r.refused;
	enum rc ended = bulk_end(ctx, &work, rc == RC_OK ? err : NULL);
	if (rc == RC_OK)
		rc = ended;
	r.bulk_id = work.bulk.bulk_id;
	if (rc == RC_OK)
		*out = r;
	return rc;
}

struct cJSON *import_json(struct arena *a, const struct import_result *r)
{
	struct cJSON *o = json_object(a), *faults = json_array(a);

	for (size_t i = 0; i < r->n_faults; i++) {
		struct cJSON *f = json_object(a);
		json_add_i64(a, f, "line", r->faults[i].line);
		json_add_text(a, f, "object", r->faults[i].object);
		json_add_text(a, f, "field", r->faults[i].field);
		json_add_text(a, f, "detail", r->faults[i].detail);
		json_push(faults, f);
	}
	if (r->bulk_id)
		json_add_i64(a, o, "id", r->bulk_id);
	else
		json_add_null(a, o, "id");
	json_add_i64(a, o, "created", r->created);
	json_add_i64(a, o, "refused", r->refused);
	json_add(a, o, "errors", faults);
	return o;
}

/* ------------------------------------------------------------------------ export */

static void add_number(struct str *out, struct arena *a, int64_t n, bool is_last)
{
	csv_add(out, arena_printf(a, "%lld", (long long)n), is_last);
}

static enum rc mailboxes_out(const struct services *s, struct ctx *ctx, struct list_ask *ask,
	struct str *out, struct err *err)
{
	struct mailboxes list;
	enum rc rc = mailbox_list(s, ctx, ask, &list, err);

	for (size_t i = 0; rc == RC_OK && i < list.len; i++) {
		csv_add(out, list.items[i].address, false);
		csv_add(out, list.items[i].name, false);
		add_number(out, ctx->arena, list.items[i].quota_bytes, true);
	}
	ask->cursor = rc == RC_OK ? list.next_cursor : SPAN("");
	return rc;
}

static enum rc aliases_out(const struct services *s, struct ctx *ctx, struct list_ask *ask,
	struct str *out, struct err *err)
{
	struct aliases list;
	enum rc rc = alias_list(s, ctx, ask, &list, err);

	for (size_t i = 0; rc == RC_OK && i < list.len; i++) {
		const struct alias *alias = &list.items[i];
		struct str targets = str_in(ctx->arena, 64 * 1024);
		for (size_t k = 0; k < alias->n_targets; k++) {
			str_add_cstr(&targets, k ? " " : "");
			str_add(&targets, alias->targets[k]);
		}
		csv_add(out, alias->address, false);
		csv_add(out, str_span(&targets), false);
		csv_add(out, alias->name, false);
		csv_add(out, alias->posters, true);
	}
	ask->cursor = rc == RC_OK ? list.next_cursor : SPAN("");
	return rc;
}

static enum rc domains_out(const struct services *s, struct ctx *ctx, struct list_ask *ask,
	struct str *out, struct err *err)
{
	struct domains list;
	enum rc rc = domain_list(s, ctx, ask, &list, err);

	for (size_t i = 0; rc == RC_OK && i < list.len; i++) {
		csv_add(out, list.items[i].name, false);
		csv_add(out, list.items[i].account, true);
	}
	ask->cursor = rc == RC_OK ? list.next_cursor : SPAN("");
	return rc;
}

enum rc export_csv(const struct services *s, struct ctx *ctx, enum import_kind kind,
	const struct list_ask *match, struct str *out, struct err *err)
{
	static const char *const heads[] = { "address,name,quota_bytes\r\n",
		"address,targets,name,posters\r\n", "domain,account\r\n" };
	struct list_ask ask = { .limit = LIST_LIMIT_MAX,
		.domain = match->domain,
		.search = match->search,
		.state = match->state,
		.account = match->account };
	enum rc rc = RC_OK;

	str_add_cstr(out, heads[kind]);
	do {
		ctx->deadline_ms = clock_mono_ms() + ROW_MS;
		if (kind == IMPORT_MAILBOXES)
			rc = mailboxes_out(s, ctx, &ask, out, err);
		else if (kind == IMPORT_ALIASES)
			rc = aliases_out(s, ctx, &ask, out, err);
		else
			rc = domains_out(s, ctx, &ask, out, err);
	} while (rc == RC_OK && ask.cursor.len > 0);
	return rc;
}
