// "/" puts the cursor in the search of the frame, unless something is being typed.
const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const search = document.getElementById("search");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// From the search box the arrows walk through what was found; Escape closes it.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest(".search");
  if (!form || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
  const search = document.getElementById("search");
  if (event.key === "Escape") {
    document.getElementById("suggestions").replaceChildren();
    search.focus();
    return;
  }
  const stops = [search, ...form.querySelectorAll("#suggestions a")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  event.preventDefault();
  stops[(stops.indexOf(event.target) + step + stops.length) % stops.length]?.focus();
});
