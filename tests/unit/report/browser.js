// As much of a browser, and of uPlot, as the script of a page needs: `sections` is what the page holds.
const element = (found = {}, more = {}) => ({
  attributes: {}, listeners: {}, dataset: {}, style: {}, textContent: "",
  addEventListener(name, heard) { this.listeners[name] = heard; },
  getAttribute(name) { return this.attributes[name]; },
  setAttribute(name, value) { this.attributes[name] = value; },
  querySelector: (what) => found[what]?.[0],
  querySelectorAll: (what) => found[what] ?? [],
  closest: () => element({ h1: [{ textContent: "speech & more" }] }),
  append() {},
  click() { this.listeners.click?.({ target: this }); },
  press(key, held = {}) { this.listeners.keydown({ key, preventDefault() {}, ...held }); },
  ...more,
});
const json = (value) => ({ ":scope > script": [{ textContent: JSON.stringify(value) }] });
const key = ([label, on], read) =>
  element({ span: read ? [element()] : [] }, { attributes: { "aria-pressed": String(on) }, firstChild: { textContent: label } });
const figure = ({ data, title, keys }) =>
  element({
    ...json(data), h3: [{ textContent: title }], ".canvas": [element({}, { clientWidth: 800 })], ".files": [element()],
    ".legend button": keys.map((one, index) => key(one, index < data.series.length)),
  });
const zooms = () => ["left", "right", "out", "in", "all"].map((zoom) => element({}, { dataset: { zoom } }));
const section = ({ axis, figures }) =>
  element({
    ...json(axis), ".controls": [element({ button: zooms() })], ".moment": [element()], output: [element()],
    figure: figures.map(figure),
  });
const made = [], page = sections.map(section);
const document = {
  documentElement: element(), title: "page", querySelectorAll: () => page,
  createElement: () => (made.push(element()), made.at(-1)),
};
const addEventListener = () => 0, setTimeout = () => 0, matchMedia = () => element();
const getComputedStyle = () => ({ getPropertyValue: () => "#000000" });
const URL = { createObjectURL: () => "blob:" };
class Blob {}
class ResizeObserver { observe() {} }
const canvas = () => {
  const kept = [], nothing = () => 0;
  return {
    font: "normal", textAlign: "left", save() { kept.push({ ...this }); }, restore() { Object.assign(this, kept.pop()); },
    ...Object.fromEntries(["beginPath", "rect", "clip", "fillRect", "fillText", "arc", "fill", "moveTo", "lineTo", "stroke"].map((name) => [name, nothing])),
  };
};
class uPlot {
  static pxRatio = 1;
  static paths = { stepped: () => 0 };
  constructor(options, data) {
    Object.assign(this, { options, data, scales: { x: {} }, cursor: { left: -10, idx: null }, over: element(), redraw() {} });
    Object.assign(this, { ctx: canvas(), bbox: { left: 0, top: 0, width: 1e12, height: 200 } });
  }
  setData(data) { this.data = data; }
  setScale(name, range) { this.scales[name] = range; }
  valToPos(value) { return value; }
  posToVal(at) { return at + 1; } // a pixel is a second wide
  setCursor({ left }) {
    const { cursor, hooks } = this.options, far = this.data[0].map((place) => Math.abs(place - left));
    this.cursor = { left, idx: cursor.dataIdx(this, 1, far.indexOf(Math.min(...far)), left) };
    hooks.setCursor[0](this);
  }
}
