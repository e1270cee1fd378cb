/* Command lines. */
#include "backend/cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_refuse(const struct err *err)
{
	fprintf(stderr, "mailstead: %s\n", err->text[0] ? err->text : rc_name(err->rc));
	return 1;
}

static void print_row(const char *name, const char *value, const char *help)
{
	char left[64];
	(void)snprintf(left, sizeof left, "%s%s%s", name, value ? " " : "", value ? value : "");
	printf("  %-24s %s\n", left, help);
}

static int print_help(const struct options *o)
{
	printf("Usage: mailstead %s\n%s\n\nOptions:\n", o->usage, o->about);
	for (size_t i = 0; i < o->n_rows; i++)
		print_row(o->rows[i].name, o->rows[i].value, o->rows[i].help);
	if (o->launch) {
		print_row("--data", "DIR", "the data directory (or set MAILSTEAD_DATA)");
		print_row("--config", "FILE", "the configuration file, instead of --data");
		print_row("--set", "KEY=VALUE", "override a key of the configuration");
	}
	print_row("--json", NULL, "print JSON, where the command lists or shows something");
	return 0;
}

static int wrong(const struct options *o, const char *what, const char *detail)
{
	fprintf(stderr, "mailstead: %s %s\nUsage: mailstead %s\n", what, detail, o->usage);
	return 2;
}

/* "--name value" and "--name=value". */
static const char *take_value(int argc, char **argv, int *i)
{
	char *eq = strchr(argv[*i], '=');
	if (eq)
		return eq + 1;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static bool is_option(const char *arg, const char *name)
{
	size_t len = strlen(name);
	return strncmp(arg, name, len) == 0 && (arg[len] == '\0' || arg[len] == '=');
}

static enum rc use_common(struct options *o, const char *arg, const char *value, struct err *err)
{
	if (is_option(arg, "--data"))
		return launch_set_dir(o->launch, value, err);
	if (is_option(arg, "--config"))
		return launch_set_conf(o->launch, value, err);
	return launch_add_set(o->launch, value, err);
}

static bool is_common(const struct options *o, const char *arg)
{
	return o->launch &&
		(is_option(arg, "--data") || is_option(arg, "--config") || is_option(arg, "--set"));
}

static const struct option_row *find_row(const struct options *o, const char *arg)
{
	for (size_t i = 0; i < o->n_rows; i++) {
		if (is_option(arg, o->rows[i].name))
			return &o->rows[i];
	}
	return NULL;
}

static int read_option(struct options *o, int argc, char **argv, int *i)
{
	const char *arg = argv[*i];
	const struct option_row *row = find_row(o, arg);
	struct err err = { 0 };

	if (row && !row->value) {
		*row->out = row->name;
		return -1;
	}
	if (!row && !is_common(o, arg))
		return wrong(o, "there is no option", arg);
	const char *value = take_value(argc, argv, i);
	if (!value)
		return wrong(o, "a value is missing after", arg);
	if (row)
		*row->out = value;
	else if (use_common(o, arg, value, &err) != RC_OK)
		return wrong(o, err.text, "");
	return -1;
}

static int check(struct options *o)
{
	const char *data = getenv("MAILSTEAD_DATA");

	if (o->n_args < o->min_args)
		return wrong(o, "something is missing:", o->usage);
	if (!o->launch || o->launch->conf)
		return -1;
	if (data && data[0])
		return launch_set_dir(o->launch, data, NULL) == RC_OK ? -1 : 2;
	return wrong(o, "say where the data directory is: --data DIR", "");
}

int options_read(struct options *o, int argc, char **argv)
{
	bool only_args = false;

	for (int i = 1; i < argc; i++) {
		int status = -1;
		if (!only_args && strcmp(argv[i], "--") == 0)
			only_args = true;
		else if (!only_args && (strcmp(argv[i], "--help") == 0))
			return print_help(o);
		else if (!only_args && strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (!only_args && argv[i][0] == '-' && argv[i][1] != '\0')
			status = read_option(o, argc, argv, &i);
		else if (o->n_args == o->max_args || o->n_args == 64)
			status = wrong(o, "too much:", argv[i]);
		else
			o->args[o->n_args++] = argv[i];
		if (status >= 0)
			return status;
	}
	return check(o);
}
