// Panel: copy buttons, focus on errors. Everything else is plain forms and links.

import { load } from './frag.js';

async function copy(button) {
	const source = document.getElementById(button.dataset.copy);
	await navigator.clipboard.writeText(source.textContent);
	const label = button.querySelector('span');
	const was = label.textContent;
	label.textContent = '✓';
	const live = document.getElementById('live');
	if (live)
		live.textContent = `${source.textContent.slice(0, 60)} ✓`;
	setTimeout(() => { label.textContent = was; }, 1500);
}

function offer_copies() {
	if (!navigator.clipboard)
		return;
	for (const button of document.querySelectorAll('[data-copy]')) {
		button.hidden = false;
		button.addEventListener('click', () => copy(button));
	}
}

offer_copies();
document.querySelector('[data-focus]')?.focus();

// A page that is kept up to date while it is looked at and nobody works in it.
const REFRESH_MS = 30000;
const main = document.getElementById('main');

async function refresh() {
	const busy = document.hidden || main.contains(document.activeElement) ||
		main.querySelector('details[open]');
	if (busy)
		return;
	try {
		const page = await load(location.pathname + location.search);
		main.replaceChildren(page.content);
		offer_copies();
	} catch {
		// the next round will see
	}
}

if (main?.querySelector('[data-refresh]'))
	setInterval(refresh, REFRESH_MS);
