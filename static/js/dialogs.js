// Dialogs open by data-dialog="id" and close by data-dialog-close or a click beside them.
// One marked data-dialog-open (a form that came back with errors) opens by itself.
const openMarked = (root) => {
  for (const dialog of root.querySelectorAll("dialog[data-dialog-open]")) if (!dialog.open) dialog.showModal();
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialog)?.showModal();
    return;
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  else if (event.target instanceof HTMLDialogElement) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

openMarked(document);
document.addEventListener("htmx:afterSettle", (event) => openMarked(event.target));
