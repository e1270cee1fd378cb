// The same without JavaScript: panel CRUD, reading, plain compose.

import { check, Window } from './harness.mjs';

export default async function nojs(world) {
	const w = await Window.open(world, { javaScriptEnabled: false });
	const { page } = w;
	const domain = `nojs-${world.stamp}.test`;
	await w.login(world.customer);
	await page.goto('/domains/new');
	await page.fill('#name', domain);
	await page.click('button:has-text("Continue")');
	check(page.url().endsWith(`/domains/${domain}/dns`), 'no JavaScript: a domain is added', page.url());
	await page.goto(`/mailboxes/new?domain=${domain}`);
	await page.fill('#local', 'ben');
	await page.fill('#password', 'a password of ben');
	await page.click('button:has-text("Create mailbox")');
	check(page.url().includes(`/mailboxes/ben@${domain}`), 'no JavaScript: a mailbox is added', page.url());
	await w.settle('nojs-mailbox');
	await page.click('button:has-text("Sign out")');

	await w.login({ login: `ben@${domain}`, password: 'a password of ben' });
	const write = async () => {
		await page.goto('/mail/compose');
		await page.fill('#to', `ben@${domain}`);
		await page.fill('#subject', 'To myself');
		await page.fill('#text', 'Without scripts.');
		await page.click('button[value=send]');
	};
	await page.goto('/mail/settings/sending');
	await page.selectOption('#undo_s', '30');
	await page.click('main button.pri');
	await write();
	await page.click('.toast [data-undo]');
	check((await page.inputValue('#text')).trim() === 'Without scripts.', 'no JavaScript: a message is taken back', page.url());
	await page.click('.later summary');
	await page.fill('#send_at', '2020-01-01T10:00');
	await page.click('button[value=later]');
	check(await page.locator('#send_at-error').count() === 1, 'no JavaScript: a time that has passed is refused', page.url());
	await page.goto('/mail/settings/sending');
	await page.selectOption('#undo_s', '0');
	await page.click('main button.pri');
	await write();
	check(page.url().includes('/mail/inbox'), 'no JavaScript: a message is sent', page.url());
	await page.click('.row:has-text("To myself")');
	check((await page.locator('.mail-text').innerText()).includes('Without scripts.'), 'no JavaScript: it is read');
	await w.settle('nojs-message');
	await page.click('.bar button[value=trash]');
	check(page.url().includes('done=moved_trash'), 'no JavaScript: it is deleted', page.url());
	await w.close('no JavaScript');
}
