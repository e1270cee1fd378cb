/*
 * The folder list: making, deleting, renaming.
 *
 * Every change takes the mailbox' mail_root row first (ids for new folders), so changes of the
 * list happen one after the other and then lock folder rows in ascending order.
 */
#include "mailcore/store/store.h"

#include "mailcore/store/folder_name.h"
#include "mailcore/store/folder_repo.h"
#include "mailcore/store/store_impl.h"
#include "sql/folder.h"

#define FOLDERS_MAX 10000

static const struct span DEFAULT_NAMES[] = { SPAN("INBOX"), SPAN("Drafts"), SPAN("Sent"),
	SPAN("Archive"), SPAN("Junk"), SPAN("Trash") };
static const struct span DEFAULT_ROLES[] = { SPAN("inbox"), SPAN("drafts"), SPAN("sent"),
	SPAN("archive"), SPAN("junk"), SPAN("trash") };
#define DEFAULTS (sizeof DEFAULT_NAMES / sizeof *DEFAULT_NAMES)

enum rc folder_make_defaults(struct ctx *ctx, int64_t mailbox_id)
{
	int64_t id = 0;
	int64_t uidvalidity = 0;
	enum rc rc = db_exec(ctx, &SQL_MAIL_ROOT_INSERT, ARGS(A_I64(mailbox_id)), NULL);
	if (rc == RC_OK)
		rc = folder_repo_take_ids(ctx, mailbox_id, DEFAULTS, &id, &uidvalidity);
	if (rc == RC_OK)
		rc = folder_repo_insert(
			ctx, mailbox_id, id, uidvalidity, DEFAULT_NAMES, DEFAULT_ROLES, DEFAULTS);
	return rc;
}

enum rc folder_list(struct store *s, struct ctx *ctx, int64_t mailbox_id, struct folders *out)
{
	return folder_repo_list(ctx, mailbox_id, out);
}

enum rc folder_find(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span name, struct folder *out)
{
	struct span canonical;
	if (!folder_name_parse(ctx->arena, name, &canonical))
		return RC_NOT_FOUND;
	return folder_repo_find(ctx, mailbox_id, canonical, SPAN_NONE, out);
}

enum rc folder_find_role(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span role, struct folder *out)
{
	return folder_repo_find(ctx, mailbox_id, SPAN_NONE, role, out);
}

enum rc folder_subscribe(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span name, bool on)
{
	struct span canonical;
	int64_t changed = 0;
	if (!folder_name_parse(ctx->arena, name, &canonical))
		return RC_NOT_FOUND;
	enum rc rc = db_exec(ctx, &SQL_FOLDER_SUBSCRIBE,
		ARGS(A_I64(mailbox_id), A_TEXT(canonical), A_BOOL(on)), &changed);
	return rc == RC_OK && changed == 0 ? RC_NOT_FOUND : rc;
}

/* ------------------------------------------------------------------------ making */

struct creation {
	int64_t mailbox_id;
	struct span name, role;
	struct err *err;
	struct folder folder;
};

/* The name and its missing parents, parents first. may_exist: then nothing is to be done. */
static enum rc make_with_parents(struct ctx *ctx, int64_t mailbox_id, struct span name,
	struct span role, bool may_exist, struct err *err)
{
	struct span chain[FOLDER_LEVELS_MAX];
	struct span names[FOLDER_LEVELS_MAX];
	struct span roles[FOLDER_LEVELS_MAX];
	bool exists[FOLDER_LEVELS_MAX];
	size_t levels = 0;
	size_t n = 0;
	int64_t count = 0;
	int64_t id = 0;
	int64_t uidvalidity = 0;
	for (struct span it = name; it.len; it = folder_name_parent(it))
		chain[levels++] = it;
	/* the mail_root row is taken before looking, so nobody makes the same ones meanwhile */
	enum rc rc = folder_repo_take_ids(ctx, mailbox_id, levels, &id, &uidvalidity);
	if (rc == RC_OK)
		rc = folder_repo_existing(ctx, mailbox_id, chain, levels, exists, &count);
	if (rc != RC_OK)
		return rc;
	if (exists[0] && may_exist)
		return RC_OK;
	if (exists[0])
		return err_set(err, RC_EXISTS, "name", "A folder of this name exists already.");
	for (size_t i = levels; i-- > 0;) {
		if (exists[i])
			continue;
		names[n] = chain[i];
		roles[n++] = i == 0 ? role : SPAN("");
	}
	if (count + (int64_t)n > FOLDERS_MAX)
		return err_set(
			err, RC_LIMIT, "name", "A mailbox has at most %d folders.", FOLDERS_MAX);
	return folder_repo_insert(ctx, mailbox_id, id, uidvalidity, names, roles, n);
}

static enum rc create(struct ctx *ctx, void *arg)
{
	struct creation *c = arg;
	enum rc rc = make_with_parents(ctx, c->mailbox_id, c->name, c->role, false, c->err);
	if (rc == RC_EXISTS)
		return err_set(c->err, RC_EXISTS, "name",
			"A folder of this name or purpose exists already.");
	if (rc == RC_INVALID)
		return err_set(c->err, RC_INVALID, "role", "There is no such purpose.");
	if (rc == RC_OK)
		rc = folder_repo_find(ctx, c->mailbox_id, c->name, SPAN_NONE, &c->folder);
	return rc;
}

static enum rc bad_name(struct err *err)
{
	return err_set(err, RC_INVALID, "name", "This is not a possible name of a folder.");
}

/* RFC 6154; empty: none. */
static bool is_role(struct span role)
{
	static const char *const roles[] = { "", "inbox", "drafts", "sent", "archive", "junk",
		"trash", "flagged", "all" };
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (span_eq(role, span_of(roles[i])))
			return true;
	return false;
}

enum rc folder_create(struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span name,
	struct span role, struct folder *out, struct err *err)
{
	struct creation c = {
		.mailbox_id = mailbox_id, .role = role.ptr ? role : SPAN(""), .err = err
	};
	if (!folder_name_parse(ctx->arena, name, &c.name))
		return bad_name(err);
	if (!is_role(c.role))
		return RC_INVALID;
	enum rc rc = tx_run(ctx, create, &c);
	if (rc != RC_OK)
		return rc;
	*out = c.folder;
	store_ring(s, mailbox_id, 0);
	return RC_OK;
}

/* ------------------------------------------------------------------------ deleting */

struct deletion {
	int64_t mailbox_id;
	struct span name;
	int64_t folder_id;
};

static enum rc drop_folder(struct ctx *ctx, void *arg)
{
	struct deletion *d = arg;
	struct folder_place *tree = NULL;
	size_t n = 0;
	int64_t id = 0;
	int64_t uidvalidity = 0;
	enum rc rc = folder_repo_take_ids(ctx, d->mailbox_id, 0, &id, &uidvalidity);
	if (rc == RC_OK)
		rc = folder_repo_tree(ctx, d->mailbox_id, d->name, &tree, &n);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (!span_eq(tree[i].name, d->name))
			continue;
		d->folder_id = tree[i].folder_id;
		return folder_repo_drop(ctx, d->mailbox_id, d->folder_id);
	}
	return RC_NOT_FOUND;
}

enum rc folder_delete(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span name, struct err *err)
{
	struct deletion d = { .mailbox_id = mailbox_id };
	if (!folder_name_parse(ctx->arena, name, &d.name))
		return err_set(err, RC_NOT_FOUND, "name", "There is no such folder.");
	if (span_eq(d.name, SPAN("INBOX")))
		return err_set(err, RC_DENIED, "name", "INBOX cannot be deleted.");
	enum rc rc = tx_run(ctx, drop_folder, &d);
	if (rc == RC_NOT_FOUND)
		return err_set(err, RC_NOT_FOUND, "name", "There is no such folder.");
	if (rc == RC_OK)
		store_ring(s, mailbox_id, 0);
	return rc;
}

/* ------------------------------------------------------------------------ renaming */

struct renaming {
	int64_t mailbox_id;
	struct span from, to;
	struct err *err;
};

static struct span moved_name(struct arena *a, const struct renaming *r, struct span name)
{
	return arena_printf(
		a, SPAN_FMT SPAN_FMT, SPAN_ARG(r->to), SPAN_ARG(span_from(name, r->from.len)));
}

static enum rc check_target(struct ctx *ctx, const struct renaming *r)
{
	bool exists = false;
	int64_t count = 0;
	enum rc rc = folder_repo_existing(ctx, r->mailbox_id, &r->to, 1, &exists, &count);
	if (rc == RC_OK && exists)
		return err_set(r->err, RC_EXISTS, "to", "A folder of this name exists already.");
	return rc;
}

/* Parents that the new name needs. */
static enum rc make_parents(struct ctx *ctx, const struct renaming *r)
{
	struct span parent = folder_name_parent(r->to);
	if (parent.len == 0)
		return RC_OK;
	return make_with_parents(ctx, r->mailbox_id, parent, SPAN(""), true, r->err);
}

/* A name under which another folder once was needs a larger UIDVALIDITY than that one had. */
static enum rc freshen(
	struct ctx *ctx, const struct renaming *r, struct folder_place *tree, size_t n)
{
	struct span *names = arena_array(ctx->arena, n, sizeof *names);
	int64_t *past = arena_array(ctx->arena, n, sizeof *past);
	int64_t id = 0;
	int64_t uidvalidity = 0;
	for (size_t i = 0; i < n; i++)
		names[i] = tree[i].name;
	enum rc rc = folder_repo_past(ctx, r->mailbox_id, names, n, past);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		if (past[i] < tree[i].uidvalidity)
			continue;
		rc = folder_repo_take_ids(ctx, r->mailbox_id, 1, &id, &uidvalidity);
		tree[i].uidvalidity = uidvalidity;
	}
	return rc;
}

static enum rc rename_tree(struct ctx *ctx, const struct renaming *r)
{
	struct folder_place *tree = NULL;
	size_t n = 0;
	bool found = false;
	enum rc rc = folder_repo_tree(ctx, r->mailbox_id, r->from, &tree, &n);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		found |= span_eq(tree[i].name, r->from);
		tree[i].name = moved_name(ctx->arena, r, tree[i].name);
		if (tree[i].name.len > FOLDER_NAME_MAX)
			return err_set(r->err, RC_INVALID, "to", "The new name is too long.");
	}
	if (!found)
		return err_set(r->err, RC_NOT_FOUND, "from", "There is no such folder.");
	rc = freshen(ctx, r, tree, n);
	if (rc == RC_OK)
		rc = folder_repo_rename(ctx, r->mailbox_id, tree, n);
	return rc;
}

static enum rc rename_folder(struct ctx *ctx, void *arg)
{
	struct renaming *r = arg;
	int64_t id = 0;
	int64_t uidvalidity = 0;
	enum rc rc = folder_repo_take_ids(ctx, r->mailbox_id, 0, &id, &uidvalidity);
	if (rc == RC_OK)
		rc = check_target(ctx, r);
	if (rc == RC_OK)
		rc = make_parents(ctx, r);
	if (rc == RC_OK)
		rc = rename_tree(ctx, r);
	return rc;
}

/* RFC 9051 section 6.3.6: INBOX stays, its messages move. */
static enum rc rename_inbox(struct store *s, struct ctx *ctx, const struct renaming *r)
{
	struct folder inbox, to;
	struct uid_pairs pairs;
	const struct snapshot *snap = NULL;
	enum rc rc = folder_find(s, ctx, r->mailbox_id, SPAN("INBOX"), &inbox);
	if (rc == RC_OK)
		rc = folder_create(s, ctx, r->mailbox_id, r->to, SPAN(""), &to, r->err);
	if (rc == RC_OK)
		rc = snapshot_get(s, ctx, r->mailbox_id, inbox.folder_id, true, &snap);
	if (rc != RC_OK)
		return rc;
	rc = message_move(
		s, ctx, r->mailbox_id, inbox.folder_id, snap->uid, snap->len, to.folder_id, &pairs);
	snapshot_unref(snap);
	return rc;
}

enum rc folder_rename(struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span from,
	struct span to, struct err *err)
{
	struct renaming r = { .mailbox_id = mailbox_id, .err = err };
	if (!folder_name_parse(ctx->arena, from, &r.from))
		return err_set(err, RC_NOT_FOUND, "from", "There is no such folder.");
	if (!folder_name_parse(ctx->arena, to, &r.to))
		return bad_name(err);
	if (span_eq(r.to, SPAN("INBOX")))
		return err_set(err, RC_EXISTS, "to", "A folder of this name exists already.");
	if (span_starts(r.to, arena_printf(ctx->arena, SPAN_FMT "/", SPAN_ARG(r.from))) &&
		!span_eq(r.from, SPAN("INBOX")))
		return err_set(err, RC_INVALID, "to", "A folder cannot be moved into itself.");
	if (span_eq(r.from, SPAN("INBOX")))
		return rename_inbox(s, ctx, &r);
	enum rc rc = tx_run(ctx, rename_folder, &r);
	if (rc == RC_OK)
		store_ring(s, mailbox_id, 0);
	return rc;
}
