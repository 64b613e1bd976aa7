// What axe finds wrong on the page. Of its rules that of contrast takes ten times as long as all others together, and asks of each text
// what the texts beside it, of the same colour on the same ground, were asked: here one stands for all of them, and for those of the pages
// to come (`judged`). Where axe cannot tell from that one, it is asked about each of them.
async ({options, judged}) => {
  const known = new Set(judged);
  const found = await axe.run({...options, reporter: 'no-passes', rules: {...options.rules, 'color-contrast': {enabled: false}}});
  const looks = new Map();

  // All that the colours behind a text are made of: its own element's, and those of the elements around it.
  const groundOf = (element) => {
    if (!element) return '';
    if (!looks.has(element)) {
      const style = getComputedStyle(element);
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode, style.backgroundClip];
      // What lies over others may lie over anything.
      const place = ['static', 'relative'].includes(style.position) ? '' : [...element.querySelectorAll('*')].length + element.className + element.id;
      const behind = groundOf(element.parentElement);
      const line = [...own, place].join(',');
      looks.set(element, line === 'rgba(0, 0, 0, 0),none,1,none,normal,border-box,' ? behind : `${behind}>${line}`);
    }
    return looks.get(element);
  };

  // Why axe would pass a text over, or not know what to say of it.
  const wordsOf = (element) => {
    const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join('').trim();
    return words || (element.matches('input, select, textarea') ? element.value || element.placeholder || ' ' : '');
  };
  const lookOf = (element, words) => {
    const style = getComputedStyle(element);
    const off = element.closest('[disabled], [aria-disabled="true"], [inert], fieldset:disabled') || element.closest('label')?.control?.disabled;
    return [
      element.matches('input, select, textarea') ? element.localName + element.type : '',
      style.color, style.fontSize, style.fontWeight, style.textShadow, style.webkitTextStroke, Boolean(off), words.length === 1,
      /[\p{L}\p{N}]/u.test(words), getComputedStyle(element, '::before').content + getComputedStyle(element, '::after').content, groundOf(element),
    ].join('|');
  };

  const fresh = new Map();
  for (const element of document.body.querySelectorAll('*')) {
    const words = wordsOf(element);
    if (!words || !element.checkVisibility({checkVisibilityCSS: true})) continue;
    const look = lookOf(element, words);
    if (!known.has(look)) fresh.set(look, [...(fresh.get(look) ?? []), element]);
  }

  const contrast = {runOnly: {type: 'rule', values: ['color-contrast']}, elementRef: true, resultTypes: ['violations', 'passes']};
  const judge = async (elements) => {
    if (!elements.length) return new Set();
    const {violations, passes} = await axe.run({include: elements}, contrast);
    found.violations.push(...violations.map((rule) => ({...rule, nodes: rule.nodes.map(({element, ...node}) => node)})));
    return new Set(passes.flatMap((rule) => rule.nodes.map((node) => node.element)));
  };
  const passed = await judge([...fresh.values()].map(([first]) => first));
  const settled = [...fresh].filter(([, [first]]) => passed.has(first)).map(([look]) => look);
  await judge([...fresh].filter(([, [first]]) => !passed.has(first)).flatMap(([, [, ...others]]) => others));
  return {violations: found.violations.map(({nodes, ...rule}) => ({...rule, nodes: nodes.map(({element, ...node}) => node)})), settled};
}
