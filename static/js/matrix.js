// The matrix is worked in like a spreadsheet. One cell takes part in tabbing; arrows move. Enter, or the first digit of a number, edits a cell in its
// place, Escape leaves it, Delete empties it, Shift+Enter opens everything a promise says. While a cell is typed in, hours and capacity move.
const cells = () => [...document.querySelectorAll("#matrix-grid tbody tr")].map((row) => [...row.querySelectorAll("[data-cell]")]);

const enter = (cell) => {
  for (const other of cells().flat()) other.tabIndex = other === cell ? 0 : -1;
};

const begin = () => {
  const [first] = cells().flat();
  if (first) enter(first);
};

const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const move = (cell, [down, across]) => {
  const grid = cells();
  const row = grid.findIndex((each) => each.includes(cell));
  const next = grid[row + down]?.[grid[row].indexOf(cell) + across];
  if (!next) return false;
  enter(next);
  next.focus();
  return true;
};

// What the footer and the capacity said before a cell was typed in, to be put back when it is left.
let before = null;
const TOTALS = ["matrix-totals", "matrix-capacity"];
const remember = () => {
  before = TOTALS.map((id) => document.getElementById(id)?.cloneNode(true));
};
const restore = () => {
  TOTALS.forEach((id, place) => before?.[place] && document.getElementById(id)?.replaceWith(before[place]));
  before = null;
};

const leave = (form) => {
  if (form.matches("[data-conflict]")) {
    location.reload();
    return;
  }
  const holder = form.closest("[data-cell-holder]");
  const cell = holder.previousElementSibling;
  clearTimeout(waiting);
  restore();
  holder.remove();
  cell.hidden = false;
  cell.focus();
};

// `typed` replaces what the cell says; `send` sends it at once.
const edit = async (cell, { typed = null, send = false } = {}) => {
  const open = document.querySelector("[data-cell-form]");
  if (open) leave(open);
  const holder = document.createElement("div");
  holder.dataset.cellHolder = "";
  cell.after(holder);
  cell.hidden = true;
  remember();
  try {
    await htmx.ajax("GET", `${cell.href}cell/`, { target: holder, swap: "innerHTML" });
  } finally {
    if (!holder.firstElementChild) {
      holder.remove();
      cell.hidden = false;
    }
  }
  const field = holder.querySelector("[name=frequency]");
  if (!field) return;
  field.focus();
  if (typed === null) field.select();
  else {
    field.value = typed;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (send) field.form.requestSubmit();
};

const everything = (cell) => htmx.ajax("GET", cell.href, { target: "#promise-panel", swap: "innerHTML" });

let copied = null;
const paste = (cell) => {
  const form = document.getElementById("copy-cell");
  if (!copied || !form || copied === cell.dataset.cell) return;
  form.elements.source.value = copied;
  form.elements.target.value = cell.dataset.cell;
  form.requestSubmit();
};

const press = (selector) => {
  const button = document.querySelector(`${selector} button`);
  if (button && !button.disabled) button.form.requestSubmit(button);
};

const onCell = (event, cell) => {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && key === "c") copied = cell.dataset.cell;
  else if (command && key === "v") paste(cell);
  else if (command || event.altKey) return false;
  else if (event.key === "Enter" && event.shiftKey) everything(cell);
  else if (event.key === "Enter" || event.key === "F2") edit(cell);
  else if (event.key === "Delete" || event.key === "Backspace") edit(cell, { typed: "", send: true });
  else if (/^\d$/.test(event.key)) edit(cell, { typed: event.key });
  else return moves[event.key] ? move(cell, moves[event.key]) : false;
  return true;
};

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-cell-form]");
  if (form) {
    if (event.key === "Escape") leave(form);
    else if (event.key === "Enter" && event.target.matches("input, select")) form.requestSubmit();
    else return;
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const cell = event.target.closest?.("[data-cell]");
  if (cell && onCell(event, cell)) {
    event.preventDefault();
    return;
  }
  const typing = event.target.matches?.("input, textarea, select");
  if (!(event.ctrlKey || event.metaKey) || typing || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) press("[data-undo]");
  else if (key === "y" || key === "z") press("[data-redo]");
  else return;
  event.preventDefault();
});

// With a pointer and room enough a click edits in place too; on a phone, or with a key held, the link's dialog opens.
document.addEventListener(
  "click",
  (event) => {
    const cancel = event.target.closest?.("[data-cell-cancel]");
    if (cancel) leave(cancel.closest("[data-cell-form]"));
    const cell = event.target.closest?.("[data-cell]");
    if (!cell || event.ctrlKey || event.metaKey || event.shiftKey || !matchMedia("(min-width: 48rem)").matches) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    edit(cell);
  },
  true,
);

document.addEventListener("focusin", (event) => {
  const cell = event.target.closest?.("[data-cell]");
  if (cell) enter(cell);
});

let waiting;
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-cell-form]");
  if (!form) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (form.isConnected) htmx.ajax("POST", form.dataset.preview, { values: Object.fromEntries(new FormData(form)), target: "#matrix-totals", swap: "outerHTML" });
  }, 200);
});

// What is being saved needs no preview: its answer would come to a grid that is another by then.
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-cell-form]")) clearTimeout(waiting);
}, true);

const dialog = document.getElementById("promise-dialog");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "promise-panel") return;
  const form = document.querySelector("[data-cell-form]");
  if (form && !form.matches("[data-conflict]")) leave(form);
  if (!dialog.open) dialog.showModal();
});

// A preview that comes when its cell is left already says nothing of the cells as they are.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "matrix-totals" && !document.querySelector("[data-cell-form]")) event.detail.shouldSwap = false;
});

document.addEventListener("promise-saved", (event) => {
  clearTimeout(waiting);
  before = null;
  for (const each of document.querySelectorAll("dialog[open]")) each.close();
  // Where nothing was saved, the grid says why above: far from the cell that is no more.
  const refusal = document.getElementById("matrix-refusal");
  if (refusal) {
    begin();
    refusal.scrollIntoView({ block: "center" });
    refusal.focus({ preventScroll: true });
    return;
  }
  const cell = document.getElementById(event.detail.cell);
  if (!cell) {
    begin();
    return;
  }
  enter(cell);
  cell.focus();
});

begin();
