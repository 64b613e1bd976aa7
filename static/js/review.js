// The review inbox by keyboard, as the queue: j/k move, Space chooses, a accepts, x keeps, s snoozes, u undoes, ? helps.
// Everything here is also a link, a box or a button of the page.
const review = () => document.getElementById("review");
const rows = () => [...document.querySelectorAll(".review-row")];
const boxes = () => [...document.querySelectorAll(".review-row input[name=drift]")];
const handle = (row) => row.querySelector("input[name=drift]") ?? row.querySelector("a");
const current = () => document.activeElement?.closest(".review-row");
const isTyping = (target) => target.closest("input:not([type=checkbox]), select, textarea") !== null;
// Where the focus was when the list was last swapped.
let place = 0;

const countChosen = () => {
  const output = document.querySelector("[data-chosen]");
  if (!output) return;
  const chosen = boxes().filter((box) => box.checked).length;
  output.textContent = chosen ? `${output.dataset.some} ${chosen}` : output.dataset.none;
  const all = document.querySelector("[data-choose-all]");
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && chosen < boxes().length;
};

const focusRow = (number) => {
  const all = rows();
  if (all.length === 0) return;
  place = Math.min(Math.max(number, 0), all.length - 1);
  handle(all[place]).focus();
  all[place].scrollIntoView({ block: "nearest" });
};

// With nothing chosen, what is done is done to the client in focus.
const chooseFocused = () => {
  if (boxes().some((box) => box.checked)) return true;
  const box = current()?.querySelector("input[name=drift]");
  if (box) box.checked = true;
  countChosen();
  return Boolean(box);
};

const open = (details, isOpen) => {
  details.open = isOpen;
  if (isOpen) details.querySelector("button, input")?.focus();
  else details.querySelector("summary").focus();
};

document.addEventListener("keydown", (event) => {
  if (!review() || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const details = event.target.closest("details.queue-act[open]");
    if (details) open(details, false);
    else focusRow(place);
    return;
  }
  // Enter in a field means its own button, not the form's first.
  if (event.key === "Enter" && event.target.dataset?.enters) {
    event.preventDefault();
    document.querySelector(`button[name=do][value=${event.target.dataset.enters}]`)?.click();
    return;
  }
  if (isTyping(event.target)) return;
  const keys = {
    j: () => focusRow(current() ? place + 1 : place),
    k: () => focusRow(current() ? place - 1 : place),
    o: () => current()?.querySelector("a").click(),
    a: () => chooseFocused() && document.getElementById("review-accept")?.click(),
    u: () => document.querySelector('form[data-key="u"]')?.requestSubmit(),
    "?": () => document.getElementById("review-help").showModal(),
  };
  for (const key of ["x", "s"]) {
    const details = document.querySelector(`details[data-opens="${key}"]`);
    if (details) keys[key] = () => chooseFocused() && open(details, !details.open);
  }
  if (event.key === "Enter" && event.target.matches("input[name=drift]")) keys.Enter = keys.o;
  if (!(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest(".review-row");
  if (row) place = rows().indexOf(row);
});

document.addEventListener("click", (event) => {
  for (const details of document.querySelectorAll("#review details.queue-act[open]")) if (!details.contains(event.target)) details.open = false;
});

document.addEventListener("change", (event) => {
  const chosen = event.target.dataset.choose;
  if (chosen) for (const box of document.querySelectorAll(`input[type=checkbox][name="${chosen}"]`)) box.checked = event.target.checked;
  if (event.target.matches("[data-choose-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (review()?.contains(event.target)) countChosen();
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "review") return;
  countChosen();
  if (!event.target.querySelector("details[open]") && !document.activeElement?.closest(".review-filters")) focusRow(place);
});

countChosen();
