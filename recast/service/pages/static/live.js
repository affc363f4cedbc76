// Follows what a page shows while it goes on: a run, or a request. All tabs that look at the same share one stream.
(() => {
  "use strict";
  const REST_MS = 3000, SILENT_MS = 30000;
  const COLUMNS = ["waiting", "idle", "running", "done", "cached", "failed", "held", "lost", "cancelled", "skipped"];
  const TONES = [["good", ["done", "cached"]], ["now", ["running"]], ["queued", ["idle", "held"]], ["open", ["waiting"]],
    ["bad", ["failed", "lost"]], ["off", ["cancelled", "skipped"]]];
  const SEVERE = ["bad", "now", "queued", "open", "off", "good"];
  const sum = (counts, names) => names.reduce((all, name) => all + (counts[name] || 0), 0);
  const put = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
  const show = (element, is) => { if (element) element.hidden = !is; };
  const made = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const said = () => document.getElementById("said");

  // the stream ---------------------------------------------------------------------------------------------------

  // Opens a stream of its own and hands on what comes, with the number that it follows on; comes back after a break.
  const opened = (address, kinds, after, hand) => {
    let source, timer, number = after;
    const open = () => {
      source = new EventSource(`${address}?after=${number}`);
      const hear = (event) => {
        const message = { kind: event.type, from: number, id: Number(event.lastEventId) || number, data: JSON.parse(event.data) };
        number = Math.max(number, message.id);
        if (message.kind === "ended" || message.kind === "closed") source.close();
        hand(message);
      };
      for (const kind of [...kinds, "ended", "closed"]) source.addEventListener(kind, hear);
      source.onerror = () => {  // after a broken connection the browser tries again by itself, after an error it does not
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000 + 3000 * Math.random());
      };
    };
    open();
    return () => { clearTimeout(timer); source.close(); };
  };

  // Follows an address while the tab is seen: whoever has the lock has the stream, and tells the other tabs.
  const follow = (address, kinds, numberNow, hand) => {
    const canShare = navigator.locks && window.BroadcastChannel;
    let stop = () => {};
    const alone = () => { stop = opened(address, kinds, numberNow(), hand); };
    const shared = () => {
      const channel = new BroadcastChannel(`recast:${address}`), giveUp = new AbortController();
      let last = null, isFirst = false, close = () => {};
      channel.onmessage = ({ data }) => {
        if (!("hello" in data)) hand(data);
        else if (last) channel.postMessage(last);
        else if (isFirst && data.hello < numberNow()) channel.postMessage({ kind: "stale" });
      };
      channel.postMessage({ hello: numberNow() });
      navigator.locks.request(`recast:${address}`, { signal: giveUp.signal }, () => new Promise((done) => {
        isFirst = true;
        const shut = opened(address, kinds, numberNow(), (message) => { last = message; channel.postMessage(message); hand(message); });
        close = () => { shut(); done(); };
      })).catch((error) => { if (error.name !== "AbortError") alone(); });
      stop = () => { giveUp.abort(); close(); channel.close(); };
    };
    const begin = canShare ? shared : alone;
    const look = () => { stop(); stop = () => {}; if (document.visibilityState === "visible") begin(); };
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", () => stop());
    addEventListener("pageshow", (event) => { if (event.persisted) look(); });
    look();
    return () => { document.removeEventListener("visibilitychange", look); stop(); };
  };

  // parts of the page, loaded again ------------------------------------------------------------------------------

  const isTouched = (part) => part.contains(document.activeElement)
    || [...part.querySelectorAll("textarea, input:not([type=hidden])")].some((it) => it.value !== it.defaultValue);
  const wanted = new Set();
  let isLoading = false, loadedAt = 0, afterLoad = () => {};
  const load = async () => {
    if (isLoading || !wanted.size) return;
    isLoading = true;
    const ids = [...wanted];
    wanted.clear();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"), ids);
    } catch { /* the next change tries again */ }
    isLoading = false;
    loadedAt = performance.now();
    if (wanted.size) setTimeout(load, REST_MS);
  };
  const swap = (page, ids) => {
    for (const id of ids) {
      const old = document.getElementById(id), fresh = page.getElementById(id);
      if (!old || !fresh) continue;
      if (isTouched(old)) { old.addEventListener("focusout", () => again([id]), { once: true }); continue; }
      const ticked = new Set([...old.querySelectorAll("input:checked")].map((it) => it.value));
      const open = new Set([...old.querySelectorAll("details[open]")].map((it) => it.id || it.textContent));
      old.replaceWith(document.adoptNode(fresh));
      for (const it of fresh.querySelectorAll("input[type=checkbox]")) it.checked ||= ticked.has(it.value);
      for (const it of fresh.querySelectorAll("details")) it.open ||= open.has(it.id || it.textContent);
    }
    afterLoad(page);
  };
  const again = (ids, now = false) => {
    for (const id of ids) wanted.add(id);
    setTimeout(load, now ? 0 : Math.max(0, loadedAt + REST_MS - performance.now()));
  };
  const tell = (what, data) => document.dispatchEvent(new CustomEvent("recast:changed", { detail: { what, data } }));

  // a run --------------------------------------------------------------------------------------------------------

  const run = document.querySelector("#run[data-live]");
  const part = (name) => run.querySelector(`[data-part="${name}"]`);
  let stages, steps, boxes;
  const find = () => {
    const keyed = (selector) => new Map([...run.querySelectorAll(selector)].map((row) => [row.dataset.key, row]));
    stages = keyed("#counts [data-key]");
    steps = keyed("#step-list [data-key]");
    boxes = [...run.querySelectorAll(".going [data-rows]")];
  };

  const showState = (data) => {
    const banner = document.getElementById("state");
    const state = data.state === "running" && data.paused ? "paused" : data.state;
    if (banner.dataset.state !== state) {
      for (const word of banner.querySelectorAll("[data-word]")) {
        word.hidden = word.dataset.word !== state;
        if (!word.hidden) { banner.className = `banner ${word.dataset.tone}`; put(said(), word.textContent); }
      }
      banner.dataset.state = state;
    }
    show(part("since"), data.since);
    put(part("since").querySelector("time"), data.since || "");
    show(part("tried"), data.tried_again);
    put(part("tried").querySelector("time"), data.tried_again || "");
    put(part("tried").querySelector(".said"), data.interrupted_by || "");
    show(part("cancel"), data.cancel_wished && !data.ended);
  };

  const showNow = ({ driver, ...data }) => {
    show(part("silent"), driver.silent);
    show(part("clocks"), driver.ahead_s !== null);
    put(part("ahead"), String(driver.ahead_s ?? 0));
    show(part("gone"), data.folder === "gone");
    put(part("steps"), String(data.steps_in_all ?? 0));
    put(part("wrote"), driver.wrote || "nothing yet");
    put(part("now"), driver.now || "");
    const delays = data.delays || [], list = part("delays");
    show(list, delays.length);
    list.replaceChildren(...delays.map((line) => made("li", line)));
    const awaited = (data.awaited || []).map((it) => {
      const item = made("li", ""), address = `${run.dataset.path}/steps/${it.step.replace(/^\//, "")}`;
      item.append(made("a", it.step, { href: address }), ` ${it.state} since `, made("time", it.since));
      return item;
    });
    document.querySelector("ul[data-part=awaited]").replaceChildren(...(awaited.length ? awaited : [made("li", "nothing")]));
  };

  const showStage = (row, stage) => {
    for (const cell of row.querySelectorAll("[data-count]")) put(cell, stage[cell.dataset.count] ? String(stage[cell.dataset.count]) : "");
    const all = sum(stage, COLUMNS);
    let at = 0;
    row.querySelectorAll(".bar rect").forEach((piece, place) => {
      const wide = all ? 100 * sum(stage, TONES[place][1]) / all : 0;
      piece.setAttribute("x", at.toFixed(2));
      piece.setAttribute("width", wide.toFixed(2));
      at += wide;
    });
    const cell = row.querySelector("[data-part=awaited]"), shown = [];
    if (stage.awaited) shown.push(`${stage.awaited} since `, made("time", stage.since));
    else if (stage.open && stage.waits_for?.length) shown.push(`waits for ${stage.waits_for.join(", ")}`);
    if (stage.why_held) shown.push(" ", made("span", stage.why_held, { className: "said" }));
    cell.replaceChildren(...shown);
  };

  const showBox = (box, all) => {
    const counts = {};
    for (const place of box.dataset.rows.split(" ")) for (const name of COLUMNS) counts[name] = (counts[name] || 0) + (all[place]?.[name] || 0);
    const tone = SEVERE.find((it) => sum(counts, TONES.find(([name]) => name === it)[1])) || "open";
    if (box.getAttribute("class") !== tone) box.setAttribute("class", tone);
    put(box.querySelector(".small"), `${sum(counts, ["done", "cached"]).toLocaleString("en-US")} of ${sum(counts, COLUMNS).toLocaleString("en-US")}`);
  };

  const showStep = (step) => {
    const row = steps.get(step.id);
    if (!row) return;
    const mark = row.querySelector("[data-part=counted]");
    mark.className = `mark ${step.counted}`;
    put(mark, step.counted);
    put(row.querySelector("[data-part=attempts]"), step.attempts ? String(step.attempts) : "");
    if ("host" in step) put(row.querySelector("[data-part=host]"), step.host || "");
    if ("why" in step) put(row.querySelector("[data-part=why]"), step.why || "");
  };

  // What a change of a run changes: texts, classes and numbers in their places. Other stages need another drawing, and a
  // list of some steps may have others in it now: they are loaded again, every few seconds at most.
  const showRun = ({ from, data }) => {
    const known = Number(run.dataset.number), start = performance.now();
    run.dataset.number = data.number;
    showState(data);
    showNow(data);
    for (const stage of data.stages) if (stages.has(stage.stage)) showStage(stages.get(stage.stage), stage);
    if (data.structure === run.dataset.structure) for (const box of boxes) showBox(box, data.stages);
    else again(["stages", "stage"]);
    data.changed_steps.forEach(showStep);
    const isPart = /[?&](q|state|sort)=[^&]/.test(location.search);
    const isNew = String(data.steps_in_all) !== run.dataset.steps;
    run.dataset.steps = data.steps_in_all;
    if (from > known || data.changed > data.changed_steps.length || (data.changed && (isPart || isNew))) again(["list"]);
    performance.clearMeasures("recast-update");
    performance.measure("recast-update", { start });
    tell("run", data);
  };

  if (run) {
    let heard = performance.now(), stop = () => {};
    find();
    afterLoad = (page) => { run.dataset.structure = page.getElementById("run")?.dataset.structure ?? ""; find(); };
    const hand = (message) => {
      heard = performance.now();
      if (message.kind === "snapshot" && message.data.number > Number(run.dataset.number)) showRun(message);
      if (message.kind === "stale") again(["state", "now", "stages", "list"], true);
      if (message.kind === "closed") put(said(), "This page is not followed any more: load it again.");
      if (message.kind !== "ended") return;
      run.removeAttribute("data-live");
      again(["state", "now", "stages", "list", "used", "control"], true);
      stop();
      tell("run", message.data);
    };
    stop = follow(run.dataset.events, ["snapshot"], () => Number(run.dataset.number), hand);
    setInterval(() => {
      const isSilent = run.hasAttribute("data-live") && performance.now() - heard > SILENT_MS;
      if (isSilent && document.visibilityState === "visible") again(["state", "now"]);
    }, SILENT_MS);
  }

  // a request ----------------------------------------------------------------------------------------------------

  const request = document.querySelector("[data-follow]");
  if (request) {
    let number = Number(request.dataset.number);
    const kinds = request.dataset.kinds.split(" ");
    const hand = ({ kind, id, data }) => {
      if (kind === "closed" || (id <= number && kind !== "stale")) return;
      number = id ?? number;
      again(request.dataset.follow.split(" "));
      tell("request", data);
    };
    afterLoad = (page) => {
      const words = page.getElementById("request-state")?.querySelector("b")?.textContent ?? "";
      if (said() && words !== request.dataset.words) put(said(), words);
      request.dataset.words = words;
    };
    follow(request.dataset.events, kinds, () => number, hand);
  }
})();
