// Writing: Ctrl+Enter sends, an unsent text is not lost by leaving.

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

	const empty = ['to', 'subject', 'text'].map((id) => form.elements.namedItem(id))
		.find((field) => field instanceof HTMLElement && 'value' in field && !field.value);
	const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem('text'));
	const first = /** @type {HTMLElement} */ (empty || text);
	first.focus();
	if (first === text)
		text.setSelectionRange(0, 0);
}
