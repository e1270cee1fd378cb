/* The migrations embedded in the program (generated into migrations.c); see mailcore/db/migrate.h. */
#pragma once

struct migration {
	int version; /* 0 ends the list; also the roles' */
	const char *name;
	const char *sha256; /* hexadecimal, of the file */
	const char *sql;
};

extern const struct migration MIGRATIONS[];
extern const struct migration ROLES;
