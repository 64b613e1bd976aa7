// The queue by keyboard: j/k move, Enter or o opens, x chooses, e completes, s snoozes, r reassigns, d skips, a takes and gives back,
// u undoes, ? helps. With several chosen, e, s, r and d are for all of them.
// Everything here is also a link, a button or a form of the page.
const queue = () => document.getElementById("queue");
const panel = () => document.getElementById("queue-panel");
const links = () => [...document.querySelectorAll(".queue-row > a")];
const openedId = () => panel()?.querySelector("[data-touchpoint]")?.dataset.touchpoint;
const isTyping = (target) => target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]") !== null;
// What to do once the touchpoint being fetched is there.
let pending = null;

const markOpened = () => {
  const id = openedId();
  for (const link of links()) {
    if (link.parentElement.id === `touchpoint-${id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const list of document.querySelectorAll(".queue-items")) {
    if (list.children.length > 0) continue;
    document.getElementById(list.getAttribute("aria-labelledby"))?.remove();
    list.remove();
  }
};

// What an answer says of the list: which row is gone or changed, how many are left in each section.
const bringListUpToDate = () => {
  for (const gone of panel().querySelectorAll("[data-gone]")) document.getElementById(`touchpoint-${gone.dataset.gone}`)?.remove();
  const fresh = panel().querySelector("template[data-fresh]");
  const stale = fresh && document.getElementById(`touchpoint-${fresh.dataset.fresh}`);
  if (stale) {
    const row = fresh.content.firstElementChild.cloneNode(true);
    stale.replaceWith(row);
    htmx.process(row);
  }
  for (const count of document.querySelectorAll(".queue-count")) {
    const number = document.querySelector(`#queue-tabs [data-count="${count.dataset.section}"]`);
    if (number) count.textContent = number.textContent;
  }
};

const step = (by) => {
  const all = links();
  if (all.length === 0) return;
  const focused = all.indexOf(document.activeElement);
  const current = focused >= 0 ? focused : all.findIndex((link) => link.hasAttribute("aria-current"));
  const next = focused < 0 && !queue().classList.contains("queue-moved") ? Math.max(current, 0) : Math.min(Math.max(current + by, 0), all.length - 1);
  queue().classList.add("queue-moved");
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
};

const choices = () => [...document.querySelectorAll(".queue-choose")];
const countChosen = () => {
  const number = document.querySelector("#queue-bulk [data-chosen]");
  if (number) number.textContent = choices().filter((box) => box.checked).length;
};
const chooseAll = (isChosen) => {
  for (const box of choices()) box.checked = isChosen;
  countChosen();
};
const choose = () => {
  const row = document.activeElement?.closest(".queue-row") ?? document.querySelector(".queue-row:has(> a[aria-current])");
  const box = row?.querySelector(".queue-choose");
  if (!box) return;
  box.checked = !box.checked;
  countChosen();
};

// What was ticked of a procedure stays ticked while this window is open.
const rememberSteps = () => {
  for (const box of document.querySelectorAll("[data-step]")) box.checked = sessionStorage.getItem(`step-${box.dataset.step}`) === "1";
};

const actOnChosen = (key) => {
  const control = document.querySelector(`#queue-bulk [data-bulk="${key}"]`);
  if (control?.matches("details")) {
    control.open = !control.open;
    if (control.open) control.querySelector("select, input").focus();
  } else control?.click();
};

const keepsFocus = (details, isOpen) => {
  details.open = isOpen;
  if (isOpen) details.querySelector("button, input:not([type=hidden])")?.focus();
  else details.querySelector("summary").focus();
};

const act = (key) => {
  const details = panel().querySelector(`details[data-opens="${key}"]`);
  const form = panel().querySelector(`form[data-key="${key}"]`) ?? queue().querySelector(`form[data-key="${key}"]`);
  if (details) keepsFocus(details, !details.open);
  else if (form && key === "e") form.querySelector("textarea").focus();
  else if (form) form.requestSubmit();
};

const actOnFocused = (key) => {
  if (["e", "s", "r", "d"].includes(key) && choices().some((box) => box.checked)) {
    actOnChosen(key);
    return;
  }
  const focused = document.activeElement?.closest(".queue-row > a");
  if (focused && focused.parentElement.id !== `touchpoint-${openedId()}` && key !== "u") {
    pending = key;
    focused.click();
  } else {
    if (openedId()) queue().classList.add("queue-open");
    act(key);
  }
};

const backToList = () => {
  const opened = document.querySelector(".queue-row > a[aria-current]") ?? links()[0];
  queue().classList.remove("queue-open");
  opened?.focus();
};

document.addEventListener("keydown", (event) => {
  if (!queue() || document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.closest(".queue-log");
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  // What is typed for many answers the act it was asked for, not the first one of the form.
  const sheet = event.target.closest("#queue-bulk .queue-sheet");
  if (event.key === "Enter" && sheet && event.target.matches("input")) {
    event.preventDefault();
    sheet.querySelector("[name=act]").click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const details = event.target.closest("details.queue-act[open]");
    if (details) keepsFocus(details, false);
    else if (choices().some((box) => box.checked) && !isTyping(event.target)) chooseAll(false);
    else if (panel().contains(event.target) && isTyping(event.target)) document.getElementById("queue-title")?.focus();
    else backToList();
    return;
  }
  if (isTyping(event.target)) return;
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    o: () => document.activeElement?.closest(".queue-row > a")?.click(),
    x: choose,
    X: () => chooseAll(!choices().every((box) => box.checked)),
    c: () => actOnFocused("e"),
    "?": () => document.getElementById("queue-help").showModal(),
  };
  for (const key of ["e", "s", "d", "a", "r", "u"]) keys[key] = () => actOnFocused(key);
  if (!(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

document.addEventListener("click", (event) => {
  if (event.target.closest(".queue-row > a")) queue().classList.add("queue-open");
  // The way back to the list on a phone needs no reload: the list is still there.
  if (event.target.closest(".queue-back") && links().length > 0) {
    event.preventDefault();
    history.replaceState(null, "", event.target.closest(".queue-back").href);
    backToList();
  }
  // A reason that is missing is asked for before anything is sent: the choice stays.
  const bulk = event.target.closest("#queue-bulk [name=act]");
  if (bulk) document.getElementById("bulk-reason").required = bulk.value === "skip";
  if (event.target.closest("[data-choose-all]")) chooseAll(true);
  if (event.target.closest("[data-choose-none]")) chooseAll(false);
  for (const details of document.querySelectorAll("details.queue-act[open]")) if (!details.contains(event.target)) details.open = false;
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  if (event.target.matches(".queue-choose")) countChosen();
  if (event.target.matches("[data-step]")) sessionStorage.setItem(`step-${event.target.dataset.step}`, event.target.checked ? "1" : "");
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (!queue()) return;
  bringListUpToDate();
  markOpened();
  // Only what somebody opened is brought into view: a page that has just come begins at its beginning, and who reads further down stays there
  // while more rows, a follow-up or the counts come.
  if (["queue", "queue-panel"].includes(event.target.id)) document.querySelector(".queue-row > a[aria-current]")?.scrollIntoView({ block: "nearest" });
  // What became of many at once is said above the list, and is to be read.
  if (event.target.id === "queue") document.querySelector("#queue [data-bulk-said]")?.scrollIntoView({ block: "nearest" });
  rememberSteps();
  countChosen();
  if (event.target.id !== "queue-panel") return;
  panel().scrollTop = 0;
  panel().querySelector('[aria-invalid="true"]')?.focus();
  if (pending) act(pending);
  pending = null;
});

if (queue()) {
  markOpened();
  rememberSteps();
}
