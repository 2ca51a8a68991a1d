// Measures the page as it stands: `return measure();` gives a list of what is wrong, in words.
// Contrast as WCAG 2 computes it, of every visible text on what is really behind it; the size of
// everything that a finger may hit; nothing wider than the window.
function measure() {
  const wrong = [];
  const seen = (node) => {
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height) return false;
    if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    return !node.closest("[inert]");
  };
  const name = (node) => `${node.tagName.toLowerCase()}${node.id ? `#${node.id}` : ""}${node.className && typeof node.className === "string" ? `.${node.className.split(" ").join(".")}` : ""} «${(node.innerText || node.value || node.ariaLabel || "").trim().slice(0, 30)}»`;
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parsed = new Map();
  // Any colour of CSS as numbers, alpha from 0 to 1.
  const numbers = (colour) => {
    if (!parsed.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      parsed.set(colour, [r, g, b, a / 255]);
    }
    return parsed.get(colour);
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    let base = [255, 255, 255];
    for (const layer of layers.reverse()) base = over(layer, base);
    return base;
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (colour, behind) => {
    const [a, b] = [light(over(numbers(colour), behind)), light(behind)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  let texts = 0;
  const check = (node, colour, what) => {
    texts += 1;
    const ratio = contrast(colour, ground(node));
    if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)} of ${what} ${name(node)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(node) || node.closest(":disabled, script, .spoiler:not(.open)")) continue;
    check(node, getComputedStyle(node).color, "text");
  }
  for (const node of document.querySelectorAll("input, textarea, select")) {
    if (!seen(node) || node.disabled || ["checkbox", "radio", "file"].includes(node.type)) continue;
    check(node, getComputedStyle(node).color, "value");
    if (node.placeholder) check(node, getComputedStyle(node, "::placeholder").color, "placeholder");
  }
  if (texts < 5) wrong.push(`only ${texts} texts were found`);
  let targets = 0;
  for (const node of document.querySelectorAll("button, input, textarea, select, a[href], [role=button], [role=menuitem]")) {
    // A link within a sentence cannot be taller than its line.
    if (!seen(node) || node.matches(".bubble a:not(.doc, .shot), .command, .spoiler, blockquote")) continue;
    // A box to tick is as large as its label.
    const box = (node.closest("label") || node).getBoundingClientRect();
    targets += 1;
    if (box.width < 43.5 || box.height < 43.5) wrong.push(`target ${box.width.toFixed(0)}×${box.height.toFixed(0)} ${name(node)}`);
    const label = node.innerText?.trim() || node.ariaLabel || node.labels?.[0]?.innerText || node.title || node.querySelector?.("img")?.alt;
    if (!label) wrong.push(`no name for ${name(node)}`);
  }
  if (targets < 3) wrong.push(`only ${targets} targets were found`);
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
  return wrong;
}
