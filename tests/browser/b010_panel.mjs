// A customer adds a domain, sees its DNS records, adds a mailbox, makes and revokes a token.

import { check, Window } from './harness.mjs';

export default async function panel(world) {
	const w = await Window.open(world);
	const { page } = w;
	const domain = `panel-${world.stamp}.test`;

	await page.goto('/');
	check(new URL(page.url()).pathname === '/login', 'without a log-in, / leads to /login', page.url());
	await w.settle('login');
	await page.fill('#login', world.customer.login);
	await page.fill('#password', 'certainly wrong');
	await page.click('button.pri');
	await page.waitForSelector('#errors');
	check(await page.inputValue('#login') === world.customer.login, 'a wrong password keeps the name');
	await w.settle('login-wrong');

	await w.login(world.customer);
	check(new URL(page.url()).pathname === '/', 'a customer lands on the overview', page.url());
	await w.settle('overview');

	await page.click('a[href="/domains"]');
	await w.settle('domains');
	await page.goto('/domains/new');
	await page.fill('#name', 'not a domain');
	await page.click('button:has-text("Continue")');
	await page.waitForSelector('#errors');
	check(await page.inputValue('#name') === 'not a domain', 'a refused domain name is shown again');
	check(await page.evaluate(() => document.activeElement?.id) === 'errors', 'the summary of errors has the focus');
	await w.settle('domain-new-refused');
	await page.fill('#name', domain);
	await page.click('button:has-text("Continue")');
	await page.waitForURL(`**/domains/${domain}/dns`);
	const records = await page.locator('.rec').count();
	check(records >= 5, 'the DNS page lists the records', records);
	const text = await page.locator('main').innerText();
	for (const want of ['MX', 'v=spf1', 'v=DKIM1', 'v=DMARC1'])
		check(text.includes(want), `the DNS page shows ${want}`);
	await w.context.grantPermissions(['clipboard-read', 'clipboard-write']);
	const value = await page.locator('#r0-value').innerText();
	await page.click('[data-copy="r0-value"]');
	check(await page.evaluate(() => navigator.clipboard.readText()) === value, 'Copy copies the value');
	await w.settle('dns');
	const [zone] = await Promise.all([page.waitForEvent('download'), page.click('a:has-text("Download zone file")')]);
	check(zone.suggestedFilename() === `${domain}.zone`, 'the zone file downloads', zone.suggestedFilename());

	await page.goto(`/domains/${domain}/mailboxes`);
	await w.settle('mailboxes-empty');
	await page.goto(`/mailboxes/new?domain=${domain}`);
	await w.settle('mailbox-new');
	await page.fill('#local', 'ann');
	await page.fill('#name', 'Ann Example');
	await page.click('button:has-text("Create mailbox")');
	await page.waitForSelector('#new-password');
	const password = await page.locator('#new-password').innerText();
	check(password.length >= 16, 'a password is made and shown', password.length);
	check(await page.locator('h1').innerText() === `ann@${domain}`, 'the mailbox has its page');
	await w.settle('mailbox');
	await page.goto('/mailboxes');
	await w.settle('mailboxes');

	await page.goto('/aliases');
	await page.fill('#address', `sales@${domain}`);
	await page.fill('#targets', `ann@${domain}`);
	await page.click('button:has-text("Create alias")');
	await page.waitForSelector('.note.ok');
	check((await page.locator('table').innerText()).includes(`sales@${domain}`), 'the alias is listed');
	await w.settle('aliases');

	await page.goto('/tokens');
	await page.fill('#label', world.stamp);
	await page.check('input[name=scopes] >> nth=0');
	await page.click('button:has-text("Make token")');
	await page.waitForSelector('#secret');
	check((await page.locator('#secret').innerText()).startsWith('ms_'), 'a token is shown once');
	await w.settle('tokens');
	await page.click(`button[aria-label="Revoke ${world.stamp}"]`);
	await page.waitForSelector('.note.ok');
	check(!(await page.locator('main').innerText()).includes('ms_'), 'the token is not shown again');

	for (const name of ['messages', 'account', `domains/${domain}`]) {
		await page.goto(`/${name}`);
		await w.settle(name.split('/')[0] + (name.includes('/') ? '-one' : ''));
	}
	const trace = page.locator('td a[href^="/messages/"]').first();
	await page.goto('/messages');
	if (await trace.count() > 0) {
		await trace.click();
		await page.waitForSelector('.timeline');
		await w.settle('message-trace');
	}
	await page.goto('/domains/no-such-domain.test').catch(() => undefined);
	check(/does not exist/.test(await page.locator('h1').innerText()), 'a domain that is not there is 404');
	w.trouble = w.trouble.filter((t) => !/404/.test(t));

	// the mailbox works at once
	await page.goto('/');
	await page.click('button:has-text("Sign out")');
	await page.waitForURL('**/login');
	await w.login({ login: `ann@${domain}`, password });
	check(new URL(page.url()).pathname === '/mail/inbox', 'the new mailbox signs in to webmail', page.url());
	await w.settle('mail-empty');
	await w.close('panel');
}
