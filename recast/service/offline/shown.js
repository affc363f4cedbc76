/* The page of the search in a copy: what search.js found, in the places where the service writes it. */
"use strict";
(function () {
  const AT_ONCE = 25, FACET_AT_ONCE = 8, MOST_VALUES = 50, MOST_WORDS = 8;
  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const { need, positions, search } = globalThis.recastSearch;
  const state = new URLSearchParams(location.search);
  const page = location.pathname.split("/").pop();
  let asked = 0;

  globalThis.recastLoad = (name, failed) => {
    const script = document.createElement("script");
    script.src = `${folder}${name}.js`;
    script.onerror = failed;
    document.head.append(script);
  };

  function element(name, attributes = {}, ...inside) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  }

  function address(changes) {
    const wanted = new URLSearchParams();
    for (const [key, value] of Object.entries({ ...Object.fromEntries(state), ...changes })) {
      if (value && key !== "cursor") wanted.set(key, value);
    }
    return String(wanted) ? `${page}?${wanted}` : page;
  }

  function words(head, name, value) {
    return head.labels[name]?.[value] ?? value;
  }

  function link(text, changes) {
    return element("a", { href: address(changes) }, text);
  }

  function chosenOf(head) {
    return Object.fromEntries(head.facets.map(([name]) => [name, state.get(name)]).filter(([, value]) => value));
  }

  function facetsShown(head, facets, found, chosen) {
    const groups = [];
    for (const [name, title] of head.facets) {
      if (chosen[name]) continue;
      const counts = Object.entries(facets[name]).map(([value, places]) => [value, positions(places).reduce((sum, at) => sum + found.found[at], 0)]);
      const values = counts.filter(([, count]) => count).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      if (!values.length) continue;
      const items = values.slice(0, MOST_VALUES).map(([value, count]) => element(
        "li", {}, link(words(head, name, value), { [name]: value }), " ", element("span", { class: "count" }, String(count))));
      const group = element("section", { class: "facet" }, element("h2", {}, title),
        element("ul", {}, ...items.slice(0, FACET_AT_ONCE)));
      const more = items.slice(FACET_AT_ONCE);
      if (more.length) {
        group.append(element("details", {}, element("summary", {}, `${more.length} more`), element("ul", {}, ...more)));
      }
      groups.push(group);
    }
    return groups;
  }

  function nothing(q, head, chosen) {
    const list = element("ul");
    const parts = q.split(/\s+/).filter(Boolean);
    if (parts.length > 1 && parts.length <= MOST_WORDS) {
      parts.forEach((_, at) => {
        const fewer = parts.filter((__, other) => other !== at).join(" ");
        list.append(element("li", {}, "fewer words: ", link(fewer, { q: fewer })));
      });
    }
    for (const [name, title] of head.facets) {
      if (chosen[name]) {
        list.append(element("li", {}, "without ", link(`${title}: ${words(head, name, chosen[name])}`, { [name]: "" })));
      }
    }
    list.append(element("li", {}, element("a", { href: page }, "all analyses")));
    return element("section", { class: "nothing" }, element("h2", {}, "No search here fits"),
      element("p", {}, "What you can try:"), list);
  }

  async function showItems(head, list, places, from) {
    const names = [...new Set(places.slice(from, from + AT_ONCE).map((at) => `i${Math.floor(at / head.items)}`))];
    await Promise.all(names.map(need));
    for (const at of places.slice(from, from + AT_ONCE)) {
      const items = await need(`i${Math.floor(at / head.items)}`);
      list.insertAdjacentHTML("beforeend", items[at % head.items]);  // written, and escaped, by the service
    }
  }

  async function resultsShown(head, found) {
    const list = element("ol", { class: "list" });
    await showItems(head, list, found.places, 0);
    if (found.total <= AT_ONCE) return [list];
    const more = element("button", { type: "button" }, "More");
    let shown = AT_ONCE;
    more.addEventListener("click", async () => {
      const next = list.children.length;
      shown += AT_ONCE;
      await showItems(head, list, found.places, shown - AT_ONCE);
      if (shown >= found.total) more.remove();
      list.children[next]?.querySelector("a")?.focus();
    });
    return [list, element("p", { class: "pager" }, more)];
  }

  function said(q, found) {
    const told = found.notes.map((note) => element("p", { class: "quiet" }, note));
    if (found.instead) {
      told.push(element("p", {}, "Nothing is found for ", element("b", {}, q), ": these have ", element("b", {}, found.instead), "."));
    }
    if (found.meant.length) {
      const offers = found.meant.flatMap((it, at) => [at ? " or " : "", link(it, { q: it })]);
      told.push(element("p", {}, "Did you mean ", ...offers, "?"));
    }
    return element("div", { class: "told" }, ...told);
  }

  function chosenShown(head, chosen) {
    const list = element("ul", { class: "chosen", "aria-label": "Chosen" });
    for (const [name, title] of head.facets) {
      if (!chosen[name]) continue;
      const label = words(head, name, chosen[name]);
      list.append(element("li", {}, `${title}: `, element("b", {}, label), " ",
        element("a", { href: address({ [name]: "" }) }, "remove", element("span", { class: "unseen" }, ` ${title}: ${label}`))));
    }
    return list;
  }

  async function show(q) {
    const mine = (asked += 1);
    const head = await need("head");
    const chosen = chosenOf(head);
    const found = await search(q, chosen);
    const facets = await need("facets");
    const results = found.total ? await resultsShown(head, found) : [nothing(q, head, chosen)];
    if (mine !== asked) return; // somebody has typed on
    const status = document.querySelector("main [role=status]");
    status.textContent = `${found.total} ${found.total === 1 ? "analysis" : "analyses"} found`;
    document.querySelector("main .results").replaceChildren(...results);
    document.querySelectorAll("main .told, main .chosen").forEach((it) => it.remove());
    status.after(said(q, found));
    if (Object.keys(chosen).length) status.before(chosenShown(head, chosen));
    document.querySelector("main aside.facets")?.replaceChildren(...facetsShown(head, facets, found, chosen));
    document.documentElement.dataset.found = String(found.total);
  }

  function problem(error) {
    const status = document.querySelector("main [role=status]");
    status.textContent = `The search cannot be done: ${error.message}. The lists below are complete.`;
  }

  function begin() {
    const form = document.querySelector("main form[role=search]");
    const field = form?.querySelector("input[type=search]");
    if (!field) return;
    const filtered = [...state.keys()].some((key) => key !== "cursor" && state.get(key));
    field.value = state.get("q") ?? "";
    for (const [name, value] of state) {
      if (name !== "q" && name !== "cursor") form.append(element("input", { type: "hidden", name, value }));
    }
    if (filtered) show(field.value).catch(problem);
    let later = 0;
    field.addEventListener("input", () => {
      clearTimeout(later);
      later = setTimeout(() => {
        state.set("q", field.value);
        try { history.replaceState(null, "", address({})); } catch { /* not every browser lets a file do it */ }
        show(field.value).catch(problem);
      }, 120);
    });
  }

  begin();
})();
