// The matrix is moved through like a spreadsheet: one cell takes part in tabbing, arrows move, Enter follows the cell's link,
// which htmx turns into the dialog. After a save the dialog closes and the cell has the focus again.
const cells = () => [...document.querySelectorAll("#matrix-grid tbody tr")].map((row) => [...row.querySelectorAll("[data-cell]")]);

const enter = (cell) => {
  for (const other of cells().flat()) other.tabIndex = other === cell ? 0 : -1;
};

const begin = () => {
  const [first] = cells().flat();
  if (first) enter(first);
};

const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-cell]");
  const move = moves[event.key];
  if (!cell || !move) return;
  const grid = cells();
  const down = grid.findIndex((row) => row.includes(cell));
  const next = grid[down + move[0]]?.[grid[down].indexOf(cell) + move[1]];
  if (!next) return;
  event.preventDefault();
  enter(next);
  next.focus();
});

document.addEventListener("focusin", (event) => {
  const cell = event.target.closest?.("[data-cell]");
  if (cell) enter(cell);
});

const dialog = document.getElementById("promise-dialog");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "promise-panel" && !dialog.open) dialog.showModal();
});

document.addEventListener("promise-saved", (event) => {
  dialog?.close();
  const cell = document.getElementById(event.detail.cell);
  if (!cell) return;
  enter(cell);
  cell.focus();
});

begin();
