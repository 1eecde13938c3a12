// What the pages do beside what htmx does: keys, the reader's zone, and updates that disturb nobody.
(() => {
  "use strict";

  const page = () => document.getElementById("page");
  const isTyping = (element) => element.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");

  // --- the reader's zone -------------------------------------------------------------------------------------------

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = document.cookie.split("; ").find((each) => each.startsWith("zone="));
  if (zone && known !== `zone=${zone}`) {
    document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=strict`;
    if (document.body.dataset.zone && document.body.dataset.zone !== zone) document.addEventListener("htmx:after:init", onceThePageListens);
  }
  // Elements are made to listen one after the other: what is said before #page does is said to nobody.
  function onceThePageListens(event) {
    if (event.target !== page()) return;
    document.removeEventListener("htmx:after:init", onceThePageListens);
    lookAgain();
  }
  function lookAgain() {
    document.body.dispatchEvent(new CustomEvent("milepost:changed"));
  }

  // --- requests ----------------------------------------------------------------------------------------------------

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (["trust", "page"].includes(ctx.sourceElement.id)) ctx.request.headers["Milepost-By-Itself"] = "yes";
    const body = ctx.request.body;
    if (ctx.request.method !== "GET" || !body) return;
    for (const [key, value] of [...body]) if (value === "") body.delete(key);
    if (ctx.sourceElement.id === "page") {
      for (const row of page().querySelectorAll("details[data-row][open]")) body.append("open", row.id);
    }
  });

  document.addEventListener("htmx:before:request", (event) => {
    const polls = ["trust", "page"].includes(event.detail.ctx.sourceElement.id);
    if (polls && document.hidden) event.preventDefault();
  });

  const lost = (is) => document.querySelectorAll(".lost").forEach((each) => { each.hidden = !is; });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.sourceElement?.id === "trust") lost(true);
  });

  // --- updates: what is read stays where it is, what has changed is marked for a moment ------------------------------

  let anchor = null;
  let before = new Map();

  // Where the eye is: the focus, an opened row, else the first row on the screen once the page was scrolled.
  function findAnchor() {
    const rows = [...page().querySelectorAll("[id][data-live], tr[id], details[id]")];
    const inView = (row) => { const box = row.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; };
    const focused = document.activeElement.closest?.("#page [id]");
    if (focused && focused.id !== "page" && inView(focused)) return focused;
    const opened = rows.find((row) => row.matches("details[open]") && inView(row));
    if (opened) return opened;
    return scrollY > 40 ? rows.find(inView) : null;
  }

  document.addEventListener("htmx:before:swap", (event) => {
    if (event.detail.ctx?.target?.id !== "page") return;
    const element = findAnchor();
    anchor = element && { id: element.id, top: element.getBoundingClientRect().top };
    before = new Map([...page().querySelectorAll("[data-live]")].map((each) => [each, each.dataset.live]));
    if (event.detail.ctx.sourceElement.id !== "page") before = null;
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const id = event.detail.ctx?.target?.id;
    if (id === "trust") lost(false);
    if (event.detail.ctx?.sourceElement?.matches("form.handle")) lookAgain();
    if (wanted) reach(wanted.row, wanted.what);
    dress();
    if (id !== "page") return;
    const element = anchor && document.getElementById(anchor.id);
    if (element) scrollBy({ top: element.getBoundingClientRect().top - anchor.top, behavior: "instant" });
    if (before) for (const each of page().querySelectorAll("[data-live]")) if (before.get(each) !== each.dataset.live) mark(each);
  });

  function mark(element) {
    element.classList.add("changed");
    setTimeout(() => element.classList.remove("changed"), 2600);
  }

  // --- gaps: what is done about the one that the focus is in ----------------------------------------------------------

  let wanted = null;

  // The evidence is about to be swapped for one that says how the gap is handled now: the focus goes back to its row.
  document.addEventListener("htmx:before:swap", (event) => {
    const form = event.detail.ctx?.sourceElement;
    if (form?.matches("form.handle")) handle(form.closest("details[data-row]") ?? page()).focus({ preventScroll: true });
  });

  // Acknowledge at once, or go to the field that has to be filled in; a row that is closed is opened first.
  function reach(row, what) {
    wanted = null;
    const form = row.querySelector(`form[data-do="${what}"]`);
    if (!form) {
      if (row.open === false) [row.open, wanted] = [true, { row, what }];
      return;
    }
    if (what === "acknowledge") form.requestSubmit(form.querySelector("button"));
    else form.querySelector("select, input:not([type=hidden]), button").focus();
  }

  function act(what) {
    const row = document.activeElement.closest("details[data-row]") ?? document.querySelector(".one.gap");
    if (row) reach(row, what);
  }

  // --- keys --------------------------------------------------------------------------------------------------------

  const rows = () => [...page().querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const handle = (row) => row.querySelector(":scope > summary") ?? row;

  function step(by) {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => row.contains(document.activeElement));
    const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1);
    handle(all[next]).focus();
    handle(all[next]).scrollIntoView({ block: "nearest" });
  }

  // Out of a field of a row back to the row, from where the keys go on; out of any other field to the page.
  function leave(field) {
    const row = field.closest("[data-row]");
    if (row) handle(row).focus();
    else field.blur();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") leave(event.target);
      return;
    }
    const search = document.querySelector("[data-search]") ?? document.querySelector("[data-find]");
    const does = { "/": () => { search?.focus(); search?.select(); }, j: () => step(1), k: () => step(-1), "?": showKeys, a: () => act("acknowledge"), i: () => act("assign"), s: () => act("snooze"), n: () => act("note") }[event.key];
    if (!does || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    does();
  });

  function showKeys() {
    document.getElementById("keys").showModal();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) showKeys();
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = copy.parentElement.querySelector("pre").textContent;
      navigator.clipboard.writeText(text).then(() => { copy.textContent = "Copied"; });
    }
  });

  // --- what only works with a script, and labels for tables that have become blocks ----------------------------------

  function dress() {
    // Over http from another machine a browser lets no page copy anything.
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const table of document.querySelectorAll("table.list, table.facts")) {
      const names = [...table.querySelectorAll("thead th")].map((each) => each.textContent);
      for (const row of table.tBodies[0]?.rows ?? []) [...row.cells].forEach((cell, place) => {
        if (place && names[place] && cell.dataset.label !== names[place]) cell.dataset.label = names[place];
      });
    }
  }
  dress();
})();
