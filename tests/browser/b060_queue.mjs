// The queue: by destination and sender, pauses, and what is done with many messages.

import { check, Window } from './harness.mjs';

async function send(world, to) {
	const w = await Window.open(world);
	await w.login(world.alice);
	await w.page.goto('/mail/settings/sending');
	await w.page.selectOption('#undo_s', '0');
	await w.page.click('main button.pri');
	await w.page.goto('/mail/compose');
	await w.page.fill('#to', to);
	await w.page.fill('#subject', 'To the queue');
	await w.page.click('button[value=send]');
	await w.page.waitForURL('**/mail/inbox?done=message_sent');
	await w.page.goto('/mail/settings/sending');
	await w.page.selectOption('#undo_s', '10');
	await w.page.click('main button.pri');
	await w.close('the sender of the queue');
}

export default async function queue(world) {
	const name = `queue-${world.stamp}.example`;
	const w = await Window.open(world);
	const { page } = w;
	await w.login(world.admin);
	await page.goto('/queue');
	await page.click('details.more summary');
	await page.fill('input[name=value]', name);
	await page.fill('details.more input[name=note]', 'They asked us to wait.');
	await page.click('details.more button[value=pause]');
	await page.waitForURL('**/queue?done=queue_paused');
	check(await page.locator(`.card.line:has-text("${name}")`).count() === 1, 'a pause is listed');
	await send(world, `a@${name}, b@${name}`);
	await page.goto('/queue');
	const card = page.locator(`#by-destination + .cards .card:has(h3:text-is("${name}"))`);
	check((await card.locator('.sum').innerText()) === '2', 'a destination has its count', await card.innerText());
	check(await card.locator('.pill:has-text("Paused")').count() === 1, 'and says that it is paused');
	await w.settle('queue');
	await card.locator('button[value=retry]').click();
	await page.waitForURL('**/queue?done=queue_changed');
	check((await card.locator('.sum').innerText()) === '2', 'a pause is stronger than trying now');
	await card.locator('.reasons .count').click();
	check(await page.locator(`tbody tr:has-text("${name}")`).count() === 2, 'its messages are listed');
	await w.settle('queue-items');
	await page.goto('/queue');
	await card.locator('.danger-zone summary').click();
	await card.locator('input[name=note]').fill('No longer wanted.');
	await w.settle('queue-remove');
	await card.locator('button[value=remove]').click();
	await page.waitForURL('**/queue?done=queue_changed');
	check(await card.count() === 0, 'all of a destination are removed');
	await page.locator(`.card.line:has-text("${name}") button[value=resume]`).click();
	await page.waitForURL('**/queue?done=queue_resumed');
	check(await page.locator(`.card.line:has-text("${name}")`).count() === 0, 'the pause is over');
	await w.close('queue');

	for (const [mode, options] of [['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true }]]) {
		const other = await Window.open(world, options);
		await other.login(world.admin);
		await other.page.goto('/queue');
		await other.settle(`${mode}-queue`);
		await other.close(`queue, ${mode}`);
	}
}
