/*
 * encoded-words in header text (RFC 2047), read as they are in the wild and written as they should.
 *
 * Reading: lower-case q and b, white space inside Q text, language suffixes (RFC 2231), missing
 * padding, characters split between adjacent words of one charset. A word that makes no sense or
 * whose charset is unknown stays as it is. 8-bit bytes outside of words are UTF-8 if valid, else
 * windows-1252. The result is valid UTF-8 and at most three times as long as the input.
 */
#pragma once

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

void encoded_word_decode(struct str *out, struct span text);
/* Appends UTF-8 text as encoded-words of at most 75 characters, separated by a space; whole
 * characters in each. Q where much of the text is ASCII, else B. Q uses the alphabet that is safe in phrases. */
void encoded_word_add(struct str *out, struct span utf8);
