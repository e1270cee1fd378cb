// Writing: Ctrl+Enter sends, an unsent text is not lost by leaving.

// Times are meant in the person's own zone; what was set by hand goes before.
function zone(form) {
	const field = /** @type {HTMLInputElement | null} */ (form.querySelector('[data-zone]'));
	const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (!field || field.value || !name)
		return;
	field.value = name;
	form.querySelector('[data-zone-shown]').textContent = name;
}

/** @param {ParentNode} root */
export function write(root) {
	const form = /** @type {HTMLFormElement | null} */ (root.querySelector('[data-compose]'));
	if (!form)
		return;
	let changed = false;
	form.addEventListener('input', () => { changed = true; });
	form.addEventListener('submit', () => { changed = false; });
	form.addEventListener('keydown', (event) => {
		if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey))
			return;
		event.preventDefault();
		form.requestSubmit(form.querySelector('button[value=send]'));
	});
	addEventListener('beforeunload', (event) => {
		if (changed)
			event.preventDefault();
	});

	zone(form);
	const empty = ['to', 'subject', 'text'].map((id) => form.elements.namedItem(id))
		.find((field) => field instanceof HTMLElement && 'value' in field && !field.value);
	const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem('text'));
	const first = /** @type {HTMLElement} */ (empty || text);
	first.focus();
	if (first === text)
		text.setSelectionRange(0, 0);
}
