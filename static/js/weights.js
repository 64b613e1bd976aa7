// The sum of the weights follows what is typed, before anything is sent.
const french = document.documentElement.lang.startsWith("fr");

const read = (text) => {
  const plain = text.replace(/[\s%]/g, "");
  return Number(french ? plain.replace(",", ".") : plain.replaceAll(",", "")) || 0;
};

document.addEventListener("input", (event) => {
  if (!event.target.closest?.("[data-weight]")) return;
  const inputs = [...document.querySelectorAll("[data-weight] input")];
  const total = Math.round(100 * inputs.reduce((sum, input) => sum + read(input.value), 0)) / 100;
  const shown = document.querySelector("[data-weights-total]");
  shown.textContent = (total / 100).toLocaleString(shown.dataset.language, { style: "percent", maximumFractionDigits: 2 });
  document.querySelector("[data-weights-progress]").value = total;
});
