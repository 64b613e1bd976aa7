// Says at once that a file is too large, instead of after minutes of sending it.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.dataset.mostBytes) return;
  const file = input.files[0];
  input.setCustomValidity(file && file.size > Number(input.dataset.mostBytes) ? input.dataset.tooLarge : "");
  input.reportValidity();
});
