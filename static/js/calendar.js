// A touchpoint dragged to another day is sent there; the answer is the calendar again. Opening it offers the same by keyboard.
let dragged = null;
const dayUnder = (event) => event.target.closest?.(".calendar [data-day]");
const leave = () => document.querySelectorAll(".is-over").forEach((cell) => cell.classList.remove("is-over"));

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-move]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.title);
});

document.addEventListener("dragover", (event) => {
  const cell = dragged && dayUnder(event);
  if (!cell) return;
  event.preventDefault();
  if (cell.classList.contains("is-over")) return;
  leave();
  cell.classList.add("is-over");
});

document.addEventListener("dragend", () => {
  dragged = null;
  leave();
});

document.addEventListener("drop", (event) => {
  const cell = dragged && dayUnder(event);
  if (!cell) return;
  event.preventDefault();
  leave();
  if (cell.contains(dragged)) return;
  htmx.ajax("POST", dragged.dataset.move, { source: dragged, target: "#calendar", swap: "outerHTML", values: { to: cell.dataset.day, seen_on: dragged.closest("[data-day]").dataset.day } });
});
