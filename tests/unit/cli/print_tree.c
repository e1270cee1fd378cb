/* Prints the part tree of the message on standard input, for compare_email.py. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "backend/cli/mime_json.h"
#include "mailcore/base/str.h"

int main(void)
{
	struct str message;
	str_init(&message, 1 << 24);
	for (int c = getchar(); c != EOF; c = getchar())
		str_add_c(&message, (char)c);

	cJSON *tree = mime_json(str_span(&message));
	char *text = cJSON_PrintUnformatted(tree);
	int status = str_ok(&message) && text && puts(text) >= 0 ? 0 : 1;
	cJSON_free(text);
	cJSON_Delete(tree);
	str_done(&message);
	return status;
}
