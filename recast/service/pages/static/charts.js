// Numbers by pointer and arrow keys, zoom (drag, +, -), the legend as switches. Only M and L are places.
(() => {
"use strict";
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const set = (node, values) => { for (const key in values) node.setAttribute(key, values[key]); return node; };
const make = (name, values) => set(document.createElementNS("http://www.w3.org/2000/svg", name), values);

// An axis: `low` to `high` at px `begin` to `end`; px `from` to `to` are shown.
const along = (text, begin, end) => {
	const [kind, low, high] = text.split(" "), log = kind === "log", whole = [begin, end], long = end - begin;
	let [from, to] = whole;
	const value = (px) => +low + ((px - begin) / long) * (high - low), part = (px) => from + ((px - begin) / long) * (to - from);
	const it = { whole: () => from === begin && to === end, reset: () => { [from, to] = whole; } };
	it.shown = (px) => begin + ((px - from) / (to - from)) * long;
	it.px = (at) => it.shown(begin + (((log ? Math.log10(at) : at) - low) / (high - low)) * long);
	it.show = (...ends) => {
		const [a, b] = ends.map((px) => clamp(part(px), Math.min(...whole), Math.max(...whole))).sort((a, b) => (a - b) * long);
		if (Math.abs(a - b) > 2) [from, to] = [a, b];
	};
	it.ticks = () => {
		let a = value(from), b = value(to);
		const tens = log && b - a > 1;
		if (log && !tens) [a, b] = [10 ** a, 10 ** b];
		const power = tens ? 1 : 10 ** Math.floor(Math.log10((b - a) / 5)), found = [];
		const step = power * ([1, 2, 5].find((it) => it * power >= (b - a) / 5) ?? 10);
		for (let n = Math.ceil(a / step); n * step <= b; n++) found.push(+(n * step).toPrecision(9));
		return found.map((at) => [it.px(tens ? 10 ** at : at), tens ? `1e${at}` : at]);
	};
	return it;
};

const panelOf = (node) => {
	const { box, names: texts } = node.dataset, [x0, y0, x1, y1] = box.split(" ").map(Number);
	const x = along(node.dataset.x, x0, x1), y = along(node.dataset.y, y1, y0), [across, up, ...names] = texts.split("|");
	const all = (select) => [...node.querySelectorAll(select)], kept = (select) => all(select).map((it) => [it, it.getAttribute("d")]);
	const series = all(".series"), words = node.querySelector(".words.tick"), old = [...words?.children ?? []];
	const drawn = kept("[clip-path] path"), framed = kept("path.tick"), holds = (px, py) => px >= x0 && px <= x1 && py >= y0 && py <= y1;
	const place = (it) => [x.px(it.x), clamp(y.px(it.y), y0, y1)];
	const can = (it) => !it.one.matches(".off") && holds(...place(it));
	const read = (one) => {
		const stops = one.querySelectorAll(".stop"), { points = "", label, names: of = "" } = one.dataset;
		return points.split(";").filter(Boolean).map((text, at) => {
			const [x, y, ...values] = text.split(" "), stop = stops[at];
			const numbers = values.map((it, n) => it !== "-" && `${of.split("|")[n]} ${it}`).filter(Boolean).join(", ");
			const said = [names.length ? names[x] : `${across} = ${x}, ${up} = ${y}`, label, numbers].filter(Boolean).join(". ");
			return { panel, one, stop, x: +x, y: +y, said: stop?.ariaLabel ?? said.replace(/_?\{(.*?)\}/g, "$1") };
		});
	};
	const nearest = (px, py) => {
		let found, least = 900;
		for (const it of panel.points.filter(can)) {
			const [a, b] = place(it), far = (a - px) ** 2 + (names.length ? 0 : (b - py) ** 2);
			if (far < least) [found, least] = [it, far];
		}
		return found;
	};
	const tick = (x, y, anchor, text) => words.appendChild(make("text", { x, y, "text-anchor": anchor })).append(text);
	const draw = () => {
		const move = (_, letter, places) =>
			letter + places.trim().split(" ").map((it, at) => (at % 2 ? y : x).shown(+it).toFixed(1)).join(" ");
		const whole = panel.whole();
		for (const [path, d] of drawn) set(path, { d: whole ? d : d.replace(/([ML])([-\d. ]+)/g, move) });
		for (const [path, d] of framed) set(path, { d: whole ? d : "" });
		words?.replaceChildren(...(whole ? old : []));
		if (whole || !words) return;
		let d = "";
		for (const [at, text] of names.length ? [] : x.ticks()) d += tick(at, y1 + 17, "middle", text) ?? `M${at} ${y1}v-8M${at} ${y0}v8`;
		for (const [at, text] of y.ticks()) d += tick(x0 - 6, at + 4, "end", text) ?? `M${x0} ${at}h8M${x1} ${at}h-8`;
		set(framed[0][0], { d });
	};
	const show = (a, b, c, d) => { if (!names.length) x.show(a, b); y.show(c, d); draw(); };
	const closer = (by, px = (x0 + x1) / 2, py = (y0 + y1) / 2) => {
		const near = (at, to) => at + (to - at) * by;
		show(near(px, x0), near(px, x1), near(py, y1), near(py, y0));
	};
	const whole = () => x.whole() && y.whole(), reset = () => { x.reset(); y.reset(); draw(); };
	const panel = { node, series, holds, place, can, nearest, show, closer, whole, reset };
	panel.points = series.flatMap(read).sort((a, b) => a.x - b.x || a.y - b.y);
	return panel;
};

const enhance = (chart) => {
	const panels = [...chart.querySelectorAll(".panel")].map(panelOf), after = chart.nextElementSibling;
	if (after?.matches(".readout")) after.remove();
	chart.insertAdjacentHTML("afterend", '<div class="readout"><button type="button" hidden>Whole range</button><output></output></div>');
	const [button, output] = chart.nextElementSibling.children, ring = chart.appendChild(make("circle", { class: "at" }));
	set(chart, { tabindex: 0, role: "graphics-document", "data-ready": "" });
	let now, start, area;
	const tell = (it) => {
		now = it;
		ring.r.baseVal.value = it ? 7 : 0;
		output.textContent = it?.said ?? "";
		if (it) [ring.cx.baseVal.value, ring.cy.baseVal.value] = it.panel.place(it);
	};
	const changed = () => {
		button.hidden = panels.every((it) => it.whole());
		tell(now?.panel.can(now) ? now : null);
	};
	const reset = () => { for (const it of panels) it.reset(); changed(); };
	const where = (event) => {
		const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
		return { x, y, panel: panels.find((it) => it.holds(x, y)) };
	};
	const step = (by) => {
		const all = panels.flatMap((it) => it.points.filter(it.can)), at = all.indexOf(now);
		tell(all[at < 0 ? 0 : clamp(at + by, 0, all.length - 1)]);
	};
	const look = (by) => { (now?.panel ?? panels[0]).closer(by, ...now?.panel.place(now) ?? []); changed(); };
	const keys = { ArrowRight: [step, 1], ArrowLeft: [step, -1], "+": [look, 0.6], "-": [look, 1.7], 0: [reset], Escape: [reset] };
	button.onclick = () => { reset(); chart.focus(); };
	chart.onkeydown = (event) => {
		const { target, ctrlKey, metaKey, altKey, key } = event, [act, by] = keys[key] ?? [];
		if (!act || target.matches(".key") || ctrlKey || metaKey || altKey) return;
		event.preventDefault();
		act(by);
	};
	chart.onmousemove = (event) => {
		const at = where(event), { x, y, panel } = at;
		if (!start) return tell(panel?.nearest(x, y));
		start.to = at;
		area ??= chart.appendChild(make("path", { class: "zoom" }));
		set(area, { d: `M${start.x} ${start.y}H${x}V${y}H${start.x}Z` });
	};
	chart.onmousedown = (event) => {
		const at = where(event);
		if (event.button || !at.panel || event.target.closest(".key, a")) return;
		event.preventDefault();
		start = at;
	};
	chart.onmouseup = chart.onmouseleave = () => {
		const { panel, x, y, to } = start ?? {};
		area?.remove();
		start = area = null;
		if (!to || Math.abs(to.x - x) < 6 || Math.abs(to.y - y) < 6) return;
		panel.show(x, to.x, y, to.y);
		changed();
	};
	for (const panel of panels) {
		for (const it of panel.points) if (it.stop) it.stop.onfocus = () => tell(it);
		for (const key of panel.node.querySelectorAll(".key")) {
			const toggle = (event) => {
				if (event.key && !/^(Enter| )$/.test(event.key)) return;
				event.preventDefault();
				const is = key.ariaPressed === "true";
				key.ariaPressed = !is;
				for (const at of key.dataset.series.split(" ")) panel.series[at].classList.toggle("off", is);
				changed();
			};
			set(key, { role: "button", tabindex: 0, "aria-pressed": true });
			key.onclick = key.onkeydown = toggle;
		}
	}
};
const all = () => document.querySelectorAll("svg.chart:not([data-ready])").forEach(enhance);
all();
new MutationObserver(all).observe(document.body, { childList: true, subtree: true });
})();
