// The business mail of the sample, composed by nodemailer: node letters.js ASSETS OUT
// Header X-Sample (taken off again by build.py): mailbox file, state, and the host it travels through.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const nodemailer = require("nodemailer");

const [assets, out] = process.argv.slice(2);
const transport = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: "unix" });
const asset = (name) => path.join(assets, name);

const ALICE = "Alice Winter <alice@example.test>";
const BOB = "Bob Hartley <bob@example.test>";
const PRIYA = "Priya Raman <priya@harbourcoffee.example>";
const TOM = "Tom Okafor <tom@brightfold.example>";
const GRETA = "Greta Lindqvist <greta@northlight-photo.example>";
const JONAS = "Jonas Keller <jonas.keller@papierkontor.example>";

const letters = [];
let serial = 0;

// letter("2026-11-03T09:12Z", "alice-inbox read", "harbourcoffee", {from, subject, …})
function letter(date, where, via, message) {
	serial += 1;
	const [box, ...state] = where.split(" ");
	letters.push({
		to: ALICE,
		xMailer: false,
		date: new Date(date),
		messageId: `<${date.replace(/\D/g, "")}.${serial}@${/@([^>]+)/.exec(message.from)[1]}>`,
		...message,
		headers: { "X-Sample": `box=${box}, state=${state.join("+")}, via=${via}`, ...message.headers },
	});
}

// The plain look most shops use for their mail: one table, 600 pixels, inline styles.
function newsletter(title, colour, rows, footer) {
	const body = rows.map((row) => `<tr><td style="padding:12px 28px;font:16px/24px Georgia,serif;color:#333333">${row}</td></tr>`);
	return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>${title}</title>
<style>@media (max-width:620px){.wrap{width:100%!important}}</style></head>
<body style="margin:0;background:#eeeae2"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" bgcolor="#eeeae2"><tr><td align="center" style="padding:24px 0">
<table class="wrap" role="presentation" width="600" cellpadding="0" cellspacing="0" bgcolor="#ffffff" style="width:600px">
<tr><td style="background:${colour};padding:28px;font:bold 26px Georgia,serif;color:#ffffff">${title}</td></tr>
${body.join("\n")}
<tr><td style="padding:20px 28px;font:12px/18px Arial,sans-serif;color:#777777;border-top:1px solid #dddddd">${footer}</td></tr>
</table></td></tr></table></body></html>`;
}

function receipt(shop, colour, number, rows, total) {
	const lines = rows.map(([name, sum]) => `<tr><td style="padding:8px 0">${name}</td><td align="right">${sum}</td></tr>`).join("");
	const table = `<table width="100%" style="font:15px Arial,sans-serif;border-collapse:collapse">${lines}
<tr><td style="padding:12px 0;border-top:2px solid #333"><b>Total</b></td><td align="right" style="border-top:2px solid #333"><b>${total}</b></td></tr></table>`;
	const text = rows.map(([name, sum]) => `${name.padEnd(40)} ${sum}`).join("\n") + `\n${"Total".padEnd(40)} ${total}\n`;
	return {
		text: `Thank you for your order ${number}.\n\n${text}\n${shop}\n`,
		html: newsletter(shop, colour, [`Thank you for your order <b>${number}</b>.`, table], `${shop} · this message needs no answer`),
	};
}

// --- The thread about the winter market: six messages, four people -----------------------------
const market = {
	ask: "<20261109-market.1@harbourcoffee.example>",
	alice: "<20261109-market.2@example.test>",
	tom: "<20261110-market.3@brightfold.example>",
	bob: "<20261110-market.4@example.test>",
	alice2: "<20261110-market.5@example.test>",
	priya: "<20261111-market.6@harbourcoffee.example>",
};
const chain = (...ids) => ({ inReplyTo: ids[ids.length - 1], references: ids });
const quote = (who, lines) => `${who} wrote:\n${lines.split("\n").map((line) => `> ${line}`).join("\n")}\n`;

const ask = "Hello you two,\n\nthe harbour council gave us the double stall on the 28th, right by the\nsteps. I bring coffee, buns and the soup. Who brings lights, and who\nbrings a table that does not wobble?\n\nPriya";
letter("2026-11-09T08:41Z", "alice-inbox read+answered", "harbourcoffee", {
	from: PRIYA, to: [ALICE, BOB], cc: TOM, subject: "Winter market: who brings what?", messageId: market.ask, text: ask,
});
letter("2026-11-09T08:41Z", "bob-inbox read", "harbourcoffee", {
	from: PRIYA, to: [ALICE, BOB], cc: TOM, subject: "Winter market: who brings what?", messageId: market.ask, text: ask,
});
const answer = "The double stall! Well done.\n\nI bring the two oak tables, the card racks and about 400 cards. Bob has\nthe lanterns from last year, forty of them if the mice were kind.\n\nAlice";
letter("2026-11-09T12:20Z", "alice-sent read", "example", {
	from: ALICE, to: PRIYA, cc: [BOB, TOM], subject: "Re: Winter market: who brings what?", messageId: market.alice, ...chain(market.ask),
	text: `${answer}\n\n${quote("Priya Raman", ask)}`,
});
letter("2026-11-10T07:55Z", "alice-inbox read", "brightfold", {
	from: TOM, to: [ALICE, PRIYA], cc: BOB, subject: "Re: Winter market: who brings what?", messageId: market.tom, ...chain(market.ask, market.alice),
	text: `I can bring the card reader and a spare battery, and I'll put the stall\non the home page tonight. Opening hours 11 to 19?\n\nTom\n\n${quote("Alice Winter", answer)}`,
});
letter("2026-11-10T08:30Z", "alice-inbox read", "submission", {
	from: BOB, to: ALICE, cc: [PRIYA, TOM], subject: "Re: Winter market: who brings what?", messageId: market.bob, ...chain(market.ask, market.alice, market.tom),
	text: "Mice were kind. 38 lanterns work, two need new wire. I'll take the small\nAdana press too, people love pulling their own bookmark.\n\nBob",
});
letter("2026-11-10T09:02Z", "alice-sent read", "example", {
	from: ALICE, to: BOB, cc: [PRIYA, TOM], subject: "Re: Winter market: who brings what?", messageId: market.alice2, ...chain(market.ask, market.alice, market.tom, market.bob),
	text: "The Adana is a lovely idea. I'll cut 300 bookmark blanks from the grey\nboard leftovers. Tom: yes, 11 to 19.\n\nAlice",
});
letter("2026-11-11T06:58Z", "alice-inbox flagged", "harbourcoffee", {
	from: PRIYA, to: [ALICE, BOB, TOM], subject: "Re: Winter market: who brings what?", messageId: market.priya,
	...chain(market.ask, market.alice, market.tom, market.bob, market.alice2),
	text: "Perfect. Meet at 9:30 at the steps, bring gloves. There is one power\nsocket and I know where it is.\n\nPriya",
});

// --- Customers and friends ---------------------------------------------------------------------
letter("2026-11-22T16:48Z", "alice-inbox", "harbourcoffee", {
	from: PRIYA, subject: "Menu proof: one tiny change",
	text: "Hi Alice,\n\nthe proof is beautiful, the trout looks almost fresh. One change only:\nthe plum crumble is 5.40 now. Then please print 150.\n\nSee you Saturday!\nPriya",
	html: "<p>Hi Alice,</p><p>the proof is <b>beautiful</b>, the trout looks almost fresh. One change only: the plum crumble is <b>5.40</b> now. Then please print 150.</p><p>See you Saturday!<br>Priya</p><p><img src=\"cid:menu@harbourcoffee.example\" alt=\"The menu proof with a mark at the plum crumble\" width=\"420\"></p>",
	attachments: [{ filename: "winter-menu-proof.png", path: asset("menu.png"), cid: "menu@harbourcoffee.example" }],
});
letter("2026-11-22T14:05Z", "alice-inbox", "northlight-photo", {
	from: GRETA, subject: "Photos of the new cards 📷✨",
	text: "Dear Alice,\n\nhere are two of the pictures from Thursday. The card with the three\nlanterns is my favourite 🏮, I'd put it first in the shop.\n\nThe poster is the big file; the stall picture is small enough for the\nnewsletter. Bill follows at the end of the month, as always 😊\n\nGreta",
	html: "<p>Dear Alice,</p><p>here are two of the pictures from Thursday. The card with the three lanterns is my favourite 🏮, I'd put it first in the shop.</p><p><img src=\"cid:card.1@northlight-photo.example\" alt=\"Card with three paper lanterns\" width=\"480\"></p><p><img src=\"cid:stall.2@northlight-photo.example\" alt=\"Lights over the harbour at dusk\" width=\"400\"></p><p>The poster is the big file; the stall picture is small enough for the newsletter. Bill follows at the end of the month, as always 😊</p><p>Greta</p>",
	attachments: [
		{ filename: "card-three-lanterns.png", path: asset("card.png"), cid: "card.1@northlight-photo.example" },
		{ filename: "harbour-dusk.jpg", path: asset("stall.jpg"), cid: "stall.2@northlight-photo.example" },
		{ filename: "poster A3.jpg", path: asset("poster.jpg") },
	],
});
letter("2026-11-20T10:15Z", "alice-inbox flagged", "harbourcoffee", {
	from: PRIYA, subject: "Invitation: Menu tasting and proof review",
	text: "Tasting the winter menu and looking at the printed proof.\n\nWednesday 25 November 2026, 17:00 to 18:30\nHarbour Coffee, upstairs\n",
	icalEvent: {
		method: "REQUEST", filename: "invite.ics",
		content: ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Harbour Coffee//Calendar//EN", "METHOD:REQUEST", "BEGIN:VEVENT",
			"UID:tasting-20261125@harbourcoffee.example", "SEQUENCE:0", "DTSTAMP:20261120T101500Z", "DTSTART:20261125T170000Z", "DTEND:20261125T183000Z",
			"SUMMARY:Menu tasting and proof review", "LOCATION:Harbour Coffee\\, upstairs", "ORGANIZER;CN=Priya Raman:mailto:priya@harbourcoffee.example",
			"ATTENDEE;CN=Alice Winter;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.test",
			"ATTENDEE;CN=Bob Hartley;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.test",
			"BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Menu tasting", "TRIGGER:-PT1H", "END:VALARM", "END:VEVENT", "END:VCALENDAR", ""].join("\r\n"),
	},
});
letter("2026-11-19T17:31Z", "alice-inbox read+answered", "brightfold", {
	from: TOM, subject: "Web shop: brief with my comments",
	text: "Alice,\n\nyour brief with my notes in the margin. Short version: all of it is\npossible by the 4th of December, except the gift wrapping preview, which\nI'd move to January.\n\nTwo questions:\n\n 1. Prices with tax first, or without?\n 2. May I use the harbour picture as the background?\n\nTom",
	attachments: [{ filename: "brief-tom.docx", path: asset("brief.docx") }],
});
letter("2026-11-19T18:10Z", "alice-sent read", "example", {
	from: ALICE, to: TOM, subject: "Re: Web shop: brief with my comments",
	text: "Hi Tom,\n\nwith tax first, and yes to the harbour picture (Greta agrees, please\nname her in the footer). January is fine for the wrapping.\n\nAlice",
});
letter("2026-11-18T09:20Z", "alice-inbox read", "papierkontor", {
	from: JONAS, subject: "Rechnung 2026-1187 und Preisliste",
	text: "Guten Morgen Frau Winter,\n\nanbei die Rechnung zur gestrigen Lieferung und unsere neue Preisliste für\ndie Wintermonate. Die Umschläge in Nachtblau sind ab Donnerstag wieder da.\n\nFreundliche Grüße aus Mainz\nJonas Keller\n",
	attachments: [{ filename: "Rechnung-2026-1187.pdf", path: asset("invoice.pdf") }, { filename: "Preisliste für Händler – Winter 2026.csv", path: asset("prices.csv") }],
});
letter("2026-11-17T20:12Z", "alice-inbox read", "fenwick-family", {
	from: "Rosa Fenwick <rosa@fenwick-family.example>", subject: "Wedding invitations: we said yes to the cotton board",
	text: "Dear Alice,\n\nwe looked at the samples all weekend and it is the cotton board, in the\nwarm white, with the dark blue ink. 120 invitations and 120 envelopes.\n\nThe names once more, so that nothing goes wrong:\n\n   Rosa Fenwick & Daniel Achterberg\n   Saturday, 15 May 2027\n   The Old Boathouse\n\nThank you for your patience with us!\nRosa",
	html: "<p>Dear Alice,</p><p>we looked at the samples all weekend and it is the <em>cotton board</em>, in the warm white, with the dark blue ink. 120 invitations and 120 envelopes.</p><p>The names once more, so that nothing goes wrong:</p><blockquote style=\"font-family:Georgia,serif;font-size:18px\">Rosa Fenwick &amp; Daniel Achterberg<br>Saturday, 15 May 2027<br>The Old Boathouse</blockquote><p>Thank you for your patience with us!<br>Rosa</p>",
});
letter("2026-11-16T11:02Z", "alice-inbox read", "oldboathouse", {
	from: "The Old Boathouse <events@oldboathouse.example>", subject: "Table cards for 15 May – could you quote 14 pieces?",
	text: "Good morning,\n\nMs Fenwick gave us your name. Could you quote 14 table cards, A6 folded, in\nthe same look as the invitations? We need them by the end of April.\n\nKind regards\nMartin Sile, events",
});
letter("2026-11-21T19:44Z", "alice-inbox", "fenwick-family", {
	from: "Rosa Fenwick <rosa@fenwick-family.example>", subject: "Re: Wedding invitations: we said yes to the cotton board",
	text: "One more thing: my grandmother would love hers in a larger type. Could you\nprint five with 18 point? She'll frame it.\n\nRosa",
});
letter("2026-11-22T09:30Z", "alice-inbox", "submission", {
	from: BOB, subject: "Ink is low: dark blue and the warm red",
	text: "Morning,\n\ntwo tins of dark blue left, half a tin of red. That's the menus and the\nfirst 200 cards, not more. Shall I order, or do you want to ask Jonas for\nboth together with the board?\n\nAlso the heating man comes Tuesday at eight. I'll be in.\n\nBob",
});
letter("2026-11-22T17:55Z", "alice-inbox", "brightfold", {
	from: TOM, subject: "The shop is on the test server 🎉",
	text: "Have a look: https://test.brightfold.example/lantern/\nUser: lantern, and the word we agreed on.\n\nThe basket works, paying is still pretend money. Click everything, please,\nand write down what feels odd.\n\nTom",
	html: "<p>Have a look: <a href=\"https://test.brightfold.example/lantern/\">test.brightfold.example/lantern</a><br>User: <code>lantern</code>, and the word we agreed on.</p><p>The basket works, paying is still pretend money. Click everything, please, and write down what feels odd.</p><p>Tom</p>",
});

// --- Receipts and machines ---------------------------------------------------------------------
letter("2026-11-21T08:16Z", "alice-inbox", "midlandrail", {
	from: "Midland Rail <tickets@midlandrail.example>", subject: "Your ticket for Saturday 28 November (MR-40817)", sender: "bounces@midlandrail.example",
	...receipt("Midland Rail", "#5f7f5f", "MR-40817", [["Return, Saturday 28 November, 2nd class", "34.40"], ["Bicycle", "4.00"]], "38.40"),
	attachments: [{ filename: "ticket-MR-40817.pdf", path: asset("ticket.pdf") }],
});
letter("2026-11-14T13:40Z", "alice-inbox read", "inkwell-supply", {
	from: "Inkwell Supply <shop@inkwell-supply.example>", subject: "Order 7731 is on its way", replyTo: "help@inkwell-supply.example",
	...receipt("Inkwell Supply", "#23395b", "7731", [["Linseed ink, dark blue, 1 kg x 2", "58.00"], ["Roller wash, 5 l", "21.90"], ["Delivery", "6.50"]], "86.40"),
});
letter("2026-11-02T06:00Z", "alice-archive read", "bluepeak-energy", {
	from: "Bluepeak Energy <billing@bluepeak-energy.example>", subject: "Your October bill is ready", sender: "bounce+5521@bluepeak-energy.example",
	...receipt("Bluepeak Energy", "#b5473c", "October 2026", [["Electricity, 412 kWh", "131.84"], ["Standing charge", "9.90"]], "141.74"),
});
letter("2026-11-13T03:02Z", "alice-inbox read", "namehaven", {
	from: "Namehaven <renewals@namehaven.example>", subject: "paperlantern.example renews in 30 days",
	headers: { "Auto-Submitted": "auto-generated" },
	text: "Your domain paperlantern.example renews on 13 December 2026 for 12.00.\nYou need to do nothing if the card on file is still valid.\n\nNamehaven\n",
});
letter("2026-11-20T07:12Z", "alice-inbox read", "parcelbird", {
	from: "Parcelbird <noreply@parcelbird.example>", subject: "Your parcel arrives today between 10:40 and 12:40", headers: { "Auto-Submitted": "auto-generated" },
	html: newsletter("Parcelbird", "#d9a441", ["Your parcel <b>PB 5510 2291 7</b> from <b>Papierkontor Keller</b> arrives today between 10:40 and 12:40.", "<a href=\"https://parcelbird.example/t/551022917\" style=\"background:#23395b;color:#ffffff;padding:12px 22px;text-decoration:none;display:inline-block\">Follow the van</a>", "<img src=\"https://img.parcelbird.example/map/551022917.png\" width=\"544\" height=\"180\" alt=\"Map of the tour\">"], "Parcelbird GmbH, Teststraße 1"),
});
letter("2026-11-22T12:00Z", "alice-inbox", "brightfold", {
	from: "Brightfold builds <builds@brightfold.example>", subject: "[lantern-shop] build 214 failed: 1 of 318 checks", priority: "high",
	headers: { "Auto-Submitted": "auto-generated", "X-Build": "214" },
	text: "Build 214 (branch main) failed after 2 min 11 s.\n\n  not ok 207 - basket: rounding of 3 x 1.15\n    expected 3.45\n    found    3.4499999999999997\n\nhttps://builds.brightfold.example/lantern-shop/214\n",
});
letter("2026-11-15T21:08Z", "alice-inbox read", "coppercloud", {
	from: "Copper Cloud <security@coppercloud.example>", subject: "New sign-in from Firefox on Linux",
	text: "There was a new sign-in to your account alice@example.test.\n\n  When:  Sunday 15 November 2026, 21:07 UTC\n  Where: near Harbour Quay (approximate)\n\nIf this was you, there is nothing to do.\n",
});

// --- Newsletters -------------------------------------------------------------------------------
letter("2026-11-20T05:30Z", "alice-inbox", "letterpress-weekly", {
	from: "The Letterpress Weekly <hello@letterpress-weekly.example>", subject: "No. 212: Wood type from a barn, and how to save a cracked roller", sender: "bounce-212-alice=example.test@letterpress-weekly.example",
	list: { unsubscribe: { url: "https://letterpress-weekly.example/u/8c1f", comment: "Unsubscribe" }, id: { url: "weekly.letterpress-weekly.example", comment: "The Letterpress Weekly" } },
	headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", Precedence: "bulk" },
	text: "The Letterpress Weekly, no. 212\n\n* Wood type from a barn: 40 cases, one owl\n* How to save a cracked roller\n* Calendar: winter markets near you\n\nRead it in the browser: https://letterpress-weekly.example/212\n",
	html: newsletter("The Letterpress Weekly", "#23395b", [
		"<img src=\"https://img.letterpress-weekly.example/212/barn.jpg\" width=\"544\" height=\"300\" alt=\"Cases of wood type in a barn\" style=\"display:block\">",
		"<h2 style=\"margin:0 0 8px;color:#b5473c\">Wood type from a barn</h2>Forty cases, dry as toast, guarded by an owl. Edith Pellworm tells how she brought them home in eleven trips with a milk van.",
		"<h2 style=\"margin:0 0 8px;color:#b5473c\">How to save a cracked roller</h2>It can be done with patience, talc and a bicycle tube. Do not try it with the good one first.",
		"<table role=\"presentation\" width=\"100%\"><tr><td width=\"50%\" style=\"padding-right:12px\"><img src=\"https://img.letterpress-weekly.example/212/market.jpg\" width=\"260\" alt=\"A market stall\"></td><td width=\"50%\"><b>Winter markets</b><br>Harbour Quay, 28 November<br>Mill Lane, 5 December<br>St Osyth's yard, 12 December</td></tr></table>",
		"<a href=\"https://letterpress-weekly.example/212?c=8c1f\" style=\"background:#b5473c;color:#ffffff;padding:12px 22px;text-decoration:none;display:inline-block\">Read all of it</a>",
	], "You get this because you signed up at the Type Fair. <a href=\"https://letterpress-weekly.example/u/8c1f\">Unsubscribe</a><img src=\"https://t.letterpress-weekly.example/o/8c1f.gif\" width=\"1\" height=\"1\" alt=\"\">"),
});
letter("2026-11-12T06:15Z", "alice-inbox read", "greenpantry", {
	from: "Green Pantry <news@greenpantry.example>", subject: "=?= 20% off? No: 20 percent more cinnamon =?=", sender: "b-77@greenpantry.example",
	list: { unsubscribe: "https://greenpantry.example/bye/77" },
	html: newsletter("Green Pantry", "#5f7f5f", ["This week the boxes come with more cinnamon, because November.", "<img src=\"https://cdn.greenpantry.example/box.png\" width=\"544\" alt=\"A vegetable box\">", "<ul><li>Parsnips from Hill Farm</li><li>Red cabbage</li><li>Twelve brave sprouts</li></ul>"], "<a href=\"https://greenpantry.example/bye/77\">Stop these letters</a>"),
});

// --- Lists -------------------------------------------------------------------------------------
const list = {
	list: { id: { url: "letterpress.lists.typefolk.example", comment: "Letterpress talk" }, post: "mailto:letterpress@lists.typefolk.example", unsubscribe: "mailto:letterpress-leave@lists.typefolk.example", archive: "https://lists.typefolk.example/letterpress/" },
	headers: { Precedence: "list" }, to: "letterpress@lists.typefolk.example", sender: "letterpress-bounces@lists.typefolk.example",
};
const footer = "\n_______________________________________________\nletterpress mailing list\nletterpress@lists.typefolk.example\n";
letter("2026-11-15T10:22Z", "alice-inbox read", "lists.typefolk", {
	...list, from: "Edith Pellworm <edith@woodtype-barn.example>", replyTo: "letterpress@lists.typefolk.example",
	subject: "[letterpress] Which oil for a 1911 platen?", messageId: "<oil.1@woodtype-barn.example>",
	text: `The old tin says only "good oil". What do you use for the bearings of a\nhand-fed platen from 1911? The room is cold, about 8 degrees in winter.\n\nEdith${footer}`,
});
letter("2026-11-15T15:47Z", "alice-inbox read", "lists.typefolk", {
	...list, from: "Yusuf Demir <yusuf@stonelane-press.example>", replyTo: "letterpress@lists.typefolk.example",
	subject: "Re: [letterpress] Which oil for a 1911 platen?", ...chain("<oil.1@woodtype-barn.example>"),
	text: `> The room is cold, about 8 degrees in winter.\n\nThen nothing thicker than 32. I use plain hydraulic oil and wipe the old\nfilm off first, it turns to varnish otherwise.\n\nYusuf${footer}`,
});

// --- What Alice keeps --------------------------------------------------------------------------
letter("2026-10-06T09:00Z", "alice-archive read", "quaylets", {
	from: "Quay Lets <office@quaylets.example>", subject: "Lease of unit 4: signed copy",
	text: "Dear Ms Winter,\n\nplease find attached the signed copy of the lease for unit 4. The new rent\nis due from 1 January 2027.\n\nQuay Lets",
	attachments: [{ filename: "lease unit 4 (signed).pdf", path: asset("invoice.pdf") }],
});
letter("2026-10-19T12:30Z", "alice-archive read", "typefolk", {
	from: "Type Fair <hello@typefolk.example>", subject: "Your table at the Type Fair: number 17",
	text: "You have table 17, between the bookbinders and the cake.\n\nDoors open for exhibitors at 7:00.\n\nType Fair",
	attachments: [{ filename: "type-specimens.zip", path: asset("specimens.zip") }],
});
letter("2026-11-04T15:15Z", "alice-archive read", "harbourcoffee", {
	from: PRIYA, subject: "Prices for the winter menu",
	text: "Flat white 3.40, cinnamon bun 3.10, trout on rye 8.90, parsnip soup 6.50,\nplum crumble 5.20, mulled apple 4.00. That's all of it!\n\nPriya",
});
letter("2026-11-05T08:20Z", "alice-archive read+flagged", "quaybank", {
	from: "Quay Bank <post@quaybank.example>", subject: "Your account statement for October is in your mailbox",
	text: "Dear Ms Winter,\n\nyour statement for October 2026 is ready in online banking. We never send\nlinks to the log-in page.\n\nQuay Bank",
});

// --- Alice's own letters -----------------------------------------------------------------------
letter("2026-11-04T16:02Z", "alice-sent read", "example", {
	from: ALICE, to: PRIYA, subject: "Re: Prices for the winter menu", text: "Thank you! Proof on Friday.\n\nAlice",
});
letter("2026-11-13T10:30Z", "alice-sent read", "example", {
	from: ALICE, to: PRIYA, bcc: BOB, subject: "Winter menu: first proof",
	text: "Dear Priya,\n\nthe first proof is attached. Please read it backwards, that's how one finds\nthe mistakes.\n\nAlice",
	attachments: [{ filename: "winter-menu.png", path: asset("menu.png") }],
});
letter("2026-11-16T12:45Z", "alice-sent read", "example", {
	from: ALICE, to: "The Old Boathouse <events@oldboathouse.example>", subject: "Re: Table cards for 15 May – could you quote 14 pieces?",
	text: "Dear Mr Sile,\n\nwith pleasure: 14 table cards, A6 folded, cotton board, dark blue: 63.00\nincluding tax and delivery. I would print them together with the\ninvitations in February.\n\nKind regards\nAlice Winter\nPaper Lantern Press",
});
letter("2026-11-18T10:05Z", "alice-sent read", "example", {
	from: ALICE, to: JONAS, subject: "Re: Rechnung 2026-1187 und Preisliste",
	text: "Guten Morgen Herr Keller,\n\nvielen Dank, alles ist heil angekommen. Bitte legen Sie mir 500 Umschläge in\nNachtblau zurück, ich überweise heute.\n\nViele Grüße\nAlice Winter",
});
letter("2026-11-21T20:01Z", "alice-sent read", "example", {
	from: ALICE, to: "Rosa Fenwick <rosa@fenwick-family.example>", subject: "Re: Wedding invitations: we said yes to the cotton board",
	text: "Of course. Five with 18 point, and I'll put a sheet of tissue around hers.\n\nAlice",
});

// --- Bob ---------------------------------------------------------------------------------------
letter("2026-11-06T07:45Z", "bob-inbox read", "submission", {
	from: ALICE, to: BOB, subject: "Plan for next week",
	text: "Mon  menus: proof\nTue  cut bookmark blanks\nWed  Fenwick samples\nThu  Greta takes pictures (please sweep!)\nFri  pack orders\n\nAlice",
});
letter("2026-11-17T09:12Z", "bob-inbox read", "ironfoot-tools", {
	from: "Ironfoot Tools <orders@ironfoot-tools.example>", to: BOB, subject: "Order IF-2203: spring pins, 6 mm",
	...receipt("Ironfoot Tools", "#444444", "IF-2203", [["Spring pins 6 x 40, 20 pieces", "7.80"], ["Delivery", "3.90"]], "11.70"),
});
letter("2026-11-19T19:30Z", "bob-inbox", "riverside-rowing", {
	from: "Riverside Rowing <club@riverside-rowing.example>", to: "members@riverside-rowing.example", bcc: BOB, subject: "Club evening on Friday: soup and slides",
	text: "Dear members,\n\nFriday at seven in the boathouse: soup, slides of the summer, and the vote\nabout the new trailer. Bring a chair if you have one.\n\nThe committee",
});
letter("2026-11-21T07:05Z", "bob-inbox", "harbourcoffee", {
	from: PRIYA, to: BOB, subject: "Could you bring the long cable?", text: "The one with the drum. Ours was eaten by the bread slicer.\n\nPriya",
});
letter("2026-11-22T10:02Z", "bob-inbox", "submission", {
	from: ALICE, to: BOB, subject: "Re: Ink is low: dark blue and the warm red",
	text: "I'll ask Jonas, he owes us a favour. Thank you for the heating!\n\nAlice",
});
letter("2026-11-20T16:18Z", "bob-inbox", "weatherpost", {
	from: "Weatherpost <daily@weatherpost.example>", to: BOB, subject: "Harbour Quay: frost on Tuesday night ❄️",
	html: newsletter("Weatherpost", "#23395b", ["Tuesday night down to <b>−3 °C</b>. Wednesday bright and cold, wind from the north-east.", "<img src=\"https://img.weatherpost.example/w/quay.png\" width=\"544\" alt=\"Temperature curve\">"], "Weatherpost, every day at four"),
	list: { unsubscribe: "https://weatherpost.example/stop" },
});

async function writeAll() {
	fs.mkdirSync(out, { recursive: true });
	for (const [index, { sender, ...message }] of letters.entries()) {
		if (sender) message.headers["X-Sample"] += `, sender=${sender}`;
		const info = await transport.sendMail(message);
		fs.writeFileSync(path.join(out, `js-${String(index).padStart(3, "0")}.eml`), info.message);
	}
	console.log(`${letters.length} letters by nodemailer`);
}

writeAll();
