/* The table of commands. */
#include "mailcore/imap/commands.h"

#define GREETED  STATE_GREETED
#define LOGGEDIN STATE_LOGGED_IN
#define SELECTED STATE_SELECTED

static const struct command_row rows[] = {
	{ "APPEND", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_append },
	{ "AUTHENTICATE", GREETED, NEED_NONE, SYNC_NONE, imap_cmd_authenticate },
	{ "CAPABILITY", STATE_ANY, NEED_NO_ARGS, SYNC_NONE, imap_cmd_capability },
	{ "CHECK", SELECTED, NEED_NO_ARGS, SYNC_FRESH, imap_cmd_noop },
	{ "CLOSE", SELECTED, NEED_NO_ARGS, SYNC_NONE, imap_cmd_close },
	{ "COMPRESS", LOGGEDIN, NEED_NONE, SYNC_NONE, imap_cmd_compress },
	{ "COPY", SELECTED, NEED_UID_FORM, SYNC_ALL, imap_cmd_copy },
	{ "CREATE", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_create },
	{ "DELETE", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_delete },
	{ "ENABLE", LOGGEDIN, NEED_NONE, SYNC_NONE, imap_cmd_enable },
	{ "EXAMINE", LOGGEDIN, NEED_NONE, SYNC_NONE, imap_cmd_examine },
	{ "EXPUNGE", SELECTED, NEED_UID_ONLY | NEED_WRITE, SYNC_ALL, imap_cmd_expunge },
	{ "FETCH", SELECTED, NEED_UID_FORM, SYNC_FLAGS, imap_cmd_fetch },
	{ "GETQUOTA", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_getquota },
	{ "GETQUOTAROOT", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_getquotaroot },
	{ "ID", STATE_ANY, NEED_NONE, SYNC_NONE, imap_cmd_id },
	{ "IDLE", LOGGEDIN, NEED_NO_ARGS, SYNC_NONE, imap_cmd_idle },
	{ "LIST", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_list },
	{ "LOGIN", GREETED, NEED_NONE, SYNC_NONE, imap_cmd_login },
	{ "LOGOUT", STATE_ANY, NEED_NO_ARGS, SYNC_NONE, imap_cmd_logout },
	{ "LSUB", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_lsub },
	{ "MOVE", SELECTED, NEED_UID_FORM | NEED_WRITE, SYNC_ALL, imap_cmd_move },
	{ "NAMESPACE", LOGGEDIN, NEED_NO_ARGS, SYNC_ALL, imap_cmd_namespace },
	{ "NOOP", STATE_ANY, NEED_NO_ARGS, SYNC_FRESH, imap_cmd_noop },
	{ "RENAME", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_rename },
	{ "REPLACE", SELECTED, NEED_UID_FORM | NEED_WRITE, SYNC_ALL, imap_cmd_append },
	{ "SEARCH", SELECTED, NEED_UID_FORM, SYNC_FLAGS, imap_cmd_search },
	{ "SELECT", LOGGEDIN, NEED_NONE, SYNC_NONE, imap_cmd_select },
	{ "SORT", SELECTED, NEED_UID_FORM, SYNC_FLAGS, imap_cmd_sort },
	{ "STARTTLS", GREETED, NEED_NO_ARGS, SYNC_NONE, imap_cmd_starttls },
	{ "STATUS", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_status },
	{ "STORE", SELECTED, NEED_UID_FORM | NEED_WRITE, SYNC_FLAGS, imap_cmd_store },
	{ "SUBSCRIBE", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_subscribe },
	{ "THREAD", SELECTED, NEED_UID_FORM, SYNC_FLAGS, imap_cmd_thread },
	{ "UNSELECT", SELECTED, NEED_NO_ARGS, SYNC_NONE, imap_cmd_unselect },
	{ "UNSUBSCRIBE", LOGGEDIN, NEED_NONE, SYNC_ALL, imap_cmd_unsubscribe },
};

const struct command_row *imap_command_find(struct span name)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (span_ieq(name, span_of(rows[i].name)))
			return &rows[i];
	}
	return NULL;
}
