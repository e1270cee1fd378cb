/* `mailstead`: the table of sub-commands. */
#include <stdio.h>
#include <string.h>

#include "backend/cli/commands.h"
#include "backend/role.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what; /* NULL: not for people */
} commands[] = {
	{ "serve", cmd_serve, "run the server" },
	{ "stop", cmd_stop, "stop the server of a data directory" },
	{ "status", cmd_status, "show the roles and the database" },
	{ "init", cmd_init, "make a data directory" },
	{ "migrate", cmd_migrate, "apply schema migrations" },
	{ "doctor", cmd_doctor, "check the installation and say what to do" },
	{ "account", cmd_account, "panel accounts: add, list, show, set, remove, restore" },
	{ "plan", cmd_plan, "what accounts may have: add, list, show, set, remove" },
	{ "domain", cmd_domain, "mail domains: add, list, show, set, remove, restore" },
	{ "mailbox", cmd_mailbox, "mailboxes: add, list, show, set, remove, restore" },
	{ "alias", cmd_alias, "aliases: add, list, show, set, remove" },
	{ "deleted", cmd_deleted, "what can be brought back: list" },
	{ "dns", cmd_dns, "the records that a domain needs: show, zone" },
	{ "dkim", cmd_dkim, "a domain's keys: list, rotate" },
	{ "token", cmd_token, "API tokens: create, list, revoke" },
	{ "queue", cmd_queue,
		"mail that waits to go out: list, show, retry, hold, release, remove" },
	{ "trace", cmd_trace, "what happened to a message" },
	{ "import", cmd_import, "bring mail in: mbox, maildir" },
	{ "check", cmd_check, "look at a message as the server does; needs no server" },
	{ "demo", cmd_demo, NULL },
	{ "role", role_main, NULL },
};

static void print_usage(FILE *to)
{
	fprintf(to, "Usage: mailstead COMMAND [options]\n\nCommands:\n");
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (commands[i].what)
			fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
	}
	fprintf(to, "\n\"mailstead COMMAND --help\" tells more.\n");
}

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		printf("mailstead " MAILSTEAD_VERSION "\n");
		return 0;
	}
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_usage(argc < 2 ? stderr : stdout);
		return argc < 2 ? 2 : 0;
	}
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "mailstead: there is no command \"%s\".\n", argv[1]);
	print_usage(stderr);
	return 2;
}
