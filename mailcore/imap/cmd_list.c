/*
 * LIST and LSUB (RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154).
 *
 * The store's list is sorted with "/" before every other octet of a name only by chance, so
 * children are found by the name with its delimiter, not by the neighbour. A parent that does not
 * exist (it was deleted, its children stay) is listed as \NonExistent.
 */
#include <stdlib.h>

#include "mailcore/base/vec.h"
#include "mailcore/imap/commands.h"
#include "mailcore/imap/folder_arg.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/special_use.h"
#include "mailcore/imap/status.h"
#include "mailcore/imap/syntax/item_text.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/syntax/mailbox_name.h"

#define PATTERNS_MAX 100

enum list_option {
	SELECT_SUBSCRIBED = 1,
	SELECT_REMOTE = 2,
	SELECT_RECURSIVE = 4,
	SELECT_SPECIAL = 8,
	RETURN_SUBSCRIBED = 16,
	RETURN_CHILDREN = 32,
	RETURN_SPECIAL = 64,
	RETURN_STATUS = 128,
};

struct list_query {
	unsigned options;
	unsigned status_items;
	struct span patterns[PATTERNS_MAX]; /* with the reference in front, UTF-8 */
	size_t n_patterns;
	bool extended;
	bool lsub;
};

/* A folder, or a parent that is only a name. */
struct node {
	struct span name;
	const struct folder *folder; /* NULL: \NonExistent */
	bool has_children;
	bool subscribed_below;
};
struct tree {
	struct node *items;
	size_t len, cap;
};

/* ------------------------------------------------------------------ arguments */

/* "(" [option *(SP option)] ")" with STATUS having items of its own */
static bool take_options(struct cur *in, bool returns, struct list_query *q)
{
	static const struct {
		const char *name;
		bool returns;
		unsigned option;
	} names[] = {
		{ "SUBSCRIBED", false, SELECT_SUBSCRIBED | RETURN_SUBSCRIBED },
		{ "REMOTE", false, SELECT_REMOTE },
		{ "RECURSIVEMATCH", false, SELECT_RECURSIVE },
		{ "SPECIAL-USE", false, SELECT_SPECIAL | RETURN_SPECIAL },
		{ "SUBSCRIBED", true, RETURN_SUBSCRIBED },
		{ "CHILDREN", true, RETURN_CHILDREN },
		{ "SPECIAL-USE", true, RETURN_SPECIAL },
		{ "STATUS", true, RETURN_STATUS },
	};
	const size_t n_names = sizeof names / sizeof names[0];

	if (!cur_take(in, '('))
		return false;
	q->extended = true;
	while (!cur_take(in, ')')) {
		size_t i = 0;
		while (i < n_names && (names[i].returns != returns || !lex_word(in, names[i].name)))
			i++;
		if (i == n_names)
			return false;
		q->options |= names[i].option;
		if (names[i].option == RETURN_STATUS &&
			(!lex_sp(in) || !status_items_parse(in, &q->status_items)))
			return false;
		(void)lex_sp(in);
	}
	/* RECURSIVEMATCH needs something to match recursively (RFC 5258 §3). */
	return !(q->options & SELECT_RECURSIVE) ||
		q->options & (SELECT_SUBSCRIBED | SELECT_SPECIAL);
}

/* Reference and pattern together, in UTF-8. A name that cannot be read matches nothing. */
static void add_pattern(
	struct command *cmd, struct span reference, struct span pattern, struct list_query *q)
{
	struct str wire = str_in(cmd->ctx->arena, MAILBOX_NAME_WIRE_MAX);
	struct str utf8 = str_in(cmd->ctx->arena, MAILBOX_NAME_WIRE_MAX);

	str_add(&wire, reference);
	str_add(&wire, pattern);
	if (str_ok(&wire) &&
		mailbox_text_decode(str_span(&wire), imap_session_is_utf8(cmd->s), &utf8))
		q->patterns[q->n_patterns++] = str_span(&utf8);
}

/* mailbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")" */
static bool take_patterns(
	struct command *cmd, struct span reference, struct list_query *q, bool *out_only_empty)
{
	struct cur *in = &cmd->args;
	struct span pattern;

	bool many = cur_take(in, '(');
	q->extended = q->extended || many;
	do {
		if (q->n_patterns == PATTERNS_MAX ||
			!lex_list_mailbox(in, cmd->ctx->arena, &pattern))
			return false;
		*out_only_empty = !many && !pattern.len;
		add_pattern(cmd, reference, pattern, q);
	} while (many && lex_sp(in));
	return !many || cur_take(in, ')');
}

/* list = "LIST" [SP list-select-opts] SP mailbox SP mailbox-or-pat [SP "RETURN" SP list-return-opts]
 */
static bool parse_list(struct command *cmd, struct list_query *q, bool *out_only_empty)
{
	struct cur *in = &cmd->args;
	struct span reference;

	if (!lex_sp(in))
		return false;
	if (!q->lsub && cur_peek(in) == '(' && (!take_options(in, false, q) || !lex_sp(in)))
		return false;
	if (!lex_astring(in, cmd->ctx->arena, &reference) || !lex_sp(in) ||
		!take_patterns(cmd, reference, q, out_only_empty))
		return false;
	if (cur_done(in))
		return true;
	return !q->lsub && lex_sp(in) && lex_word(in, "RETURN") && lex_sp(in) &&
		take_options(in, true, q) && cur_done(in);
}

/* ------------------------------------------------------------------ the tree */

static int node_cmp(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	bool x_inbox = span_eq(x->name, SPAN("INBOX")), y_inbox = span_eq(y->name, SPAN("INBOX"));

	if (x_inbox != y_inbox)
		return x_inbox ? -1 : 1;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int order = memcmp(x->name.ptr, y->name.ptr, n);
	if (order)
		return order;
	/* Of equal names the folder comes before the parent made up for a child. */
	if (x->name.len == y->name.len)
		return (y->folder != NULL) - (x->folder != NULL);
	return x->name.len < y->name.len ? -1 : 1;
}

/* The folder and its parents, each as often as it is named; unite() makes one of equal ones. */
static void add_with_parents(struct tree *tree, struct arena *a, const struct folder *folder)
{
	struct node node = { .name = folder->name, .folder = folder };

	VEC_PUSH(a, tree, node);
	for (size_t i = folder->name.len; i-- > 1;) {
		if (folder->name.ptr[i] != FOLDER_DELIMITER)
			continue;
		struct node parent = { .name = span_sub(folder->name, 0, i),
			.has_children = true,
			.subscribed_below = folder->subscribed };
		VEC_PUSH(a, tree, parent);
	}
}

static void unite(struct tree *tree)
{
	size_t len = 0;

	for (size_t i = 0; i < tree->len; i++) {
		struct node *last = len ? &tree->items[len - 1] : NULL;
		if (!last || !span_eq(last->name, tree->items[i].name)) {
			tree->items[len++] = tree->items[i];
			continue;
		}
		last->has_children = last->has_children || tree->items[i].has_children;
		last->subscribed_below = last->subscribed_below || tree->items[i].subscribed_below;
	}
	tree->len = len;
}

static void tree_make(struct tree *tree, struct arena *a, const struct folders *folders)
{
	for (size_t i = 0; i < folders->len; i++)
		add_with_parents(tree, a, &folders->items[i]);
	if (tree->len)
		qsort(tree->items, tree->len, sizeof *tree->items, node_cmp);
	unite(tree);
}

/* ------------------------------------------------------------------ answers */

static bool matches(const struct list_query *q, const struct node *node)
{
	for (size_t i = 0; i < q->n_patterns; i++) {
		if (list_pattern_match(q->patterns[i], node->name))
			return true;
	}
	return false;
}

static bool is_selected(const struct list_query *q, const struct node *node, bool *out_childinfo)
{
	bool subscribed = node->folder && node->folder->subscribed;
	bool special = node->folder && special_use_of(node->folder->role);

	*out_childinfo = q->options & SELECT_RECURSIVE && q->options & SELECT_SUBSCRIBED &&
		node->subscribed_below;
	if (q->options & SELECT_SUBSCRIBED && !subscribed)
		return *out_childinfo;
	return !(q->options & SELECT_SPECIAL) || special;
}

static void add_attribute(struct str *out, const char *attribute)
{
	if (out->ptr[out->len - 1] != '(')
		str_add_c(out, ' ');
	str_add_cstr(out, attribute);
}

static void reply_node(
	struct imap *s, const struct list_query *q, const struct node *node, bool childinfo)
{
	struct str *out = conn_out(s->conn);
	const struct folder *folder = node->folder;
	const char *use = folder ? special_use_of(folder->role) : NULL;

	str_add_cstr(out, q->lsub ? "* LSUB (" : "* LIST (");
	if (!folder) {
		add_attribute(out, "\\Noselect");
		if (!q->lsub)
			add_attribute(out, "\\NonExistent");
	}
	if (!q->lsub)
		add_attribute(out, node->has_children ? "\\HasChildren" : "\\HasNoChildren");
	if (folder && folder->subscribed && q->options & RETURN_SUBSCRIBED)
		add_attribute(out, "\\Subscribed");
	if (use && !q->lsub && (!q->extended || q->options & RETURN_SPECIAL || s->rev2))
		add_attribute(out, use);
	str_add_cstr(out, ") \"/\" ");
	imap_reply_mailbox(s, node->name);
	if (childinfo)
		str_add_cstr(out, " (\"CHILDINFO\" (\"SUBSCRIBED\"))");
	str_add_cstr(out, "\r\n");
}

/* LSUB "%" names a parent of subscribed folders that is not subscribed itself (RFC 3501 §6.3.9). */
static bool lsub_node(const struct list_query *q, struct node *node)
{
	if (node->folder && node->folder->subscribed)
		return true;
	node->folder = NULL;
	struct span last = q->n_patterns ? q->patterns[0] : SPAN("");
	return node->subscribed_below && span_ends(last, SPAN("%"));
}

static enum rc reply_tree(struct command *cmd, const struct list_query *q, struct tree *tree)
{
	for (size_t i = 0; i < tree->len; i++) {
		struct node *node = &tree->items[i];
		bool childinfo = false;
		if (!matches(q, node))
			continue;
		if (q->lsub ? !lsub_node(q, node) : !is_selected(q, node, &childinfo))
			continue;
		reply_node(cmd->s, q, node, childinfo);
		if (!(q->options & RETURN_STATUS) || !node->folder)
			continue;
		enum rc rc = status_reply(cmd->s, cmd->ctx, node->folder, q->status_items);
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			return rc;
	}
	return RC_OK;
}

static enum step list(struct command *cmd, bool lsub)
{
	struct list_query *q = arena_zalloc(cmd->ctx->arena, sizeof *q);
	struct tree tree = { 0 };
	struct folders folders;
	bool only_empty = false;

	q->lsub = lsub;
	if (!parse_list(cmd, q, &only_empty))
		return imap_reply_bad(
			cmd->s, "%s needs a reference and a pattern.", cmd->row->name);
	if (only_empty && !q->extended) {
		imap_reply_untagged(cmd->s, "%s (\\Noselect) \"/\" \"\"", lsub ? "LSUB" : "LIST");
		return imap_reply_ok(cmd, "Done.");
	}
	enum rc rc = folder_list(cmd->s->options->store, cmd->ctx, cmd->s->mailbox_id, &folders);
	if (rc == RC_OK) {
		tree_make(&tree, cmd->ctx->arena, &folders);
		rc = reply_tree(cmd, q, &tree);
	}
	return imap_reply_rc(cmd, rc, NULL);
}

enum step imap_cmd_list(struct command *cmd)
{
	return list(cmd, false);
}

enum step imap_cmd_lsub(struct command *cmd)
{
	return list(cmd, true);
}
