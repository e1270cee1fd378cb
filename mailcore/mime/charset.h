/*
 * Charsets of mail to UTF-8: ICU, then iconv; labels as they are in the wild, read as browsers do
 * (iso-8859-1 and us-ascii are windows-1252, ks_c_5601-1987 is cp949, gb2312 is gb18030 ...).
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define CHARSET_LABEL_MAX 64

/* Appends the text as valid UTF-8, malformed bytes as U+FFFD. False when the label is unknown:
 * nothing is appended. */
bool charset_to_utf8(struct str *out, struct span label, struct span bytes);
bool charset_is_known(struct span label);
/* Text without a label: UTF-8 when it is valid, else windows-1252. */
void charset_guess_to_utf8(struct str *out, struct span bytes);
/* Appends valid UTF-8 in the composed form (NFC), in which names are compared; what is longer than
 * CHARSET_NFC_MAX stays as it is. */
#define CHARSET_NFC_MAX 4096
void charset_nfc_add(struct str *out, struct span utf8);
