/* import: mbox files and Maildirs into a mailbox. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/cli/cli.h"
#include "backend/cli/commands.h"
#include "backend/cli/import.h"

static const char *opt_mailbox, *opt_folder;

typedef enum rc import_fn(
	struct cli *c, struct importer *im, const char *path, bool progress, struct err *err);

static enum rc import_files(struct cli *c, const struct options *o, import_fn *fn, struct err *err)
{
	struct importer *im;

	if (!opt_mailbox)
		return err_set(err, RC_INVALID, "mailbox", "Say where to: --mailbox ADDRESS.");
	enum rc rc = importer_open(
		c, span_of(opt_mailbox), span_of(opt_folder ? opt_folder : "INBOX"), &im, err);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; rc == RC_OK && i < o->n_args; i++)
		rc = fn(c, im, o->args[i], isatty(STDERR_FILENO), err);
	if (rc == RC_OK)
		printf("%zu messages imported into %s of %s.\n", importer_count(im),
			opt_folder ? opt_folder : "INBOX", opt_mailbox);
	importer_close(im);
	return rc;
}

static enum rc run_mbox(struct cli *c, const struct options *o, struct err *err)
{
	return import_files(c, o, import_mbox, err);
}

static enum rc run_maildir(struct cli *c, const struct options *o, struct err *err)
{
	return import_files(c, o, import_maildir, err);
}

int cmd_import(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "--mailbox", "ADDRESS", "into this mailbox", &opt_mailbox },
		{ "--folder", "NAME", "into this folder, made when missing (default INBOX)",
			&opt_folder },
	};
	static const struct verb verbs[] = {
		{ "mbox", "FILE... --mailbox ADDRESS", "mbox files", 1, 64, 0, run_mbox, rows, 2 },
		{ "maildir", "DIR... --mailbox ADDRESS", "Maildirs", 1, 64, 0, run_maildir, rows,
			2 },
	};
	return cli_run_verb("import", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}
