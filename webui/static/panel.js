// Panel: copy buttons, focus on errors. Everything else is plain forms and links.

for (const button of document.querySelectorAll('[data-copy]')) {
	if (!navigator.clipboard)
		break;
	button.hidden = false;
	button.addEventListener('click', async () => {
		const source = document.getElementById(button.dataset.copy);
		await navigator.clipboard.writeText(source.textContent);
		const label = button.querySelector('span');
		const was = label.textContent;
		label.textContent = '✓';
		const live = document.getElementById('live');
		if (live)
			live.textContent = `${source.textContent.slice(0, 60)} ✓`;
		setTimeout(() => { label.textContent = was; }, 1500);
	});
}

document.querySelector('[data-focus]')?.focus();
