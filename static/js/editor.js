// The scheme editor: sliders and the figures beside them say the same, the sum follows, a click gives a part of the plane to the next segment.
const french = document.documentElement.lang.startsWith("fr");

const read = (text) => {
  const plain = text.replace(/[\s%]/g, "");
  return Number(french ? plain.replace(",", ".") : plain.replaceAll(",", "")) || 0;
};

const showSum = (axis) => {
  const figures = [...document.querySelectorAll(`[data-weight="${axis}"] input[type="text"]`)];
  const total = Math.round(100 * figures.reduce((sum, input) => sum + read(input.value), 0)) / 100;
  const shown = document.querySelector(`[data-axis-sum="${axis}"]`);
  if (!shown) return;
  shown.querySelector("[data-weights-total]").textContent = (total / 100).toLocaleString(shown.dataset.language, { style: "percent", maximumFractionDigits: 2 });
  shown.querySelector("progress").setAttribute("value", total);
};

document.addEventListener("input", (event) => {
  const weight = event.target.closest?.("[data-weight]");
  if (!weight) return;
  const [slider, figure] = ["range", "text"].map((type) => weight.querySelector(`input[type="${type}"]`));
  if (event.target === slider) figure.value = slider.value;
  else slider.value = read(figure.value);
  showSum(weight.dataset.weight);
});

document.addEventListener("click", (event) => {
  const cell = event.target.closest?.("[data-cell]");
  const select = cell && document.getElementById(`id_${cell.dataset.cell}`);
  if (!select) return;
  select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
  select.dispatchEvent(new Event("change", { bubbles: true }));
});
