// After a swap the focus goes somewhere sensible: what asks for it, what had it, or what was swapped in.
// A request that fails says so.
// What comes by itself, while nothing has the focus, does not take it.
let before = null;
let hadFocus = false;

document.addEventListener("htmx:beforeSwap", () => {
  before = document.activeElement?.id ?? null;
  hadFocus = document.activeElement !== null && document.activeElement !== document.body;
});

document.addEventListener("htmx:afterSettle", (event) => {
  const swapped = event.target;
  const wanted = swapped.querySelector?.("[autofocus], [aria-invalid='true']");
  if (wanted) wanted.focus();
  else if (hadFocus && document.activeElement === document.body) {
    const same = before ? document.getElementById(before) : null;
    const target = same ?? swapped;
    if (!same && !target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
  }
});

const showFailure = () => {
  const template = document.getElementById("request-failed");
  document.getElementById("messages")?.replaceChildren(template.content.cloneNode(true));
};
document.addEventListener("htmx:responseError", showFailure);
document.addEventListener("htmx:sendError", showFailure);

// What is typed in a part while its replacement is on its way is put into the replacement.
const typing = new WeakMap();

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.matches("[data-keeps-typing]")) typing.set(event.detail.target, new Map());
});

document.addEventListener("input", (event) => {
  const typed = typing.get(event.target.closest?.("[data-keeps-typing]"));
  if (typed && event.target.id && !event.target.matches("select")) typed.set(event.target.id, [event.target.value, event.target.checked]);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const typed = typing.get(event.detail.target);
  if (!typed) return;
  typing.delete(event.detail.target);
  for (const [id, [value, checked]] of typed) {
    const field = document.getElementById(id);
    if (field?.matches("input, textarea")) Object.assign(field, { value, checked });
  }
});
