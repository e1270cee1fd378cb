/* What the mail with the link to a new password says. */
#include "mailcore/deliver/reset_text.h"

struct words {
	const char *subject, *hello, *link, *then, *mailbox, *other;
};

static const struct words english = {
	"Set a new password",
	"Somebody has asked for a new password for ",
	"To set one, open this page within an hour. It works once:",
	"All sessions will be signed out. A second factor stays as it is: you will be asked for its"
	" code as before.",
	"Your mail programs will ask for the new password, too.",
	"If you did not ask for this, there is nothing to do: the password stays as it is. It was"
	" asked for from ",
};
static const struct words german = {
	"Ein neues Passwort festlegen",
	"Jemand hat ein neues Passwort verlangt für ",
	"Öffnen Sie dazu innerhalb einer Stunde diese Seite. Sie funktioniert einmal:",
	"Alle Sitzungen werden abgemeldet. Ein zweiter Faktor bleibt, wie er ist: Sie werden wie bisher"
	" nach seinem Code gefragt.",
	"Auch Ihre Mail-Programme werden nach dem neuen Passwort fragen.",
	"Wenn Sie das nicht waren, ist nichts zu tun: das Passwort bleibt, wie es ist. Verlangt wurde es"
	" von der Adresse ",
};

struct reset_text reset_text_make(struct arena *a, struct span language, struct span login,
	struct span link, struct span address, bool is_mailbox)
{
	const struct words *w = span_eq(language, SPAN("de")) ? &german : &english;

	return (struct reset_text){ span_of(w->subject),
		arena_printf(a,
			"%s" SPAN_FMT ".\n\n%s\n\n" SPAN_FMT "\n\n%s%s%s\n\n%s" SPAN_FMT ".\n",
			w->hello, SPAN_ARG(login), w->link, SPAN_ARG(link), w->then,
			is_mailbox ? " " : "", is_mailbox ? w->mailbox : "", w->other,
			SPAN_ARG(address)) };
}
