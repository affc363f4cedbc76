// The log of a step goes on by itself: new lines below, earlier ones by scrolling up. Its parts are those that the links
// of the page lead to, so both show the same.
(() => {
  "use strict";
  const MOST_PARTS = 16, NEAR = 300, SOON_MS = 1000, CALM_MS = 8000;
  const load = async (address, wanted) => {
    const url = new URL(address, location.href);
    if (wanted === ".part") url.searchParams.set("part", "true");
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(wanted);
  };
  const grown = (log) => {
    const lines = log.querySelector("pre"), state = log.parentElement.querySelector("[data-state]");
    let waiting = false, pause = SOON_MS;
    const say = (words) => { if (state && state.textContent !== words) state.textContent = words; };
    const isReversed = () => getComputedStyle(log).flexDirection === "column-reverse";
    // What is above and below of what is seen; a reversed box counts from its end.
    const hidden = () => log.scrollHeight - log.clientHeight;
    const above = () => (isReversed() ? hidden() + log.scrollTop : log.scrollTop);
    const earlier = async () => {
      const first = lines.firstElementChild;
      if (waiting || !first?.dataset.earlier) return;
      waiting = true;
      try {
        const part = await load(first.dataset.earlier, ".part");
        if (part.hasAttribute("data-again")) first.dataset.earlier = "";
        else {
          const place = above(), before = log.scrollHeight;
          lines.prepend(part);
          if (!isReversed()) log.scrollTop = place + log.scrollHeight - before;
          while (lines.childElementCount > MOST_PARTS) lines.lastElementChild.remove();
        }
      } catch { say("Earlier lines cannot be loaded now."); } finally { waiting = false; }
    };
    const later = async () => {
      const last = lines.lastElementChild;
      if (last.hasAttribute("data-ended")) { say("complete"); return; }
      if (document.hidden || waiting || hidden() - above() > NEAR) { setTimeout(later, SOON_MS); return; }
      waiting = true;
      try {
        const part = await load(last.dataset.later, ".part");
        if (part.hasAttribute("data-again")) {
          lines.replaceChildren(part);
          say("it was replaced; this is its end");
        } else if (part.textContent.trim() || part.hasAttribute("data-ended")) {
          lines.append(part);
          while (lines.childElementCount > MOST_PARTS) lines.firstElementChild.remove();
          pause = SOON_MS;
          say("follows what is written");
        } else pause = Math.min(pause * 1.5, CALM_MS);
      } catch { pause = CALM_MS; say("The service cannot be reached; trying again."); } finally { waiting = false; }
      setTimeout(later, pause);
    };
    log.addEventListener("scroll", () => { if (above() < NEAR) earlier(); }, { passive: true });
    if (log.hasAttribute("data-live")) later();
  };
  document.querySelectorAll(".log").forEach(grown);
  document.querySelectorAll("[data-load]").forEach(async (link) => {
    try { link.closest("section").replaceWith(await load(link.href, `#${link.dataset.load}`)); } catch { /* the link stays */ }
  });
})();
