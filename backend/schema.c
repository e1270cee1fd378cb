/* The schema, and the roles' password in an external database. */
#include "backend/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backend/datadir.h"
#include "mailcore/base/auto.h"
#include "mailcore/base/random.h"
#include "mailcore/base/str.h"

/* Made once and kept with the keys. */
static enum rc role_password(struct launch *l, struct str *out, struct err *err)
{
	char old[64];
	AUTO(close_fd) int fd = open(launch_path(l, "keys/database"), O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, old, sizeof old);

	if (len > 0) {
		str_add(out, span_trim(span_make(old, (size_t)len)));
		return RC_OK;
	}
	random_add_token(out, 24);
	if (datadir_write(l, "keys/database", str_span(out), 0600) != RC_OK)
		return err_set(err, RC_TEMP, "data", "keys/database cannot be written: %s.",
			strerror(errno));
	return RC_OK;
}

enum rc schema_update(struct launch *l, bool dry_run, struct migrate_report *out, struct err *err)
{
	struct str password = str_in(&l->arena, 128);
	const char *owner;

	enum rc rc = launch_conninfo(l, "owner", &owner, err);
	if (rc == RC_OK && !launch_is_private_db(l))
		rc = role_password(l, &password, err);
	if (rc != RC_OK)
		return rc;
	return migrate_run(owner, password.len ? str_cstr(&password) : NULL, dry_run, out, err);
}
