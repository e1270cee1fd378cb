/*
 * What every role does: reads its arguments and configuration, opens database, keys, store, bells
 * and TLS, enters the sandbox, runs the loop, reloads on SIGHUP, stops on SIGTERM.
 *
 * A role's own file (role_mx.c, ...) adds listeners and periodic work between role_open and
 * role_run. Started by the supervisor only:
 *   mailstead role NAME DIR CONF READY_FD [--set key=value]... [--fd listener=N]...
 */
#pragma once

#include "backend/launch.h"
#include "mailcore/blob/blob.h"
#include "mailcore/db/bell.h"
#include "mailcore/db/epoch.h"
#include "mailcore/directory/directory.h"
#include "mailcore/directory/recipient_cache.h"
#include "mailcore/keys/keys.h"
#include "mailcore/net/addr.h"
#include "mailcore/net/loop.h"
#include "mailcore/net/resolver.h"
#include "mailcore/net/tls.h"
#include "mailcore/store/store.h"

#define ROLE_MAX_FDS 64

struct role {
	const char *name;
	struct launch launch;
	const char *conninfo;
	int ready_fd;
	struct {
		const char *name;
		int fd;
	} fds[ROLE_MAX_FDS];
	size_t n_fds;

	struct net_list plaintext_networks; /* auth.plaintext_networks */
	struct loop *loop;
	struct tls_store *tls;
	struct bells *bells;
	struct epoch *epoch;
	struct blob_store *blobs;
	struct store *store;
	struct keys *keys;           /* NULL where not wanted */
	struct directory *directory; /* NULL without keys */
	struct recipient_cache *recipients;
	struct resolver *resolver;

	void (*before_stop)(void *arg); /* on the loop thread, when SIGTERM came; may be NULL */
	void *before_stop_arg;
};

struct role_wants {
	const char *workers_key; /* "workers.mx"; NULL: 2 */
	unsigned workers;        /* when the configuration says 0; 0: chosen */
	bool keys;
	bool tls;
};

/* Every 15 s: wakes who watches a mailbox that has changed without a bell (store_poll). */
void role_poll_store(struct role *r);

/* Exit status of the process: each role's main. */
int role_main(int argc, char **argv);

MUST_CHECK enum rc role_open(struct role *r, const struct role_wants *wants, struct err *err);
/* Tells the supervisor that the role serves, runs until stopped. */
int role_serve(struct role *r);
void role_close(struct role *r);
/* Both. */
int role_run(struct role *r);
struct protocol;
struct intake_env;
struct smtp_options;

/* Listens on every socket of this name. options: the protocol's (conn_arg). */
void role_listen(struct role *r, const char *name, const struct protocol *protocol,
	bool implicit_tls, void *options);
/* What the configuration says for message intake and for SMTP sessions. Borrowed from r. */
void role_intake_env(struct role *r, struct intake_env *out);
/* https://panel.example.net, as configured: for links in mail and pages. */
const char *role_url(struct role *r);
void role_smtp_options(
	struct role *r, const struct intake_env *intake, bool submission, struct smtp_options *out);
/* Each listener of this name: its socket. *pos starts at 0; -1 at the end. */
int role_next_fd(const struct role *r, const char *name, size_t *pos);
