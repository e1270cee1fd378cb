#!/bin/bash
# The sample mail that mutt, s-nail and swaks compose, each at the time it is said to be written.
# usage: letters.sh ASSETS OUT
set -euo pipefail
assets=$1
out=$2
serial=0

# A sendmail that keeps what it is given.
catcher=$(mktemp)
trap 'rm -f "$catcher"' EXIT
printf '#!/bin/sh\nexec env -u LD_PRELOAD cat >"$SAMPLE_FILE"\n' >"$catcher"
chmod 755 "$catcher"

at() {	# at "2026-11-21 10:00" COMMAND…: run it with that clock; $file is the message it makes
	local when=$1
	shift
	SAMPLE_FILE=$file TZ=UTC faketime -f "@$when:07" "$@"
}

next() {
	serial=$((serial + 1))
	file=$(printf '%s/sh-%03d.eml' "$out" "$serial")
}

from_mutt() {	# WHEN "box=…" FROM NAME SUBJECT [mutt arguments]
	local when=$1 route=$2 from=$3 name=$4 subject=$5
	shift 5
	next
	at "$when" mutt -n -F /dev/null -e "set sendmail='$catcher' from='$from' realname='$name' use_from copy=no" \
		-e "set hostname='${from#*@}'" -e "my_hdr X-Sample: $route" -s "$subject" "$@" -- alice@example.test
}

from_snail() {	# WHEN "box=…" FROM SUBJECT [s-nail arguments]
	local when=$1 route=$2 from=$3 subject=$4
	shift 4
	next
	# It takes the time from its environment.
	SAMPLE_FILE=$file SOURCE_DATE_EPOCH=$(date -u -d "$when:07" +%s) TZ=UTC s-nail -: / -S v15-compat=yes -S mta="file://$catcher" -S from="$from" \
		-S hostname="$(sed 's/.*@//; s/>//' <<<"$from")" -S sendwait -S ttycharset=utf-8 -C "X-Sample: $route" -s "$subject" "$@" alice@example.test
}

from_swaks() {	# WHEN "box=…" FROM SUBJECT [swaks arguments]; the text is the standard input
	local when=$1 route=$2 from=$3 subject=$4 text sender
	shift 4
	next
	text=$(cat)
	sender=$(sed 's/.*<//; s/>//' <<<"$from")
	at "$when" swaks --dump-mail --server 127.0.0.1 --to alice@example.test --from "$sender" --h-X-Mailer swaks \
		--h-Message-Id "<$(date -d "$when" +%Y%m%d%H%M).$serial@${sender#*@}>" --h-From "$from" --h-Subject "$subject" --header "X-Sample: $route" --body "$text" "$@" | tr -d '\r' >"$file"
}

from_mutt "2026-11-22 08:10" "box=alice-inbox, state=, via=stonelane-press" yusuf@stonelane-press.example "Yusuf Demir" \
	"Adana rollers: found a pair" -a "$assets/stall.jpg" <<-'TEXT'
	Hello Alice,

	a colleague closes her shop and has a pair of unused rollers for the small
	Adana. Twenty for both. Shall I take them for you? Picture attached, sorry
	for the light.

	Yusuf
TEXT
from_mutt "2026-11-16 19:25" "box=alice-inbox, state=read, via=quill-yard" barnaby@quill-yard.example "Barnaby Quill" \
	"Type case labels" -a "$assets/specimens.zip" "$assets/prices.csv" <<-'TEXT'
	The labels you asked for, as text, and what paper costs at my place.
	B.
TEXT
from_mutt "2026-11-07 13:00" "box=alice-archive, state=read, via=woodtype-barn" edith@woodtype-barn.example "Edith Pellworm" \
	"Owl" -c bob@example.test <<-'TEXT'
	The owl has moved to the neighbour's barn. From now on you may visit
	without a hat.

	From the barn, with love
	Edith
TEXT
from_snail "2026-11-21 06:30" "box=alice-inbox, state=read, via=submission" "Workshop printer <printer@example.test>" \
	"Toner low (black, 8%)" <<-'TEXT'
	Device: workshop-laser
	Page count: 41207
	Black cartridge: 8% left
TEXT
from_snail "2026-11-18 21:15" "box=alice-inbox, state=read, via=lettering" "Marnie Osei <marnie@lettering.example>" \
	"Course in January: naïve lettering for beginners" -a "$assets/card.png" <<-'TEXT'
	Hi Alice,

	would you put up my poster for the January course? Two evenings, brush and
	ink, eight people at most. I'd take your card as the picture — with your
	name under it, of course.

	Marnie
TEXT
from_snail "2026-11-22 05:58" "box=bob-inbox, state=, via=ironfoot-tools" "Ironfoot Tools <orders@ironfoot-tools.example>" \
	"IF-2203 has left our house" <<-'TEXT'
	Twenty spring pins are on their way to you. They are small; please check
	the envelope before you throw it away.
TEXT
from_swaks "2026-11-22 15:20" "box=alice-inbox, state=, via=northlight-photo" "Studio door <door@northlight-photo.example>" \
	"Door code changed to the usual plus one" --header "Importance: high" <<-'TEXT'
	The code of the studio door has changed. It is the usual one plus one.
TEXT
from_swaks "2026-11-15 06:05" "box=alice-inbox, state=read, via=namehaven" "Namehaven backups <backup@namehaven.example>" \
	"Backup report: 3 sites, all well" --attach-type text/plain --attach-name report.txt --attach "all well" <<-'TEXT'
	Weekly backup of paperlantern.example: 3 of 3 sites, 412 MiB, all well.
TEXT
from_swaks "2026-11-11 16:40" "box=bob-inbox, state=read, via=riverside-rowing" "Riverside Rowing <club@riverside-rowing.example>" \
	"Boat 4: new seat" <<-'TEXT'
	Bob, the new seat for boat 4 is in the shed. Could you fit it before the
	weekend? The screws are in the tin with the swan.
TEXT
echo "$serial letters by mutt, s-nail and swaks"
