// What a script adds to forms that work without one: a word before something typed is lost, and when no answer came.
(() => {
  "use strict";
  let typed = false;
  const isKept = (form) => form instanceof HTMLFormElement && form.hasAttribute("data-keep");
  document.addEventListener("input", (event) => { if (isKept(event.target.form)) typed = true; });
  document.addEventListener("submit", (event) => {
    if (isKept(event.target) && event.submitter?.value !== "download") typed = false;
  });
  addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });

  const say = (words) => {
    const said = document.getElementById("said") ?? document.getElementById("count");
    if (said) said.textContent = words;
  };
  document.addEventListener("htmx:response:error", (event) => {
    const status = event.detail.ctx.response.status;
    if (status === 403) say("You may be logged out: log in in another tab, then go on here. Nothing that you wrote is lost.");
    else if (status !== 422) say(`The service did not do it (${status}). Nothing that you wrote is lost: try again in a moment.`);
  });
  document.addEventListener("htmx:error", () => say("The service cannot be reached. Nothing that you wrote is lost."));
})();
