/* Conversations: see threads.h. The numbers of steps are those of RFC 5256 §3. */
#include "mailcore/imap/order/threads.h"

#include <stdlib.h>
#include <string.h>

#include "mailcore/base/map.h"
#include "mailcore/base/vec.h"

struct nodes {
	struct arena *arena;
	struct thread_node **items;
	size_t len, cap;
};

static struct thread_node *node_new(struct nodes *nodes, const struct thread_message *message)
{
	struct thread_node *node = arena_zalloc(nodes->arena, sizeof *node);

	node->message = message;
	VEC_PUSH(nodes->arena, nodes, node);
	return node;
}

/* ------------------------------------------------------------------ order */

/* A dummy counts as its first child, which has been sorted already. */
static const struct thread_message *message_of(const struct thread_node *node)
{
	return node->message ? node->message : node->child->message;
}

static int node_cmp(const void *a, const void *b)
{
	const struct thread_message *x = message_of(*(struct thread_node *const *)a);
	const struct thread_message *y = message_of(*(struct thread_node *const *)b);

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return (x > y) - (x < y); /* as they lie: by number */
}

/* Sorts nodes and links them as siblings; the first, or NULL. */
static struct thread_node *link_sorted(struct thread_node **nodes, size_t n)
{
	if (!n)
		return NULL;
	qsort(nodes, n, sizeof *nodes, node_cmp);
	for (size_t i = 0; i < n; i++)
		nodes[i]->next = i + 1 < n ? nodes[i + 1] : NULL;
	return nodes[0];
}

static void sort_children(struct arena *a, struct thread_node *node)
{
	size_t n = 0;

	if (node->n_children < 2)
		return;
	struct thread_node **kids = arena_array(a, node->n_children, sizeof *kids);
	for (struct thread_node *kid = node->child; kid; kid = kid->next)
		kids[n++] = kid;
	node->child = link_sorted(kids, n);
}

static void add_child(struct thread_node *parent, struct thread_node *kid)
{
	kid->parent = parent;
	kid->next = parent->child;
	parent->child = kid;
	parent->n_children++;
}

/* ------------------------------------------------------------------ step 1: links */

static bool is_above(const struct thread_node *above, const struct thread_node *node)
{
	for (size_t hops = 0; node; node = node->parent) {
		if (node == above || ++hops > THREAD_CHAIN_MAX)
			return true;
	}
	return false;
}

static struct thread_node *node_of_id(struct nodes *nodes, struct map *ids, struct span id)
{
	struct thread_node *node = map_get(ids, id);

	if (!node && nodes->len < THREAD_NODES_MAX) {
		node = node_new(nodes, NULL);
		(void)map_put(ids, id, node); /* there was none */
	}
	return node;
}

/* 1.A: what is referred to, as a chain. Its last link. */
static struct thread_node *link_references(
	struct nodes *nodes, struct map *ids, const struct thread_message *message)
{
	struct thread_node *last = NULL;

	for (size_t i = 0; i < message->n_refs; i++) {
		struct thread_node *node = node_of_id(nodes, ids, message->refs[i]);
		if (!node)
			continue;
		if (last && !node->parent && !is_above(node, last))
			node->parent = last;
		last = node;
	}
	return last;
}

/* A second message with the same id is one without. */
static struct thread_node *node_of_message(
	struct nodes *nodes, struct map *ids, const struct thread_message *message)
{
	struct thread_node *node =
		message->message_id.len ? map_get(ids, message->message_id) : NULL;

	if (node && !node->message) {
		node->message = message;
		return node;
	}
	struct thread_node *own = node_new(nodes, message);
	if (message->message_id.len && !node)
		(void)map_put(ids, message->message_id, own); /* there was none */
	return own;
}

static void link_all(struct nodes *nodes, const struct thread_message *messages, size_t n)
{
	struct map ids;

	map_init(&ids);
	for (size_t i = 0; i < n; i++) {
		struct thread_node *node = node_of_message(nodes, &ids, &messages[i]);
		struct thread_node *last = link_references(nodes, &ids, &messages[i]);
		/* 1.B: the message's own word counts more than what others said of it, as long as
		 * it makes sense. */
		if (!last || !is_above(node, last))
			node->parent = last;
	}
	map_done(&ids);
}

/* ------------------------------------------------------------------ steps 2 and 3: pruning */

/* The nearest message above a dummy, or the topmost dummy; the way is made short for the next. */
static struct thread_node *stand_in(struct thread_node *dummy)
{
	struct thread_node *top = dummy;

	while (!top->message && top->parent)
		top = top->parent;
	while (dummy != top) {
		struct thread_node *up = dummy->parent;
		dummy->parent = top;
		dummy = up;
	}
	return top;
}

static void prune(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->len; i++) {
		struct thread_node *node = nodes->items[i];
		if (!node->message || !node->parent)
			continue;
		if (!node->parent->message)
			node->parent = stand_in(node->parent);
		node->parent->n_children++;
	}
	/* A dummy with one child is not needed. */
	for (size_t i = 0; i < nodes->len; i++) {
		struct thread_node *node = nodes->items[i];
		if (node->message && node->parent && !node->parent->message &&
			node->parent->n_children == 1)
			node->parent = NULL;
	}
	for (size_t i = 0; i < nodes->len; i++)
		nodes->items[i]->n_children = 0;
	for (size_t i = 0; i < nodes->len; i++) {
		struct thread_node *node = nodes->items[i];
		if (node->message && node->parent)
			add_child(node->parent, node);
	}
}

/* ------------------------------------------------------------------ step 4: roots */

struct roots {
	struct thread_node **items;
	size_t len, cap;
};

static struct roots find_roots(struct nodes *nodes)
{
	struct roots roots = { 0 };

	for (size_t i = 0; i < nodes->len; i++) {
		struct thread_node *node = nodes->items[i];
		if (node->message ? node->parent != NULL : !node->child)
			continue;
		if (!node->message)
			sort_children(nodes->arena, node);
		VEC_PUSH(nodes->arena, &roots, node);
	}
	(void)link_sorted(roots.items, roots.len);
	return roots;
}

/* ------------------------------------------------------------------ step 5: subjects */

/* 5.B: does this root take the other's place in the table? */
static bool is_better(const struct thread_node *node, const struct thread_node *than)
{
	if (!node->message)
		return than->message;
	return than->message && than->message->is_reply && !node->message->is_reply;
}

/* 5.C: two roots about the same. What becomes of them in the table; *out_new: a dummy for both. */
static struct thread_node *merge(struct nodes *nodes, struct thread_node *known,
	struct thread_node *node, struct thread_node **out_new)
{
	*out_new = NULL;
	if (!known->message && !node->message) {
		for (struct thread_node *kid = node->child, *next; kid; kid = next) {
			next = kid->next;
			add_child(known, kid);
		}
		return known;
	}
	if (!known->message || (node->message->is_reply && !known->message->is_reply)) {
		add_child(known, node);
		return known;
	}
	struct thread_node *both = node_new(nodes, NULL);
	add_child(both, node);
	add_child(both, known);
	*out_new = both;
	return both;
}

/* roots.items become those that remain, in no order. */
static void gather_subjects(struct nodes *nodes, struct roots *roots)
{
	struct map table;
	struct thread_node *both;
	size_t n = roots->len, len = 0;

	map_init(&table);
	for (size_t i = 0; i < n; i++) {
		struct span subject = message_of(roots->items[i])->subject;
		struct thread_node *known = subject.len ? map_get(&table, subject) : NULL;
		if (subject.len && (!known || is_better(roots->items[i], known)))
			(void)map_put(&table, subject, roots->items[i]);
	}
	for (size_t i = 0; i < n; i++) {
		struct thread_node *node = roots->items[i];
		struct span subject = message_of(node)->subject;
		struct thread_node *known = subject.len ? map_get(&table, subject) : NULL;
		if (!known || known == node)
			continue;
		(void)map_put(&table, subject, merge(nodes, known, node, &both));
		if (!node->message)
			node->child = NULL; /* its children have moved */
		if (both)
			VEC_PUSH(nodes->arena, roots, both);
	}
	for (size_t i = 0; i < roots->len; i++) {
		struct thread_node *node = roots->items[i];
		if (!node->parent && (node->message || node->child))
			roots->items[len++] = node;
	}
	roots->len = len;
	map_done(&table);
}

/* ------------------------------------------------------------------ REFERENCES */

struct thread_node *threads_by_references(
	struct arena *a, const struct thread_message *messages, size_t n)
{
	struct nodes nodes = { .arena = a };

	link_all(&nodes, messages, n);
	prune(&nodes);
	struct roots roots = find_roots(&nodes);
	gather_subjects(&nodes, &roots);
	/* 6: below the top all are messages, so the order of sorting is of no importance. */
	for (size_t i = 0; i < nodes.len; i++)
		sort_children(a, nodes.items[i]);
	return link_sorted(roots.items, roots.len);
}

/* ------------------------------------------------------------------ ORDEREDSUBJECT */

struct thread_node *threads_by_subject(
	struct arena *a, const struct thread_message *messages, size_t n)
{
	struct nodes nodes = { .arena = a };
	struct roots roots = { 0 };
	struct map table;

	map_init(&table);
	for (size_t i = 0; i < n; i++)
		(void)node_new(&nodes, &messages[i]);
	(void)link_sorted(nodes.items, nodes.len);
	for (size_t i = 0; i < nodes.len; i++) {
		struct thread_node *node = nodes.items[i];
		struct thread_node *first = map_get(&table, node->message->subject);
		if (first) {
			add_child(first, node);
			continue;
		}
		(void)map_put(&table, node->message->subject, node);
		VEC_PUSH(a, &roots, node);
	}
	map_done(&table);
	for (size_t i = 0; i < roots.len; i++)
		sort_children(a, roots.items[i]);
	return link_sorted(roots.items, roots.len);
}

/* ------------------------------------------------------------------ the answer */

/* Each of several siblings, and each thread at the top, is in parentheses. */
static bool is_nested(const struct thread_node *node)
{
	return !node->parent || node->parent->n_children > 1;
}

static void write_begin(struct str *out, const struct thread_node *node)
{
	str_add_cstr(out, is_nested(node) ? "(" : " ");
	if (!node->message)
		return;
	str_add_u64(out, node->message->name);
	if (node->n_children > 1)
		str_add_c(out, ' ');
}

/* Behind a node and all below it: the next one that begins; closes what ends. */
static struct thread_node *write_end(struct str *out, struct thread_node *node)
{
	for (; node; node = node->parent) {
		if (is_nested(node))
			str_add_c(out, ')');
		if (node->next)
			return node->next;
	}
	return NULL;
}

void threads_write(struct str *out, struct thread_node **at, size_t max)
{
	struct thread_node *node = *at;

	for (size_t i = 0; node && i < max; i++) {
		write_begin(out, node);
		node = node->child ? node->child : write_end(out, node);
	}
	*at = node;
}
