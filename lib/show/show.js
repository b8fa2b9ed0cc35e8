'use strict';
// Without this all is there to read; with it, items can be found and walked through.
const all = [...document.querySelectorAll('article')], $ = id => document.getElementById(id);
const texts = all.map(a => a.textContent.toLowerCase());

function filter()
{
	const find = $('find').value.toLowerCase(), low = $('low').value, high = $('high').value;
	let shown = 0;

	all.forEach((a, i) => {
		const ratio = a.dataset.ratio, out = ratio === undefined ? low !== '' || high !== '' :
		    (low !== '' && Number(ratio) < Number(low)) || (high !== '' && Number(ratio) > Number(high));

		a.hidden = out || !texts[i].includes(find);
		shown += !a.hidden;
	});
	$('shown').textContent = `${shown} of ${all.length}`;
}

function walk(step)
{
	const open = all.filter(a => !a.hidden), here = open.findIndex(a => a.getBoundingClientRect().top > 60);
	const focus = open.indexOf(document.activeElement);
	const at = focus >= 0 ? focus + step : here < 0 ? open.length - 1 : step > 0 ? here : here - 1;
	const to = open[Math.max(0, Math.min(open.length - 1, at))];

	if (!to)
		return;
	to.tabIndex = -1;
	to.focus({ preventScroll: true });
	to.scrollIntoView({ block: 'start' });
}

for (const id of ['find', 'low', 'high'])
	$(id).addEventListener('input', filter);
$('whole').addEventListener('change', () => {
	for (const d of document.querySelectorAll('details'))
		d.open = $('whole').checked;
});
$('tools').addEventListener('submit', e => e.preventDefault());
document.addEventListener('keydown', e => {
	if (e.target.tagName == 'INPUT' || e.ctrlKey || e.altKey || e.metaKey)
		return;
	if (e.key == 'j' || e.key == 'k') {
		e.preventDefault();
		walk(e.key == 'j' ? 1 : -1);
	} else if (e.key == '/') {
		e.preventDefault();
		$('find').focus();
	}
});
$('tools').hidden = false;
filter();
