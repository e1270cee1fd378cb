/*
 * demo: what packaging/quickstart needs after a first start: an admin, a reseller, a customer, the
 * domain example.test with the mailboxes of Alice and Bob and their sample mail, a token for each,
 * and a file that says where everything is. `demo --show FILE` prints that file for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/accounts/account_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/token_service.h"
#include "backend/cli/cli.h"
#include "backend/cli/commands.h"
#include "backend/cli/import.h"
#include "mailcore/base/auto.h"
#include "mailcore/base/json.h"
#include "mailcore/base/random.h"

#define FILE_MAX 65536

static const char *opt_out, *opt_sample, *opt_no_demo, *opt_show;

/* ------------------------------------------------------------------------ making */

/* Four groups of four: easy to read out, 77 bits. */
static struct span make_password(struct arena *a)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	struct str out = str_in(a, 32);

	for (int i = 0; i < 16; i++) {
		if (i > 0 && i % 4 == 0)
			str_add_c(&out, '-');
		str_add_c(&out, letters[random_below(32)]);
	}
	return str_span(&out);
}

/* A token for `account`, made as that account itself. */
static enum rc make_token(
	struct cli *c, const struct account *account, struct span *out, struct err *err)
{
	struct span all = SPAN("*");
	struct token_new in = { .label = SPAN("quickstart"), .scopes = &all, .n_scopes = 1 };
	struct actor self = { .role = account->role,
		.account_id = account->account_id,
		.login = account->login,
		.source = "cli" };
	struct token token;

	actor_enter(&c->ctx, &self);
	enum rc rc = token_create(&c->services, &c->ctx, &in, &token, err);
	actor_enter(&c->ctx, &c->actor);
	if (rc == RC_OK)
		*out = token.secret;
	return rc;
}

static enum rc add_login(struct cli *c, struct cJSON *list, const struct account *account,
	struct span password, struct err *err)
{
	struct cJSON *item = json_object(&c->arena);
	struct span token;

	enum rc rc = make_token(c, account, &token, err);
	if (rc != RC_OK)
		return rc;
	json_add_cstr(&c->arena, item, "role", role_name(account->role));
	json_add_text(&c->arena, item, "login", account->login);
	json_add_text(&c->arena, item, "password", password);
	json_add_text(&c->arena, item, "token", token);
	json_push(list, item);
	return RC_OK;
}

static enum rc make_admin(struct cli *c, struct cJSON *logins, struct err *err)
{
	struct span password = make_password(&c->arena);
	struct account admin;

	enum rc rc =
		account_create_first(&c->services, &c->ctx, SPAN("admin"), password, &admin, err);
	if (rc == RC_EXISTS)
		return err_set(err, rc, "account",
			"This server has accounts already; the file "
			"with their log-ins is gone.");
	if (rc == RC_OK)
		rc = cli_act(c, err);
	return rc == RC_OK ? add_login(c, logins, &admin, password, err) : rc;
}

static enum rc make_account(struct cli *c, struct cJSON *logins, struct span login,
	enum account_role role, struct span parent, struct span name, struct err *err)
{
	struct account_new in = { .login = login,
		.password = make_password(&c->arena),
		.name = name,
		.role = role,
		.parent = parent };
	struct account account;

	cli_renew_deadline(c);
	enum rc rc = account_create(&c->services, &c->ctx, &in, &account, err);
	return rc == RC_OK ? add_login(c, logins, &account, in.password, err) : rc;
}

static enum rc make_mailbox(
	struct cli *c, struct cJSON *list, struct span address, struct span name, struct err *err)
{
	struct mailbox_new in = {
		.address = address, .name = name, .password = make_password(&c->arena)
	};
	struct cJSON *item = json_object(&c->arena);
	struct mailbox mailbox;

	cli_renew_deadline(c);
	enum rc rc = mailbox_create(&c->services, &c->ctx, &in, &mailbox, err);
	if (rc != RC_OK)
		return rc;
	json_add_text(&c->arena, item, "address", address);
	json_add_text(&c->arena, item, "password", in.password);
	json_push(list, item);
	return RC_OK;
}

static enum rc import_sample(struct cli *c, struct err *err)
{
	static const struct {
		const char *file, *address, *folder;
	} parts[] = {
		{ "alice-inbox.mbox", "alice@example.test", "INBOX" },
		{ "alice-sent.mbox", "alice@example.test", "Sent" },
		{ "alice-archive.mbox", "alice@example.test", "Archive" },
		{ "bob-inbox.mbox", "bob@example.test", "INBOX" },
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; opt_sample && rc == RC_OK && i < sizeof parts / sizeof parts[0]; i++) {
		const char *path = arena_printf(&c->arena, "%s/%s", opt_sample, parts[i].file).ptr;
		struct importer *im;
		cli_renew_deadline(c);
		rc = importer_open(
			c, span_of(parts[i].address), span_of(parts[i].folder), &im, err);
		if (rc != RC_OK)
			return rc;
		rc = import_mbox(c, im, path, isatty(STDERR_FILENO), err);
		importer_close(im);
	}
	return rc;
}

static enum rc make_tenants(
	struct cli *c, struct cJSON *logins, struct cJSON *mailboxes, struct err *err)
{
	struct domain_new domain = { SPAN("example.test"), SPAN("customer@example.test") };
	struct domain made;

	enum rc rc = make_account(c, logins, SPAN("reseller@example.test"), ROLE_RESELLER,
		SPAN("admin"), SPAN("Harbour Hosting"), err);
	if (rc == RC_OK)
		rc = make_account(c, logins, SPAN("customer@example.test"), ROLE_CUSTOMER,
			SPAN("reseller@example.test"), SPAN("Winter & Reed"), err);
	if (rc == RC_OK)
		rc = domain_create(&c->services, &c->ctx, &domain, &made, err);
	if (rc == RC_OK)
		rc = make_mailbox(
			c, mailboxes, SPAN("alice@example.test"), SPAN("Alice Winter"), err);
	if (rc == RC_OK)
		rc = make_mailbox(c, mailboxes, SPAN("bob@example.test"), SPAN("Bob Reed"), err);
	return rc == RC_OK ? import_sample(c, err) : rc;
}

/* ------------------------------------------------------------------------ the file */

/* The port of the first address of a listener; 0: it does not listen. */
static int64_t port_of(struct cli *c, const char *name)
{
	const char *key = arena_printf(&c->arena, "listen.%s", name).ptr;
	struct span rest = span_of(config_text(c->launch.config, key)), first;
	uint64_t port = 0;

	if (!span_split(&rest, ',', &first))
		return 0;
	size_t colon = span_rfind(first, ':');
	bool ok = colon != SPAN_NPOS &&
		span_u64(span_trim(span_from(first, colon + 1)), 65535, &port);
	return ok ? (int64_t)port : 0;
}

static struct cJSON *ports_json(struct cli *c)
{
	static const char *const names[] = { "smtp", "submission", "submissions", "imap", "imaps",
		"pop3", "pop3s", "http", "https" };
	struct cJSON *ports = json_object(&c->arena);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		json_add_i64(&c->arena, ports, names[i], port_of(c, names[i]));
	return ports;
}

static enum rc write_file(
	struct cli *c, struct cJSON *logins, struct cJSON *mailboxes, struct err *err)
{
	struct arena *a = &c->arena;
	struct cJSON *root = json_object(a);
	struct str text = str_in(a, FILE_MAX);

	json_add_text(a, root, "https",
		arena_printf(a, "https://127.0.0.1:%lld", (long long)port_of(c, "https")));
	json_add_text(a, root, "http",
		arena_printf(a, "http://127.0.0.1:%lld", (long long)port_of(c, "http")));
	json_add_cstr(a, root, "host", "127.0.0.1");
	json_add_text(a, root, "ca", arena_printf(a, "%s/tls/ca.pem", c->launch.dir));
	json_add_cstr(a, root, "hostname", c->launch.hostname);
	json_add(a, root, "ports", ports_json(c));
	json_add(a, root, "logins", logins);
	json_add(a, root, "mailboxes", mailboxes);
	json_write(a, root, &text);
	str_add_c(&text, '\n');

	AUTO(close_fd) int fd = open(opt_out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text.ptr, text.len) != (ssize_t)text.len || fsync(fd) != 0)
		return err_set(err, RC_DENIED, "out", "%s cannot be written: %s.", opt_out,
			strerror(errno));
	return RC_OK;
}

static enum rc make(struct cli *c, struct err *err)
{
	struct cJSON *logins = json_array(&c->arena), *mailboxes = json_array(&c->arena);

	enum rc rc = make_admin(c, logins, err);
	if (rc == RC_OK && !opt_no_demo)
		rc = make_tenants(c, logins, mailboxes, err);
	return rc == RC_OK ? write_file(c, logins, mailboxes, err) : rc;
}

/* ------------------------------------------------------------------------ showing */

static const char *text_of(struct arena *a, const struct cJSON *object, const char *name)
{
	return arena_cstr(a, json_text(json_get(object, name)));
}

static void print_logins(struct arena *a, const struct cJSON *list, const char *who)
{
	for (const struct cJSON *e = json_first(list); e; e = json_next(e))
		printf("  %-10s %-26s %s\n", who ? who : text_of(a, e, "role"),
			text_of(a, e, who ? "address" : "login"), text_of(a, e, "password"));
}

static void print_ports(const struct cJSON *ports)
{
	printf("\n ");
	for (const struct cJSON *p = json_first(ports); p; p = json_next(p)) {
		int64_t port = 0;
		struct span name = json_name(p);
		if (json_i64(p, &port))
			printf(" " SPAN_FMT " %lld ", SPAN_ARG(name), (long long)port);
	}
	printf("\n");
}

static enum rc show(struct cli *c, struct err *err)
{
	AUTO(close_fd) int fd = open(opt_show, O_RDONLY | O_CLOEXEC);
	char *text = arena_alloc(&c->arena, FILE_MAX);
	ssize_t len = fd < 0 ? -1 : read(fd, text, FILE_MAX);
	struct cJSON *root;
	size_t at;

	if (len <= 0 || !json_parse(&c->arena, span_make(text, (size_t)len), &root, &at))
		return err_set(err, RC_NOT_FOUND, "show", "%s cannot be read.", opt_show);
	printf("\n  %-10s %s/\n  %-10s %s/mail\n\n", "panel", text_of(&c->arena, root, "https"),
		"webmail", text_of(&c->arena, root, "https"));
	print_logins(&c->arena, json_get(root, "logins"), NULL);
	print_logins(&c->arena, json_get(root, "mailboxes"), "mailbox");
	print_ports(json_get(root, "ports"));
	printf("\n  All of this, with API tokens: %s\n", opt_show);
	return RC_OK;
}

int cmd_demo(int argc, char **argv)
{
	const struct option_row rows[] = {
		{ "--out", "FILE", "write ports and log-ins there", &opt_out },
		{ "--sample", "DIR", "import the sample mail of this directory", &opt_sample },
		{ "--no-demo", NULL, "only the admin", &opt_no_demo },
		{ "--show", "FILE", "print such a file", &opt_show },
	};
	struct cli c = { 0 };
	struct err err = { 0 };
	struct options o = { .usage = "demo --data DIR --out FILE | --show FILE",
		.rows = rows,
		.about = "Makes demo tenants on a new server.",
		.n_rows = 4,
		.launch = &c.launch };

	launch_init(&c.launch);
	int status = options_read(&o, argc, argv);
	if (status >= 0 || (!opt_out && !opt_show)) {
		launch_done(&c.launch);
		return status >= 0 ? status : 2;
	}
	enum rc rc = cli_open(&c, CLI_NO_ACTOR, &err);
	if (rc == RC_OK)
		rc = opt_show ? show(&c, &err) : make(&c, &err);
	err.rc = rc;
	cli_close(&c);
	return rc == RC_OK ? 0 : cli_refuse(&err);
}
