// data-copy="id" copies what that field holds and says so on the button; where the clipboard is closed, the text is selected to copy by hand.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return;
  }
  button.setAttribute("aria-live", "polite");
  button.lastChild.textContent = button.dataset.copied;
});
