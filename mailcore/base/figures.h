/*
 * What a process has counted: messages received, refused, sent and so on, by domain.
 *
 * Counting is a look-up in a fixed table and two atomic additions: no lock, no memory, no system call.
 * A role takes the counts every few seconds and adds them to the database (backend/role_figures.c); what
 * a crash loses are the counts since then. The table has room for FIGURES_SLOTS domains; what does not
 * fit counts for domain 0, the server.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum figure {
	FIGURE_RECEIVED,        /* stored in a mailbox, one a recipient */
	FIGURE_JUNK,            /* the same, in Junk */
	FIGURE_REFUSED_UNKNOWN, /* at RCPT: nobody has this address */
	FIGURE_REFUSED_FULL,    /* no room */
	FIGURE_REFUSED_POLICY,  /* suspended, closed group, content, DMARC and so on */
	FIGURE_SUBMITTED,       /* messages that our users handed in */
	FIGURE_SENT,            /* taken by another server, one a recipient */
	FIGURE_DEFERRED,        /* attempts that are repeated */
	FIGURE_BOUNCED,         /* given up */
	FIGURE_LOGIN,           /* IMAP, POP3, submission, webmail, panel */
	FIGURE_LOGIN_FAILED,
	FIGURES
};

#define FIGURES_SLOTS 32768

struct figures_row {
	int64_t domain_id; /* 0: the server, or not known */
	uint32_t n[FIGURES];
};

/* "received": the name in tables, JSON and metrics. */
const char *figure_name(enum figure f);
/* domain_id: 0 or above. Any thread. */
void figure_add(enum figure f, int64_t domain_id, uint32_t n);
/* Takes counts out, at most max domains; *pos is 0 at first and FIGURES_SLOTS when all were seen. One
 * taker at a time. */
size_t figures_take(struct figures_row *out, size_t max, size_t *pos);
/* They could not be stored: counts again, without counting in the totals. */
void figures_give_back(const struct figures_row *rows, size_t n);
/* All that the process has counted since it began. */
void figures_totals(uint64_t out[FIGURES]);
