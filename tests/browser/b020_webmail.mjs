// Webmail: list, text and HTML messages, attachments, compose to a local address, live arrival.

import { check, Window } from './harness.mjs';

async function compose(page, to, subject, text) {
	await page.goto('/mail/compose');
	await page.fill('#to', to);
	await page.fill('#subject', subject);
	await page.fill('#text', text);
	await page.click('button[value=send]');
	await page.waitForURL('**/mail/inbox*');
}

// The seconds in which a message can be taken back.
async function undoWindow(page, seconds) {
	await page.goto('/mail/settings/sending');
	await page.selectOption('#undo_s', String(seconds));
	await page.click('main button.pri');
	await page.waitForURL('**/mail/settings/sending?done=*');
}

// Sent, taken back by a key, changed, put off, and cancelled.
async function takeBack(w, world, subject) {
	const { page } = w;
	await undoWindow(page, 30);
	await compose(page, world.bob.address, subject, 'First words.');
	check(await page.locator('.toast [data-undo]').count() === 1, 'a message that is sent can be taken back');
	await w.settle('mail-undo');
	await page.keyboard.press('z');
	await page.waitForURL('**/mail/compose?edit=*');
	check((await page.inputValue('#text')).trim() === 'First words.', 'undo brings the text back', await page.inputValue('#text'));
	await page.fill('#text', 'Other words.');
	await page.click('.later summary');
	check((await page.locator('[data-zone-shown]').innerText()).length > 0, 'the zone is named');
	await page.fill('#send_at', new Date(Date.now() + 3 * 86400000).toISOString().slice(0, 16));
	await w.settle('mail-later');
	await page.click('button[value=later]');
	await page.waitForURL('**/mail/outbox?done=message_scheduled');
	check(await page.locator(`.card:has-text("${subject}")`).count() === 1, 'it is scheduled');
	await w.settle('mail-outbox');
	await page.click(`.card:has-text("${subject}") button[value=cancel]`);
	await page.waitForURL('**/mail/outbox?done=send_cancelled');
	await page.goto(`/mail/drafts?q=${subject}`);
	check(await page.locator('.row').count() === 1, 'cancelled, it is one draft');
	await w.settle('mail-sending');
}

async function openEach(w) {
	const { page } = w;
	const seen = { html: false, text: false, file: false };
	for (let i = 0; i < 25 && i < await page.locator('.row').count() && !(seen.html && seen.text && seen.file); i++) {
		await page.locator('.row').nth(i).click();
		await page.waitForFunction((n) => document.querySelectorAll('.row')[n].matches('[aria-current]'), i);
		await page.waitForFunction(() => !document.querySelector('#read[aria-busy]') && document.querySelector('.subject-line'));
		if (!seen.html && await page.locator('iframe.frame').count()) {
			seen.html = true;
			await page.waitForFunction(() => document.querySelector('iframe.frame').hasAttribute('height'));
			const wall = await page.locator('iframe.frame').getAttribute('sandbox');
			check(!wall.includes('allow-scripts'), 'the frame runs no scripts', wall);
			const body = await page.frameLocator('iframe.frame').locator('body').innerText();
			check(body.trim().length > 0, 'the HTML message shows its text');
			await w.settle('mail-html');
		}
		if (!seen.text && await page.locator('.mail-text').count()) {
			seen.text = true;
			check((await page.locator('.mail-text').innerText()).trim().length > 0, 'a text message shows its text');
			await w.settle('mail-text');
		}
		if (!seen.file && await page.locator('.files a').count()) {
			seen.file = true;
			const href = await page.locator('.files a').first().getAttribute('href');
			const answer = await w.context.request.get(href);
			check(answer.status() === 200, 'the attachment downloads', answer.status());
			check(/^attachment/.test(answer.headers()['content-disposition']), 'as an attachment');
			check(answer.headers()['x-content-type-options'] === 'nosniff', 'with nosniff');
			check(/sandbox/.test(answer.headers()['content-security-policy']), 'with a sandbox policy');
			await w.settle('mail-attachment');
		}
	}
	for (const [what, found] of Object.entries(seen))
		check(found, `the sample mail has a message with ${what}`);
}

export default async function webmail(world) {
	const w = await Window.open(world);
	const { page } = w;
	const subject = `Browser test ${world.stamp}`;
	await w.login(world.alice);
	check(new URL(page.url()).pathname === '/mail/inbox', 'a mailbox lands in its inbox', page.url());
	check(await page.locator('.row').count() > 0, 'the inbox has rows');
	await w.settle('mail-inbox');
	await openEach(w);

	const foreign = w.requests.filter((q) => !q.url().startsWith(world.start.https) && !q.url().startsWith('data:'));
	check(foreign.length === 0, 'nothing is loaded from elsewhere', foreign.map((q) => q.url()).join('\n'));

	// another window of bob sends; alice's list shows it by itself
	await page.goto('/mail/inbox');
	await page.waitForTimeout(500);
	const other = await Window.open(world);
	await other.login(world.bob);
	await undoWindow(other.page, 0);
	await compose(other.page, world.alice.address, subject, 'Hello Alice,\n\nthis came by itself. https://example.test/\n');
	const sent = Date.now();
	await page.waitForSelector(`.row:has-text("${subject}")`, { timeout: 10000 }).catch(() => undefined);
	check(await page.locator(`.row:has-text("${subject}")`).count() === 1, 'new mail appears by itself');
	console.log(`# appeared after ${Date.now() - sent} ms`);
	check(/^\(\d+\)/.test(await page.title()), 'the title counts it', await page.title());
	await other.page.goto('/mail/sent');
	check((await other.page.locator('#rows').innerText()).includes(subject), 'the sender has a copy in Sent');
	await other.close('webmail, the sender');

	// keys: open, reply, back
	await page.locator(`.row:has-text("${subject}")`).click();
	await page.waitForSelector(`.subject-line:has-text("${subject}")`);
	check(await page.locator('.mail-text a').getAttribute('href') === 'https://example.test/', 'addresses in text are links');
	await page.locator('.subject-line').click();
	await page.keyboard.press('j');
	await page.waitForFunction((s) => !document.querySelector('.subject-line')?.textContent.includes(s), subject);
	await page.keyboard.press('k');
	await page.waitForSelector(`.subject-line:has-text("${subject}")`);
	check(true, 'j and k walk through the list');
	await page.keyboard.press('r');
	await page.waitForURL('**/mail/compose?reply=*');
	check(await page.inputValue('#subject') === `Re: ${subject}`, 'a reply has its subject', await page.inputValue('#subject'));
	check(await page.inputValue('#to') === world.bob.address, 'a reply goes to the sender', await page.inputValue('#to'));
	check((await page.inputValue('#text')).includes('> Hello Alice,'), 'a reply quotes');
	await w.settle('mail-compose');
	await page.fill('#to', 'nobody-at-all@' + world.alice.address.split('@')[1]);
	await page.click('button[value=send]');
	await page.waitForSelector('#errors');
	check((await page.inputValue('#text')).includes('> Hello Alice,'), 'a refused recipient keeps the text');
	await page.fill('#to', world.bob.address);
	await page.click('button[value=send]');
	await page.waitForURL('**/mail/inbox?undo=*');
	check(true, 'the reply is sent');

	// star, archive
	await page.locator(`.row:has-text("${subject}")`).click();
	await page.waitForSelector(`.subject-line:has-text("${subject}")`);
	await page.click('.bar button[value=star]');
	await page.waitForSelector('.bar button[value=unstar]');
	check(true, 'a star stays');
	await page.click('.bar button[value=archive]');
	await page.waitForURL('**/mail/inbox?done=moved_archive');
	check(await page.locator(`#rows .row:has-text("${subject}")`).count() === 0, 'archived mail leaves the inbox');
	await page.goto('/mail/archive');
	check(await page.locator(`.row:has-text("${subject}")`).count() === 1, 'and is in Archive');
	await page.goto(`/mail/archive?q=${world.stamp}`);
	check(await page.locator('.row').count() === 1, 'the search finds it by its subject');
	await takeBack(w, world, `Back ${world.stamp}`);
	await w.close('webmail');
}
