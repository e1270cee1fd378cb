// Webmail: opens messages in place, keys, live rows. Without it every link and form works too.

import { announce, load, nodes } from './frag.js';
import { listen } from './keys.js';
import { follow } from './live.js';
import { fit } from './read.js';
import { write } from './compose.js';

const $ = (selector, root = document) => root.querySelector(selector);
const app = /** @type {HTMLElement} */ ($('.mail'));
const list = $('#list');
const read = $('#read');
const baseTitle = document.title;
let opening = 0; // the latest open() wins

const current = () => $('.row[aria-current]', list);

function mark(row) {
	current()?.removeAttribute('aria-current');
	row.setAttribute('aria-current', 'true');
	const item = row.closest('li');
	if (item.classList.contains('unread')) {
		item.classList.remove('unread');
		$('.subject .vh', item)?.remove();
	}
}

function watchFrame() {
	const frame = $('.frame', read);
	if (frame)
		fit(frame, onKey);
}

async function open(row, push = true) {
	const turn = ++opening;
	mark(row);
	row.focus({ preventScroll: true });
	row.scrollIntoView({ block: 'nearest' });
	read.setAttribute('aria-busy', 'true');
	try {
		const { content } = await load(row.href);
		if (turn !== opening)
			return;
		read.replaceChildren(content);
		watchFrame();
		app.classList.add('open');
		read.scrollTop = 0;
		if (push)
			history.pushState({ row: row.closest('li').id }, '', row.href);
		document.title = $('.subject-line', read)?.textContent + ' – Mailstead';
	} catch (error) {
		announce(app.dataset.failed);
		location.assign(row.href);
	} finally {
		read.removeAttribute('aria-busy');
	}
}

function close(push = true) {
	app.classList.remove('open');
	const row = current();
	if (push)
		history.pushState({}, '', `/mail/${app.dataset.folder}`);
	document.title = baseTitle;
	row?.focus();
}

list.addEventListener('click', (event) => {
	if (event.metaKey || event.ctrlKey || event.shiftKey || event.button)
		return;
	const row = event.target.closest('.row');
	if (row && app.dataset.folder) {
		event.preventDefault();
		open(row);
		return;
	}
	const older = event.target.closest('[data-older]');
	if (older) {
		event.preventDefault();
		more(older);
	}
});

async function more(link) {
	link.setAttribute('aria-busy', 'true');
	const { content } = await load(link.href);
	link.closest('li').replaceWith(content);
}

read.addEventListener('click', (event) => {
	if (!event.target.closest('.back') || matchMedia('(min-width: 821px)').matches || !list.querySelector('.row'))
		return;
	event.preventDefault();
	close();
});

addEventListener('popstate', (event) => {
	const item = event.state?.row && document.getElementById(event.state.row);
	if (item)
		open($('.row', item), false);
	else if (location.pathname === `/mail/${app.dataset.folder}`)
		close(false);
	else
		location.reload();
});

function move(step) {
	const item = current()?.closest('li');
	const next = item
		? (step > 0 ? item.nextElementSibling : item.previousElementSibling)
		: $('.rows li', list);
	const row = next && $('.row', next);
	if (row)
		open(row);
}

const press = (key) => () => $(`[data-key="${key}"]`, read)?.click();
const onKey = listen({
	j: () => move(1),
	k: () => move(-1),
	u: () => ($('.back', read) ? close() : undefined),
	Escape: () => (app.classList.contains('open') ? close() : undefined),
	x: () => current()?.closest('li').querySelector('input').click(),
	c: () => location.assign('/mail/compose'),
	'/': () => $('#q')?.focus(),
	r: press('r'), a: press('a'), f: press('f'), e: press('e'), s: press('s'),
	z: () => $('[data-undo]')?.click(),
	'#': press('#'), Delete: press('#'), '!': press('!'), U: press('U'),
});

function arrived(kind, data) {
	if (kind === 'folders') {
		$('#folder-list').replaceChildren(nodes(data));
		const now = $(`#folder-list [data-folder="${app.dataset.folder}"]`);
		now?.setAttribute('aria-current', 'page');
		const unread = $('#folder-list [data-folder="inbox"] .count')?.firstChild?.textContent;
		document.title = (unread ? `(${unread}) ` : '') + document.title.replace(/^\(\d+\) /, '');
		return;
	}
	const rows = $('#rows');
	const fresh = nodes(data);
	const item = fresh.firstElementChild;
	if (app.dataset.folder !== 'inbox' || !rows || !item || document.getElementById(item.id) || $('#q')?.value)
		return;
	rows.hidden = false;
	$('.rows-form .placeholder')?.remove();
	rows.prepend(fresh);
	announce(app.dataset.new);
}

for (const toast of document.querySelectorAll('[data-toast]'))
	setTimeout(() => toast.remove(), 1000 * (Number(toast.dataset.toast) || 10));
watchFrame();
write(read);
follow('/mail/events', arrived);
