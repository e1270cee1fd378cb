// imapflow: list, status, fetch, search, append, copy, move, store, delete, idle and quota, as a web mail uses them.
"use strict";

const nodemailer = require("nodemailer");
const { ImapFlow } = require("imapflow");
const { start, alice, bob, tls, check, wait, main, token } = require("./tap.js");

const mark = token();
const folder = `Client ${mark} Größe`;
const letter = (subject, flags = "") => Buffer.from([
	"From: =?utf-8?Q?Jos=C3=A9?= <jose@client.example>", `To: <${alice.address}>`, `Subject: ${subject}`, "Date: Sun, 22 Nov 2026 12:00:00 +0000",
	`Message-ID: <${subject}@client.example>`, "MIME-Version: 1.0", 'Content-Type: multipart/alternative; boundary="b"', "",
	"--b", "Content-Type: text/plain; charset=utf-8", "", `plain ${flags}`, "--b", "Content-Type: text/html", "", "<p>html</p>", "--b--", "",
].join("\r\n"));

function connection(box = alice) {
	return new ImapFlow({ host: start.host, port: start.ports.imaps, secure: true, tls, auth: { user: box.address, pass: box.password }, logger: false });
}

async function within(box, work) {
	const client = connection(box);
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.logout();
	}
}

async function lists() {
	await within(alice, async (client) => {
		const folders = await client.list({ statusQuery: { messages: true, unseen: true, uidNext: true, uidValidity: true } });
		const inbox = folders.find((one) => one.path === "INBOX");
		check(inbox && inbox.status.messages >= 0 && inbox.status.uidValidity > 0n, "LIST with STATUS of INBOX", folders);
		check(folders.some((one) => one.specialUse === "\\Sent"), "a folder is marked \\Sent", folders.map((one) => [one.path, one.specialUse]));
		await client.mailboxCreate(folder);
		const again = await client.list();
		check(again.some((one) => one.path === folder), "a folder with a non-ASCII name is made and listed", again.map((one) => one.path));
		const twice = await client.mailboxCreate(folder).catch((problem) => problem);
		check(twice.created === false || twice.responseText, "making it twice is refused or said", twice);
	});
}

async function appendsAndFetches() {
	await within(alice, async (client) => {
		const date = new Date("2026-11-01T08:09:10Z");
		const put = await client.append(folder, letter(`${mark}-one`), ["\\Seen", "$Label1"], date);
		check(put.uid > 0 && put.uidValidity > 0n, "APPENDUID is told", { uid: put.uid });
		await client.append(folder, letter(`${mark}-two`));
		await client.mailboxOpen(folder);
		const one = await client.fetchOne(String(put.uid), { envelope: true, bodyStructure: true, flags: true, internalDate: true, size: true, source: true, headers: ["subject"] }, { uid: true });
		check(one.envelope.subject === `${mark}-one` && one.envelope.from[0].name === "José", "ENVELOPE", one.envelope);
		check(one.bodyStructure.type === "multipart/alternative" && one.bodyStructure.childNodes[1].type === "text/html", "BODYSTRUCTURE", one.bodyStructure);
		check(one.flags.has("\\Seen") && one.flags.has("$Label1"), "flags and keyword are kept", [...one.flags]);
		check(one.internalDate.getTime() === date.getTime(), "INTERNALDATE is kept", String(one.internalDate));
		check(one.source.equals(letter(`${mark}-one`)) && one.size === one.source.length, "the source is byte for byte, RFC822.SIZE is right", one.source.toString());
		check(/^subject: /im.test(one.headers.toString()) && !/^from:/im.test(one.headers.toString()), "header fields alone", one.headers.toString());
		const part = await client.download(String(put.uid), "2", { uid: true });
		let html = "";
		for await (const chunk of part.content) html += chunk;
		check(html.trim() === "<p>html</p>", "download of one part", html);
	});
}

async function searchesAndStores() {
	await within(alice, async (client) => {
		await client.mailboxOpen(folder);
		const uid = { uid: true };
		check((await client.search({ unseen: true }, uid)).length === 1, "SEARCH UNSEEN");
		check((await client.search({ subject: `${mark}-two` }, uid)).length === 1, "SEARCH SUBJECT");
		check((await client.search({ or: [{ subject: "-one" }, { subject: "-two" }] }, uid)).length === 2, "SEARCH OR");
		check((await client.search({ body: "plain", before: new Date("2026-11-02") }, uid)).length === 1, "SEARCH BODY BEFORE");
		check((await client.search({ keyword: "$Label1" }, uid)).length === 1, "SEARCH KEYWORD");
		check((await client.search({ header: { "message-id": `${mark}-one@` } }, uid)).length === 1, "SEARCH HEADER");
		await client.messageFlagsAdd("1:*", ["\\Flagged"]);
		check((await client.search({ flagged: true }, uid)).length === 2, "STORE +FLAGS");
		await client.messageFlagsRemove("1", ["\\Flagged", "$Label1"]);
		check((await client.search({ flagged: true }, uid)).length === 1, "STORE -FLAGS");
	});
}

async function copiesMovesDeletes() {
	await within(alice, async (client) => {
		const other = `${folder} 2`;
		await client.mailboxCreate(other);
		await client.mailboxOpen(folder);
		const copied = await client.messageCopy("1:*", other);
		check(copied.uidMap && copied.uidMap.size === 2, "COPYUID for two", copied.uidMap && [...copied.uidMap]);
		const moved = await client.messageMove("1", other);
		check(moved.uidMap && moved.uidMap.size === 1, "MOVE", moved.uidMap && [...moved.uidMap]);
		check((await client.status(folder, { messages: true })).messages === 1, "one is left behind");
		check((await client.status(other, { messages: true })).messages === 3, "three are there");
		await client.messageDelete("1:*");
		check((await client.status(folder, { messages: true })).messages === 0, "DELETE and EXPUNGE");
		await client.mailboxClose();
		await client.mailboxRename(other, `${folder} 3`);
		check((await client.list()).some((one) => one.path === `${folder} 3`), "RENAME");
		await client.mailboxDelete(`${folder} 3`);
		await client.mailboxDelete(folder);
		check(!(await client.list()).some((one) => one.path.startsWith(folder)), "DELETE of folders");
	});
}

async function idles() {
	const client = connection(bob);
	await client.connect();
	const lock = await client.getMailboxLock("INBOX");
	const before = client.mailbox.exists;
	let told = null;
	client.on("exists", (event) => { told = event; });
	const idle = client.idle();
	await new Promise((resolve) => setTimeout(resolve, 500));
	const sender = nodemailer.createTransport({ host: start.host, port: start.ports.smtp, name: "client.example", tls });
	const sent = Date.now();
	await sender.sendMail({ from: "sender@client.example", to: bob.address, subject: `${mark}-idle`, text: "ring" });
	await wait(() => told, 10000);
	check(told && told.count > before, `IDLE is told of new mail (after ${Date.now() - sent} ms)`, told);
	const other = connection(bob);
	await other.connect();
	await other.mailboxOpen("INBOX");
	let flags = null;
	client.on("flags", (event) => { flags = event; });
	await other.messageFlagsAdd("*", ["\\Flagged"]);
	await wait(() => flags, 10000);
	check(flags && flags.flags.has("\\Flagged"), "IDLE is told of another client's flag", flags);
	let expunged = null;
	client.on("expunge", (event) => { expunged = event; });
	await other.messageDelete("*");
	await wait(() => expunged, 10000);
	check(expunged && expunged.path === "INBOX", "IDLE is told of an expunge", expunged);
	await other.logout();
	lock.release();
	await client.logout();
	await idle.catch(() => {});
}

async function quota() {
	await within(alice, async (client) => {
		const told = await client.getQuota("INBOX");
		if (!client.capabilities.has("QUOTA")) {
			check(told === false, "no QUOTA is offered, none is given # SKIP the server has no QUOTA");
			return;
		}
		check(told && (!told.storage || told.storage.usage >= 0), "QUOTA says what is used, or that nothing is limited", told);
	});
}

main(lists, appendsAndFetches, searchesAndStores, copiesMovesDeletes, idles, quota);
