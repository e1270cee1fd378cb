/*
 * Command lines: options every command has (--data, --config, --set, --json, --help) and its own.
 *
 * A command declares its options in a table; options_read fills the values in, prints the help or
 * the mistake, and tells whether to go on. Arguments that are no options follow in order.
 */
#pragma once

#include "backend/launch.h"

struct option_row {
	const char *name;  /* "--role" */
	const char *value; /* what it takes, for the help: "ROLE"; NULL: a switch */
	const char *help;
	const char **out; /* where the value goes; a switch stores its name */
};

struct options {
	const char *usage; /* "mailbox add ADDRESS [options]" */
	const char *about; /* one line */
	const struct option_row *rows;
	size_t n_rows;
	size_t min_args, max_args;

	struct launch *launch; /* NULL: the command needs no data directory */
	bool json;             /* --json was given */
	const char *args[64];
	size_t n_args;
};

/* -1: go on; else the exit status (0 after --help, 2 after a mistake). */
int options_read(struct options *o, int argc, char **argv);

/* Prints "mailstead: sentence" on standard error; returns 1. */
int cli_refuse(const struct err *err);
