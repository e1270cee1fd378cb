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
	fprintf(to, "  %-10s %s\n  %-10s %s\n", "completion", "a completion script for bash", "man",
		"the manual page");
	fprintf(to, "\n\"mailstead COMMAND --help\" tells more.\n");
}

/* "panel accounts: add, list" names the words that may follow. */
static void print_words(FILE *to, const char *what)
{
	const char *list = strchr(what, ':');

	for (const char *p = list ? list + 1 : ""; *p; p++) {
		if (*p != ',')
			fputc(*p, to);
	}
}

/* A script for bash; `source <(mailstead completion)`. */
static void print_completion(void)
{
	printf("_mailstead() {\n\tlocal words=\n\tcase $COMP_CWORD:${COMP_WORDS[1]} in\n\t1:*) words='");
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (commands[i].what)
			printf("%s ", commands[i].name);
	}
	printf("completion man' ;;\n");
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (!commands[i].what || !strchr(commands[i].what, ':'))
			continue;
		printf("\t2:%s) words='", commands[i].name);
		print_words(stdout, commands[i].what);
		printf(" --help' ;;\n");
	}
	printf("\t*) words='--help --json --data --config --set' ;;\n\tesac\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n}\n"
	       "complete -o default -F _mailstead mailstead\n");
}

/* man(7) of the same table. */
static void print_man(void)
{
	printf(".TH MAILSTEAD 8 \"\" \"mailstead " MAILSTEAD_VERSION "\"\n.SH NAME\n"
	       "mailstead \\- mail server, control panel and webmail\n.SH SYNOPSIS\n.B mailstead\n"
	       ".I COMMAND\n[options]\n.SH COMMANDS\n");
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (commands[i].what)
			printf(".TP\n.B %s\n%s\n", commands[i].name, commands[i].what);
	}
	printf(".PP\nEach command tells more with\n.BR \\-\\-help ;\nlisting and showing commands take\n"
	       ".BR \\-\\-json .\n.SH EXIT STATUS\n0 done, 1 refused (the reason on standard error), 2 wrong"
	       " usage.\n");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "completion") == 0) {
		print_completion();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "man") == 0) {
		print_man();
		return 0;
	}
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
