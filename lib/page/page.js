'use strict';
const $ = id => document.getElementById(id);
const show = (id, on) => { $(id).hidden = !on; };
let run = null;         // what the server said of the run
let now = null;         // the question that is open
let past = [];          // earlier states of the box, for undo
let spans = [];         // marked stretches of the two texts
let busy = false;
let active = 0;         // when there was last a sign of work
let counted = 0;        // up to when the time is counted

// ---- the server ----

async function ask(path, body)
{
	for (;;) {
		let reply;

		try {
			reply = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify(body) });
		} catch {
			trouble('The server does not answer. What you wrote is kept in this browser; trying again.');
			await new Promise(done => setTimeout(done, 1500));
			continue;
		}
		trouble('');
		if (reply.ok || reply.status == 422)
			return reply.json();
		trouble(`The server refused this (status ${reply.status}). What you wrote is kept in this browser.`);
		throw new Error(path);
	}
}

function trouble(text)
{
	$('trouble').textContent = text;
	show('trouble', text != '');
}

// ---- words ----

const words = text => text.match(/[ \t\r\n]*[^ \t\r\n]+/g) || [];
const bare = word => word.trim();

// The steps from one list of words to another: [' ' | '-' | '+', word].
function differ(a, b)
{
	let from = 0, to = 0;

	while (from < a.length && from < b.length && bare(a[from]) == bare(b[from]))
		from++;
	while (to < a.length - from && to < b.length - from &&
	    bare(a[a.length - 1 - to]) == bare(b[b.length - 1 - to]))
		to++;
	const x = a.slice(from, a.length - to), y = b.slice(from, b.length - to);
	const steps = b.slice(0, from).map(w => [' ', w]);

	if (x.length * y.length <= 4e6)
		middle(x, y, steps);
	else
		steps.push(...x.map(w => ['-', w]), ...y.map(w => ['+', w]));
	return steps.concat(b.slice(b.length - to).map(w => [' ', w]));
}

// By the longest common subsequence.
function middle(x, y, steps)
{
	const w = y.length + 1, best = new Uint32Array((x.length + 1) * w);
	let i, j;

	for (i = x.length - 1; i >= 0; i--)
		for (j = y.length - 1; j >= 0; j--)
			best[i * w + j] = bare(x[i]) == bare(y[j]) ? best[(i + 1) * w + j + 1] + 1 :
			    Math.max(best[(i + 1) * w + j], best[i * w + j + 1]);
	for (i = j = 0; i < x.length || j < y.length;)
		if (i < x.length && j < y.length && bare(x[i]) == bare(y[j])) {
			steps.push([' ', y[j++]]);
			i++;
		} else if (j == y.length || (i < x.length && best[(i + 1) * w + j] >= best[i * w + j + 1])) {
			steps.push(['-', x[i++]]);
		} else {
			steps.push(['+', y[j++]]);
		}
}

function paint()
{
	const old = words(now.text), fresh = words($('box').value), diff = $('diff');
	const steps = differ(old, fresh), kept = steps.filter(s => s[0] == ' ').length;
	const longest = Math.max(old.length, fresh.length), changed = longest ? (longest - kept) / longest : 0;
	const percent = Math.round(100 * changed), limit = Math.round(100 * run.limit);

	diff.replaceChildren();
	for (let i = 0, k; i < steps.length; i = k) {
		for (k = i; k < steps.length && steps[k][0] == steps[i][0]; k++)
			;
		const text = steps.slice(i, k).map(s => s[1]).join('');

		if (steps[i][0] == ' ') {
			diff.append(text);
			continue;
		}
		const mark = document.createElement(steps[i][0] == '-' ? 'del' : 'ins');

		// white space before it is not part of the change
		diff.append(text.slice(0, text.length - text.trimStart().length));
		mark.textContent = text.trimStart();
		diff.append(mark);
	}
	$('measure').textContent = `${percent}% of the words changed, at most ${limit}%`;
	$('measure').classList.toggle('over', changed > run.limit);
}

// ---- the prompt as turns ----

const marks = [
	[/<\|im_start\|>(\w+)\n([\s\S]*?)(?:<\|im_end\|>\n?|$)/g, m => [m[1], m[2]]],
	[/<\|start_header_id\|>(\w+)<\|end_header_id\|>\n\n([\s\S]*?)(?:<\|eot_id\|>|$)/g, m => [m[1], m[2]]],
	[/<\|(system|user|assistant)\|>\n([\s\S]*?)(?:<\/s>\n?|<\|end\|>\n?|(?=<\|(?:system|user|assistant)\|>)|$)/g, m => [m[1], m[2]]],
	[/\[INST\]([\s\S]*?)\[\/INST\]([\s\S]*?)(?=\[INST\]|$)/g, m => ['user', m[1], 'assistant', m[2].replace('</s>', '')]],
	[/(?:^|\n\n)(Human|Assistant): ?([\s\S]*?)(?=\n\n(?:Human|Assistant):|$)/g, m => [m[1] == 'Human' ? 'user' : 'assistant', m[2]]],
	[/### (Instruction|Input|Response):\n([\s\S]*?)(?=\n*### |$)/g, m => [m[1] == 'Response' ? 'assistant' : 'user', m[2]]]
];

function turns(prompt)
{
	for (const [mark, part] of marks) {
		const found = [...prompt.matchAll(mark)];

		if (!found.length)
			continue;
		const list = [], before = prompt.slice(0, found[0].index).trim();

		if (before)
			list.push(['', before]);
		for (const m of found)
			for (let p = part(m); p.length; p = p.slice(2))
				if (p[1].trim())
					list.push([p[0], p[1].trim()]);
		return list;
	}
	return [['', prompt]];
}

function showPrompt(prompt)
{
	show('prompt-part', prompt !== null);
	$('prompt').replaceChildren();
	for (const [role, text] of prompt === null ? [] : turns(prompt)) {
		const turn = document.createElement('div');

		turn.className = `turn ${role}`;
		if (role) {
			const name = document.createElement('b');

			name.textContent = role;
			turn.append(name);
		}
		turn.append(text);
		$('prompt').append(turn);
	}
	$('prompt').scrollTop = $('prompt').scrollHeight;
}

// ---- what is kept in this browser ----

const slot = () => `finegrain ${location.pathname} ${run.who} ${now.item}`;
const sign = () => { active = performance.now(); };

function keepDraft()
{
	const draft = { text: $('box').value, note: $('note').value, reason: $('reason').value, spans, seconds: now.seconds };

	try {
		localStorage.setItem(slot(), JSON.stringify(draft));
	} catch {
		// a browser without storage keeps nothing
	}
}

function draft()
{
	try {
		return JSON.parse(localStorage.getItem(slot()));
	} catch {
		return null;
	}
}

function dropDraft()
{
	try {
		localStorage.removeItem(slot());
	} catch {
		// it had none
	}
}

// Seconds of work: the page is seen, and something was done in the last minute.
function tick()
{
	const t = performance.now();

	if (now && !document.hidden && t - active < 60000)
		now.seconds += (t - counted) / 1000;
	counted = t;
}
setInterval(tick, 500);
setInterval(() => {
	if (now && performance.now() - active < 60000)
		ask('touch', { who: run.who, item: now.item }).catch(() => {});
}, 60000);

// ---- spans of the judge ----

// Bytes of UTF-8 before character i of the box, whose line ends are the text's own.
function bytes(text, i)
{
	let at = 0;

	for (let k = 0; k < i; k++)
		at += text[at] == '\r' && text[at + 1] == '\n' ? 2 : 1;
	return new TextEncoder().encode(text.slice(0, at)).length;
}

function markSpan()
{
	for (const [letter, id] of [['A', 'a'], ['B', 'b']]) {
		const box = $(id), from = box.selectionStart, to = box.selectionEnd;

		if (from == to)
			continue;
		spans.push({ text: letter, from: bytes(now[id], from), to: bytes(now[id], to), words: box.value.slice(from, to) });
		box.setSelectionRange(to, to);
	}
	sign();
	showSpans();
	keepDraft();
}

function showSpans()
{
	const bytesOf = text => new TextEncoder().encode(text), words = new TextDecoder();

	$('spans').replaceChildren(...spans.map((s, i) => {
		const item = document.createElement('li'), button = document.createElement('button'), mark = document.createElement('mark');

		button.type = 'button';
		button.textContent = 'Remove';
		button.setAttribute('aria-label', `Remove the mark in ${s.text}: ${s.words}`);
		button.onclick = () => { spans.splice(i, 1); showSpans(); keepDraft(); };
		mark.textContent = s.words;
		item.append(`${s.text}: `, mark, button);
		return item;
	}));
	for (const [letter, id] of [['A', 'a'], ['B', 'b']]) {
		const all = bytesOf(now[id]), mine = spans.filter(s => s.text == letter).sort((x, y) => x.from - y.from);
		const out = [];
		let at = 0;

		for (const s of mine) {
			const mark = document.createElement('mark'), from = Math.max(at, s.from);

			if (s.to <= from)
				continue;
			out.push(words.decode(all.slice(at, from)), mark);
			mark.textContent = words.decode(all.slice(from, s.to));
			at = s.to;
		}
		$(`marked-${id}`).replaceChildren(...(mine.length ? [...out, words.decode(all.slice(at))] : []));
	}
}

// ---- one question ----

function progress(p)
{
	const done = p.counts.done + p.counts.unchanged + p.counts.skipped;

	run.given = p.given;
	$('place').textContent = `${Math.min(p.at + 1, p.size)} of ${p.size}, ${done} answered`;
	$('bar').max = p.size;
	$('bar').value = done;
}

async function open(at)
{
	const p = await ask('turn', { who: run.who, at });

	progress(p);
	if (p.end)
		return showEnd(p);
	tick();
	now = p;
	now.seconds = p.answer && p.answer.seconds || 0;
	past = [];
	const kept = draft(), answer = p.answer || {};

	show('work', true);
	show('end', false);
	showPrompt(p.prompt);
	$('note').value = kept ? kept.note : answer.note || '';
	$('reason').value = kept ? kept.reason : answer.reason || '';
	$('why').textContent = '';
	$('back').disabled = p.at == 0;
	$('next').disabled = !p.answer;
	spans = kept ? kept.spans : (answer.spans || []).map(s => ({ ...s, words: cut(p[s.text == 'A' ? 'a' : 'b'], s) }));
	if (kept)
		now.seconds = Math.max(now.seconds, kept.seconds);
	if (run.task == 'edit') {
		$('box').value = kept ? kept.text : answer.chosen !== undefined ? answer.chosen : p.text;
		grow($('box'));
		paint();
		$('box').focus();
		$('box').setSelectionRange(0, 0);
	} else {
		$('a').value = p.a;
		$('b').value = p.b;
		grow($('a'));
		grow($('b'));
		showSpans();
		for (const b of document.querySelectorAll('#verdicts button'))
			b.setAttribute('aria-pressed', p.answer && String(p.answer.win) == b.dataset.win);
		$('main').focus();
	}
	if (p.answer)
		say(p.answer.edit == 'skipped' ? 'You skipped this one.' : p.answer.edit == 'unchanged' ?
		    'You left this one as it is.' : 'You answered this one.');
	window.scrollTo(0, 0);
	sign();
}

const cut = (text, s) => new TextDecoder().decode(new TextEncoder().encode(text).slice(s.from, s.to));
const say = text => { $('said').textContent = text; };

function grow(box)
{
	box.style.height = 'auto';
	box.style.height = `${Math.min(box.scrollHeight + 4, 600)}px`;
}

// The box has one kind of line end: give the text's own back.
function typed()
{
	const text = $('box').value;

	return now.text.includes('\r\n') && !/[^\r]\n/.test(now.text) ? text.replace(/\n/g, '\r\n') : text;
}

async function save(answer)
{
	if (busy || !now)
		return;
	busy = true;
	try {
		if ($('note').value.trim())
			answer.note = $('note').value.trim();
		tick();
		answer.seconds = Math.round(10 * now.seconds) / 10;
		keepDraft();
		const at = now.at, p = await ask('save', { who: run.who, item: now.item, answer });

		if (!p.saved) {
			$('why').textContent = `Not saved: ${p.why}. Your text is kept; change it, or skip it.`;
			return;
		}
		dropDraft();
		say('Saved.');
		await open(at + 1);
	} finally {
		busy = false;
	}
}

const same = () => save({ edit: 'unchanged' });
const verdict = win => save(spans.length ? { win, spans: spans.map(s => ({ text: s.text, from: s.from, to: s.to })) } : { win });
const skip = () => save($('reason').value.trim() ? { edit: 'skipped', reason: $('reason').value.trim() } : { edit: 'skipped' });

function saveEdit()
{
	const text = typed();

	return text.trim() == now.text.trim() ? same() : save({ chosen: text });
}

async function go(at)
{
	if (busy || at < 0)
		return;
	busy = true;
	try {
		if (now)
			keepDraft();
		if (now && !now.answer && $('box').value == now.text && !$('note').value && !$('reason').value && !spans.length)
			dropDraft();
		await open(at);
	} finally {
		busy = false;
	}
}

function undo()
{
	if (run.task != 'edit' || !past.length)
		return;
	$('box').value = past.pop();
	paint();
	keepDraft();
}

function reset()
{
	if (run.task != 'edit' || $('box').value == now.text)
		return;
	past.push($('box').value);
	$('box').value = now.text;
	paint();
	keepDraft();
}

function showEnd(p)
{
	const minutes = Math.round(p.counts.seconds / 6) / 10, n = p.counts.done + p.counts.unchanged + p.counts.skipped;
	const other = p.wanted ? ` ${p.wanted} answers of others are still open.` : '';

	now = null;
	show('work', false);
	show('end', true);
	$('place').textContent = `${n} answered`;
	$('sum').textContent = `${p.counts.done} ${run.task == 'edit' ? 'edited' : 'judged'}` +
	    (run.task == 'edit' ? `, ${p.counts.unchanged} left as they are` : '') +
	    `, ${p.counts.skipped} skipped, in ${minutes} minutes` +
	    (n ? ` (${Math.round(p.counts.seconds / n)} seconds each)` : '') + `.${other}`;
	$('end-back').disabled = !p.given;
	$('end-head').focus();
}

// ---- keys and buttons ----

// What is pressed, what it does, how, when it was pressed, and the task that it is of.
const keys = [
	['Ctrl+Enter', 'save, next', () => run.task == 'edit' && saveEdit(), e => (e.ctrlKey || e.metaKey) && e.key == 'Enter', 'edit'],
	['Alt+Left', 'back', () => go(now ? now.at - 1 : run.given - 1), e => e.altKey && e.key == 'ArrowLeft'],
	['Alt+Right', 'next', () => now && now.answer && go(now.at + 1), e => e.altKey && e.key == 'ArrowRight'],
	['Alt+U', 'nothing to change', () => run.task == 'edit' && same(), e => e.altKey && e.code == 'KeyU', 'edit'],
	['Alt+S', 'skip: to the reason, then Enter', () => $('reason').focus(), e => e.altKey && e.code == 'KeyS'],
	['Alt+N', 'to the note', () => $('note').focus(), e => e.altKey && e.code == 'KeyN'],
	['Alt+T', 'to the text', () => $(run.task == 'edit' ? 'box' : 'a').focus(), e => e.altKey && e.code == 'KeyT'],
	['Alt+Z', 'undo', undo, e => e.altKey && e.code == 'KeyZ', 'edit'],
	['Alt+R', 'start again', reset, e => e.altKey && e.code == 'KeyR', 'edit'],
	['Alt+M', 'mark what is selected as wrong', () => run.task == 'judge' && markSpan(), e => e.altKey && e.code == 'KeyM', 'judge'],
	['A, B, C', 'A is better, B is better, equally good', null, null, 'judge']
];

function press(e)
{
	const field = /^(INPUT|TEXTAREA)$/.test(e.target.tagName) && !e.target.readOnly;

	sign();
	if (!run || !now && !(e.altKey && e.key == 'ArrowLeft'))
		return;
	for (const [, , act, is] of keys)
		if (is && is(e)) {
			e.preventDefault();
			act();
			return;
		}
	if (run.task == 'judge' && !field && !e.ctrlKey && !e.altKey && !e.metaKey && /^[abcABC]$/.test(e.key)) {
		e.preventDefault();
		verdict({ a: 1, b: 0, c: 0.5 }[e.key.toLowerCase()]);
	}
}

function wire()
{
	let last = '';

	document.addEventListener('keydown', press);
	document.addEventListener('pointerdown', sign);
	$('box').addEventListener('beforeinput', () => { last = $('box').value; });
	$('box').addEventListener('input', () => {
		if (past[past.length - 1] !== last)
			past.push(last);
		if (past.length > 500)
			past.shift();
		grow($('box'));
		paint();
		keepDraft();
	});
	$('note').addEventListener('input', keepDraft);
	$('reason').addEventListener('input', keepDraft);
	$('save').onclick = saveEdit;
	$('same').onclick = same;
	$('undo').onclick = undo;
	$('reset').onclick = reset;
	$('mark').onclick = markSpan;
	$('back').onclick = () => go(now.at - 1);
	$('next').onclick = () => go(now.at + 1);
	$('end-back').onclick = () => go(run.given - 1);
	$('skip').onsubmit = e => { e.preventDefault(); skip(); };
	$('finish').onclick = async () => {
		await ask('finish', { who: run.who });
		$('end-head').textContent = 'Thank you. You can close this page.';
		$('finish').disabled = true;
	};
	for (const b of document.querySelectorAll('#verdicts button'))
		b.onclick = () => verdict(Number(b.dataset.win));
	$('keys-button').onclick = () => {
		show('keys', $('keys').hidden);
		$('keys-button').setAttribute('aria-expanded', !$('keys').hidden);
	};
}

function listKeys()
{
	for (const [key, what, , , task] of keys) {
		const term = document.createElement('dt'), text = document.createElement('dd'), k = document.createElement('kbd');

		if (task && task != run.task)
			continue;
		k.textContent = key;
		term.append(k);
		text.textContent = what;
		$('key-list').append(term, text);
	}
}

async function begin(who)
{
	run = await ask('start', { who });
	run.who = who;
	show('start', false);
	listKeys();
	document.title = run.task == 'edit' ? 'Edit' : 'Judge';
	show('edit-part', run.task == 'edit');
	show('judge-part', run.task == 'judge');
	show('verdicts', run.task == 'judge');
	for (const id of ['save', 'same', 'undo', 'reset'])
		show(id, run.task == 'edit');
	$('name').textContent = who;
	await open(run.at);
}

wire();
{
	let who = new URLSearchParams(location.search).get('who');

	try {
		who = who || localStorage.getItem('finegrain who');
	} catch {
		// a browser without storage asks each time
	}
	$('who').value = who || '';
	$('start').onsubmit = e => {
		e.preventDefault();
		const name = $('who').value.trim();

		if (!name)
			return;
		try {
			localStorage.setItem('finegrain who', name);
		} catch {
			// the same
		}
		begin(name);
	};
	if (who)
		begin(who);
	else {
		show('start', true);
		$('who').focus();
	}
}
