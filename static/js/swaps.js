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
