/*
 * One IMAP session: what is kept between two steps, and how commands are run.
 *
 * A connection that idles costs this struct, its folder's name and references to shared snapshots;
 * everything that grows (a command in collection, an APPEND, a long answer's place) is made when
 * it is needed and freed when the command ends.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"
#include "mailcore/directory/directory.h"
#include "mailcore/directory/sasl.h"
#include "mailcore/imap/imap.h"
#include "mailcore/imap/syntax/frame.h"
#include "mailcore/imap/view.h"
#include "mailcore/store/store.h"

#define IMAP_TAG_MAX    64
#define IMAP_ERRORS_MAX 20 /* BAD answers until BYE */
#define IMAP_LOGINS_MAX 5  /* failed log-ins until BYE */

enum imap_state {
	STATE_GREETED = 1,
	STATE_AUTHENTICATED = 2,
	STATE_SELECTED = 4,
};
#define STATE_ANY       (STATE_GREETED | STATE_AUTHENTICATED | STATE_SELECTED)
#define STATE_LOGGED_IN (STATE_AUTHENTICATED | STATE_SELECTED)

/* Who reads the next line. */
enum imap_mode { MODE_COMMAND, MODE_SASL, MODE_IDLE };

struct append;
struct command_row;
struct answer;

struct imap {
	struct conn *conn;
	const struct imap_options *options;
	struct framer framer;
	enum imap_state state;
	enum imap_mode mode;
	bool spoken; /* the first line has been read */
	/* ENABLEd: */
	bool rev2;        /* IMAP4rev2: ESEARCH, no \Recent */
	bool utf8_accept; /* UTF8=ACCEPT */
	bool condstore;   /* MODSEQ in every FETCH */
	bool qresync;     /* VANISHED instead of EXPUNGE */
	unsigned errors, failed_logins;

	struct str command; /* pieces of the command so far; heap */
	const char
		*refusal; /* the rest of the command is skipped, then this is said after the tag */
	size_t overlong;  /* bytes of too long lines so far */
	bool swallow;     /* the literal's octets are thrown away */
	char tag[IMAP_TAG_MAX + 1]; /* of the command that runs */

	struct sasl sasl;
	struct append *append; /* being received */
	struct answer *answer; /* an answer being written in portions */

	int64_t mailbox_id;
	char *address; /* heap */
	struct view view;
	uint32_t *saved; /* "$": ascending UIDs; heap */
	size_t n_saved;

	struct conn_ref *ref; /* while idling */
	struct bell_watch *watch;
};

/* A command that runs. */
struct command {
	struct imap *s;
	struct ctx *ctx;
	const struct command_row *row;
	struct cur args; /* after the name; mostly begins with SP */
	bool uid;        /* the UID form */
};

/* A command whose answer does not fit in one step: a copy of it, memory of its own, its place in
 * data. Freed when go() returns something else than STEP_MORE. */
struct answer {
	struct command cmd;
	struct arena arena;
	struct arena batch; /* emptied by go() as it likes */
	enum step (*go)(struct answer *answer);
	void *data;
	int64_t step_began_ms;
};

/* Copies the command's text into the answer. data is `size` zeroed octets. */
struct answer *answer_new(struct command *cmd, enum step (*go)(struct answer *answer), size_t size);
enum step answer_start(struct answer *answer);
void answer_free(struct answer *answer);
/* Time to return STEP_MORE: the output is full or others are waiting for this worker. */
bool answer_is_long(const struct answer *answer);

/* After a log-in: state, limits, deadline. */
void imap_session_logged_in(struct imap *s, const struct mailbox_ref *mailbox);
/* Names of folders are UTF-8 on the wire. */
bool imap_session_is_utf8(const struct imap *s);
/* TLS, or a network from which log-in in clear is allowed. */
bool imap_session_may_log_in(const struct imap *s);
/* Back to authenticated state, without a word. */
void imap_session_deselect(struct imap *s);
/* Forgets "$". */
void imap_session_forget_saved(struct imap *s);
