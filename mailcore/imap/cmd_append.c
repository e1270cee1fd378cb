/* APPEND (RFC 9051 §6.3.12, RFC 3502, 6855, 7889) and REPLACE (RFC 8508): see append.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/vec.h"
#include "mailcore/imap/append.h"
#include "mailcore/imap/commands.h"
#include "mailcore/imap/folder_arg.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/item_text.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/mime/header.h"

struct append {
	struct arena arena;
	int64_t folder_id;
	bool replaces; /* REPLACE: old goes when the message has come */
	struct replaced old;
	struct {
		struct append_item *items;
		size_t len, cap;
	} messages;
	struct append_item next; /* of the message being received */

	/* its octets */
	struct str memory;
	int fd; /* -1: all in memory */
	size_t size;
	bool may_hold_nul, has_nul;
	bool in_utf8; /* UTF8 (~{...} needs its ")" */
	bool disk_failed;
	const char *failure; /* the command cannot succeed any more; what to say */
};

void imap_append_free(struct append *ap)
{
	if (!ap)
		return;
	if (ap->fd >= 0)
		(void)close(ap->fd); /* unlinked, nothing to lose */
	arena_done(&ap->arena);
	heap_free(ap);
}

/* ------------------------------------------------------------------ announcement */

/* [SP flag-list] [SP date-time] SP, before the literal; "UTF8" SP "(" before one of RFC 6855 */
static bool parse_item(
	struct cur *in, struct ctx *ctx, struct arena *a, struct append_item *out, bool *out_utf8)
{
	struct flag_list flags = { 0 };
	struct append_item item = { .internal_at = ctx->now_us / USEC_PER_SEC };

	if (!lex_sp(in))
		return false;
	if (cur_peek(in) == '(' && (!flag_list_parse(in, a, &flags) || !lex_sp(in)))
		return false;
	if (cur_peek(in) == '"' &&
		(!date_time_parse(in, &item.internal_at, &item.internal_zone) || !lex_sp(in)))
		return false;
	item.flags = flags.flags;
	item.keywords = flags.keywords;
	item.n_keywords = flags.n_keywords;
	*out = item;
	*out_utf8 = lex_word(in, "UTF8");
	if (*out_utf8)
		return lex_sp(in) && cur_take(in, '(') && cur_peek(in) == '~';
	return cur_peek(in) == '{' || cur_peek(in) == '~';
}

struct head {
	bool replaces, uid; /* REPLACE, UID REPLACE */
	struct seqset old;
	struct span mailbox;
	struct append_item item;
	bool utf8;
};

/* One number: no list, no range. */
static bool take_number(struct cur *in, struct arena *a, struct seqset *out)
{
	return seqset_parse(in, a, out) && !out->saved && out->len == 1 &&
		out->items[0].from == out->items[0].to && lex_sp(in);
}

/* tag SP ("APPEND" / ["UID" SP] "REPLACE" SP seq-number) SP mailbox append-opts */
static bool parse_head(struct span text, struct ctx *ctx, struct arena *a, struct head *out)
{
	struct cur in = cur_of(text);
	struct span tag;

	*out = (struct head){ 0 };
	if (!lex_tag(&in, &tag) || !lex_sp(&in))
		return false;
	if (!lex_word(&in, "APPEND")) {
		out->uid = lex_word(&in, "UID");
		if (out->uid && !lex_sp(&in))
			return false;
		out->replaces = lex_word(&in, "REPLACE");
		if (!out->replaces)
			return false;
	}
	return lex_sp(&in) && (!out->replaces || take_number(&in, a, &out->old)) &&
		lex_astring(&in, a, &out->mailbox) &&
		parse_item(&in, ctx, a, &out->item, &out->utf8);
}

bool imap_append_is_message_next(struct imap *s, struct ctx *ctx)
{
	struct head head;

	return parse_head(str_span(&s->command), ctx, ctx->arena, &head) &&
		(!head.replaces || s->state == STATE_SELECTED);
}

/* Which message is replaced. NULL, or why it cannot be. */
static const char *find_old(struct imap *s, struct append *ap, const struct head *head)
{
	struct index_runs runs;

	if (!head->replaces)
		return NULL;
	if (s->view.read_only)
		return "NO [NOPERM] The folder is open for reading only.";
	if (!imap_view_resolve(s, &head->old, head->uid, &ap->arena, &runs))
		return "BAD There is no such message.";
	if (!runs.count)
		return "NO [NONEXISTENT] There is no such message.";
	size_t i = runs.items[0].from;
	ap->replaces = true;
	ap->old = (struct replaced){ s->view.folder_id, s->view.seq->uid[i],
		s->view.seq->size_bytes[i] };
	return NULL;
}

static const char *accept_literal(struct imap *s, struct append *ap, const struct literal *lit)
{
	if (lit->size > s->options->max_message_size)
		return "NO [TOOBIG] The message is larger than this server takes.";
	if (ap->messages.len == APPEND_MESSAGES_MAX || arena_used(&ap->arena) > APPEND_MEMORY_MAX)
		return "NO [LIMIT] Too many messages in one command.";
	if (lit->size == 0)
		return "NO [CANNOT] A message cannot be empty.";
	ap->memory = str_in(&ap->arena, s->options->spool_threshold);
	ap->size = 0;
	ap->may_hold_nul = lit->binary;
	return NULL;
}

/* NULL, or why nothing can be appended there. */
static const char *find_folder(
	struct imap *s, struct ctx *ctx, struct append *ap, struct span mailbox)
{
	struct folder folder;

	switch (folder_of_arg(s, ctx, mailbox, &folder)) {
	case RC_OK:
		ap->folder_id = folder.folder_id;
		return NULL;
	case RC_NOT_FOUND:
		return "NO [TRYCREATE] There is no such folder.";
	case RC_INVALID:
		return "NO [CANNOT] This is no folder name.";
	case RC_EXISTS:
	case RC_DENIED:
	case RC_LIMIT:
	case RC_CONFLICT:
	case RC_TEMP:
	case RC_CLOSED:
		break;
	}
	return "NO [UNAVAILABLE] The server has trouble; please try again later.";
}

const char *imap_append_begin(struct imap *s, struct ctx *ctx, const struct literal *lit)
{
	struct append *ap = heap_zalloc(sizeof *ap);
	struct head head;

	arena_init(&ap->arena, 16384);
	ap->fd = -1;
	s->append = ap;
	/* s->command is used again for the lines between messages. */
	struct span text = arena_span(&ap->arena, str_span(&s->command));
	bool parsed = parse_head(text, ctx, &ap->arena, &head);
	ASSERT(parsed); /* imap_append_is_message_next said so */
	ap->next = head.item;
	ap->in_utf8 = head.utf8;
	const char *why = find_old(s, ap, &head);
	if (!why)
		why = find_folder(s, ctx, ap, head.mailbox);
	return why ? why : accept_literal(s, ap, lit);
}

const char *imap_append_next(struct imap *s, struct ctx *ctx, const struct literal *lit)
{
	struct append *ap = s->append;
	struct span line = arena_span(&ap->arena, str_span(&s->command));
	struct cur in = cur_of(line);

	if (ap->failure)
		return ap->failure;
	if (ap->replaces)
		return "BAD REPLACE takes one message.";
	if (ap->in_utf8 != cur_take(&in, ')') ||
		!parse_item(&in, ctx, &ap->arena, &ap->next, &ap->in_utf8))
		return "BAD What follows the message cannot be read.";
	return accept_literal(s, ap, lit);
}

/* ------------------------------------------------------------------ octets */

static bool write_all(int fd, struct span bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = span_from(bytes, (size_t)n);
	}
	return true;
}

/* A file without a name, holding what is in memory so far. */
static bool start_file(struct append *ap, const char *dir)
{
	ap->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return ap->fd >= 0 && write_all(ap->fd, str_span(&ap->memory));
}

void imap_append_octets(struct append *ap, const struct imap_options *options, struct span octets)
{
	ap->size += octets.len;
	ap->has_nul = ap->has_nul || memchr(octets.ptr, '\0', octets.len);
	if (ap->disk_failed)
		return;
	if (ap->fd < 0 && ap->size <= options->spool_threshold) {
		str_add(&ap->memory, octets);
		return;
	}
	if ((ap->fd < 0 && !start_file(ap, options->spool_dir)) || !write_all(ap->fd, octets)) {
		log_error("imap.spool", "dir=%s errno=%d", options->spool_dir, errno);
		ap->disk_failed = true;
	}
}

/* The header block of a message in the spool file. */
static enum rc read_head(struct append *ap, struct span *out)
{
	size_t want = ap->size < HEADER_BLOCK_MAX ? ap->size : HEADER_BLOCK_MAX;
	char *buf = arena_alloc(&ap->arena, want);
	size_t have = 0;

	while (have < want) {
		ssize_t n = pread(ap->fd, buf + have, want - have, (off_t)have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return RC_TEMP;
		have += (size_t)n;
	}
	*out = span_make(buf, header_block_len(span_make(buf, have)));
	return RC_OK;
}

static enum rc prepare(struct imap *s, struct ctx *ctx, struct append *ap)
{
	struct store *store = s->options->store;
	struct uuid id = uuid_make(ctx->now_us);
	struct prepared *prepared;
	struct span head;
	enum rc rc;

	if (ap->disk_failed)
		return RC_TEMP;
	if (ap->fd < 0) {
		rc = message_prepare(store, &ap->arena, id, str_span(&ap->memory), &prepared);
	} else {
		rc = read_head(ap, &head);
		if (rc == RC_OK)
			rc = message_prepare_file(
				store, &ap->arena, id, head, ap->fd, ap->size, &prepared);
		(void)close(ap->fd); /* only read from since */
		ap->fd = -1;
	}
	if (rc == RC_OK)
		ap->next.message = prepared;
	return rc;
}

enum step imap_append_message_end(struct imap *s, struct ctx *ctx)
{
	struct append *ap = s->append;

	if (ap->has_nul && !ap->may_hold_nul)
		ap->failure = "BAD A literal must not hold NUL.";
	else if (prepare(s, ctx, ap) != RC_OK)
		ap->failure = "NO [UNAVAILABLE] The server has trouble; please try again later.";
	else
		VEC_PUSH(&ap->arena, &ap->messages, ap->next);
	return STEP_DONE;
}

/* ------------------------------------------------------------------ the end */

static enum step reply_appended(
	struct command *cmd, int64_t uidvalidity, const uint32_t *uids, size_t n)
{
	struct str set = str_in(cmd->ctx->arena, 16 * APPEND_MESSAGES_MAX);

	uid_set_add(&set, uids, n);
	return imap_reply_ok(
		cmd, "[APPENDUID %lld %s] Appended.", (long long)uidvalidity, str_cstr(&set));
}

static enum step refuse(struct command *cmd, enum rc rc)
{
	if (rc == RC_NOT_FOUND)
		return imap_reply_no(cmd, "[TRYCREATE] There is no such folder.");
	if (rc == RC_LIMIT)
		return imap_reply_no(cmd, "[OVERQUOTA] The mailbox is full.");
	return imap_reply_rc(cmd, rc, NULL);
}

/* The new UID is said before the EXPUNGE of the old message (RFC 8508 §3.3). */
static enum step replace(struct command *cmd, struct append *ap)
{
	struct imap *s = cmd->s;
	int64_t uidvalidity;
	uint32_t uid;
	enum rc rc = message_replace(s->options->store, cmd->ctx, s->mailbox_id, &ap->old,
		ap->folder_id, &ap->messages.items[0], &uidvalidity, &uid);

	if (rc == RC_CONFLICT)
		return imap_reply_no(cmd, "[EXPUNGEISSUED] The message has been expunged.");
	if (rc != RC_OK)
		return refuse(cmd, rc);
	imap_reply_untagged(s, "OK [APPENDUID %lld %lu] The new message is there.",
		(long long)uidvalidity, (unsigned long)uid);
	return imap_reply_ok(cmd, "Replaced.");
}

enum step imap_append_end(struct imap *s, struct ctx *ctx)
{
	struct append *ap = s->append;
	struct command cmd = { .s = s, .ctx = ctx, .row = imap_command_find(SPAN("APPEND")) };
	uint32_t *uids = arena_array(ctx->arena, ap->messages.len, sizeof *uids);
	int64_t uidvalidity;

	if (ap->failure) {
		imap_reply_tagged(s, "%s", ap->failure);
		return STEP_DONE;
	}
	if (!span_eq(str_span(&s->command), ap->in_utf8 ? SPAN(")") : SPAN("")))
		return imap_reply_bad(s, "What follows the message cannot be read.");
	if (ap->replaces)
		return replace(&cmd, ap);
	enum rc rc = message_append(s->options->store, ctx, s->mailbox_id, ap->folder_id,
		ap->messages.items, ap->messages.len, &uidvalidity, uids);
	return rc == RC_OK ? reply_appended(&cmd, uidvalidity, uids, ap->messages.len)
			   : refuse(&cmd, rc);
}

/* Only reached without a message: with one, the literal leads to imap_append_begin. */
enum step imap_cmd_append(struct command *cmd)
{
	return imap_reply_bad(cmd->s, "%s needs a folder and a literal.", cmd->row->name);
}
