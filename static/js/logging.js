// An exchange is logged from anywhere: "l" opens the dialog, of the client at hand where there is one; Ctrl and Enter save it.
const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.closest(".log-form");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (event.key !== "l" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const opener = document.querySelector("[data-log-here]") ?? document.getElementById("log-open");
  if (!opener) return;
  event.preventDefault();
  opener.click();
});

// The frame's own button begins with the client at hand too: the panel of the queue may show another than the page came with.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id !== "log-open") return;
  const here = document.querySelector("[data-log-here]")?.getAttribute("hx-get");
  if (here) event.detail.path = here;
});

// data-dialog-on="id" opens that dialog while its content is on its way; on the page of the form itself, the form is there already.
document.addEventListener("htmx:beforeRequest", (event) => {
  const dialog = document.getElementById(event.target.dataset?.dialogOn ?? "");
  if (!dialog || dialog.open) return;
  document.getElementById("log-body").replaceChildren();
  dialog.showModal();
});
