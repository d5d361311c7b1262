// Plots of a page: those over one axis are zoomed and read together. A page says the rest without its script.
class Group {
  constructor(section, number) {
    const { across, places, last, start, offset } = read(section);
    this.key = `group ${number}`;
    this.timed = start !== null;
    this.start = start ?? 0;
    this.counts = !this.timed && last > 1 && places.every(Number.isInteger);
    Object.assign(this, { across, offset, places: places.map((place) => place + this.start) });
    this.zoomed = this.whole = [this.start, this.start + last];
    this.controls = section.querySelector(".controls");
    this.moment = section.querySelector(".moment");
    this.said = section.querySelector("output");
    this.figures = [];
    for (const figure of section.querySelectorAll("figure")) this.figures.push(new Figure(figure, this));
    this.controls.hidden = false;
    this.controls.addEventListener("click", ({ target }) => target.dataset.zoom && this.move(target.dataset.zoom));
    for (const one of this.figures) this.listen(one);
    this.zoom(...this.whole);
  }

  within(min, max) {
    const [first, last] = this.whole;
    return min === null || !(max > min) ? this.whole : [Math.max(min, first), Math.min(max, last)];
  }

  zoom(min, max) {
    this.zoomed = this.within(min, max);
    [min, max] = this.zoomed;
    for (const { plot } of this.figures) plot.setScale("x", { min, max });
    const all = min === this.whole[0] && max === this.whole[1];
    for (const button of this.controls.querySelectorAll("button")) button.disabled = all && button.dataset.zoom !== "in";
  }

  // A plot that was zoomed by dragging takes the others along.
  follow({ scales: { x: { min, max } } }) {
    if (this.figures.length && min !== null && (min !== this.zoomed[0] || max !== this.zoomed[1])) this.zoom(min, max);
  }

  move(how) {
    const [min, max] = this.zoomed, length = max - min, [first, last] = this.whole;
    if (how === "all") return this.zoom(first, last);
    if (how === "in" || how === "out") {
      const middle = this.at ?? (min + max) / 2, half = how === "in" ? length / 4 : length;
      const start = Math.min(Math.max(middle - half, first), Math.max(last - 2 * half, first));
      return this.zoom(start, start + 2 * half);
    }
    const shift = how === "left" ? Math.max(-length / 2, first - min) : Math.min(length / 2, last - max);
    return this.zoom(min + shift, max + shift);
  }

  // The moment under the pointer.
  tell(at) {
    this.at = at;
    if (at === null) this.moment.textContent = "";
    else if (this.timed) {
      const words = new Date(1000 * (at + this.offset)).toUTCString();
      this.moment.textContent = `${words.slice(0, 11).replace(",", "")} ${words.slice(17, 25)}`;
    } else this.moment.textContent = `${at.toPrecision(3)} ${this.across}`;
  }

  listen(one) {
    const keys = { "+": "in", "=": "in", "-": "out", 0: "all", Escape: "all", PageUp: "left", PageDown: "right" };
    one.holder.addEventListener("keydown", (event) => {
      const { key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (key === "ArrowLeft" || key === "ArrowRight") this.step(one, key === "ArrowLeft" ? -1 : 1);
      else if (key in keys) this.move(keys[key]);
      else return;
      event.preventDefault();
    });
    const files = one.figure.querySelector(".files");
    files.hidden = false;
    files.addEventListener("click", ({ target: { dataset } }) => dataset.file && save(one, dataset.file));
  }

  step({ plot, readings, labels }, by) {
    const { idx } = plot.cursor, [min, max] = this.zoomed;
    const from = idx === null || idx === undefined ? this.places.findIndex((place) => place >= min) - by : idx;
    const at = this.places[Math.min(Math.max(from + by, 0), this.places.length - 1)];
    if (at < min || at > max) return;
    for (const one of this.figures) one.plot.setCursor({ left: one.plot.valToPos(at, "x") + 0.01, top: 1 });
    this.tell(at); // not what its pixel stands for
    const values = labels.flatMap((label, index) => (readings[index] ? [`${label} ${readings[index].textContent}`] : []));
    this.said.textContent = [this.moment.textContent, ...values].join(", ");
  }
}

function save(one, kind) {
  const { textContent } = one.figure.closest("article").querySelector("h1");
  const name = `${textContent}-${one.title}`.replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "");
  const download = (blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${name}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  if (kind === "png") picture(one).toBlob(download);
  else download(new Blob([table(one)], { type: "text/csv" }));
}

// The values of a plot, one row for each place of its axis; or else what is in its lanes, or its dots.
function table({ data, group, labels }) {
  const place = (value) => (group.timed ? new Date(1000 * (value + group.start)).toISOString() : value);
  let rows;
  if (data.lanes.length) {
    rows = [["row", "side", "what", "from", "to"]];
    for (const { label, x } of data.dots) rows.push([data.lanes[0], "", label, place(x), place(x)]);
    for (const { key, lane, side, at } of data.spans)
      for (const [from, to] of at) rows.push([data.lanes[lane], side, labels[key], place(from), place(to)]);
  } else if (data.series.length) {
    const columns = data.series.flatMap(({ look, values, lower }, index) =>
      look === "band" ? [[`${labels[index]}, from`, lower], [`${labels[index]}, to`, values]] : [[labels[index], values]],
    );
    rows = [[group.timed ? "time" : group.across, ...columns.map(([label]) => label)]];
    group.places.forEach((at, row) => rows.push([place(at - group.start), ...columns.map(([, values]) => values[row] ?? "")]));
  } else rows = [["number", "what", group.across, data.unit], ...data.dots.map(({ number, label, x, y }) => [number, label, x, y])];
  // A cell that begins like a formula is text for a spreadsheet, too.
  const cell = (value) => (typeof value === "number" ? value : `"${value.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`);
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

// A plot with its title and legend.
function picture(one) {
  const ratio = uPlot.pxRatio, source = one.plot.ctx.canvas, margin = 16 * ratio, line = 22 * ratio;
  const made = document.createElement("canvas"), ctx = made.getContext("2d");
  const all = one.buttons.map((button, index) => [one.labels[index], getComputedStyle(button).getPropertyValue("--colour")]);
  const words = all.filter((_, index) => one.shows(index));
  ctx.font = `${13 * ratio}px ${FONT}`;
  let left = margin, row = 0;
  const places = words.map(([label]) => {
    const width = ctx.measureText(label).width + 34 * ratio;
    if (left > margin && left + width > source.width) [left, row] = [margin, row + 1];
    left += width;
    return [left - width, row];
  });
  const head = margin + line * (words.length ? row + 2.2 : 1.2);
  made.width = source.width + 2 * margin;
  made.height = source.height + head + margin;
  ctx.fillStyle = css("card");
  ctx.fillRect(0, 0, made.width, made.height);
  ctx.textBaseline = "top";
  ctx.fillStyle = css("ink");
  ctx.font = `600 ${15 * ratio}px ${FONT}`;
  ctx.fillText(one.title, margin, margin);
  ctx.font = `${13 * ratio}px ${FONT}`;
  words.forEach(([label, colour], index) => {
    const [x, y] = [places[index][0], margin + line * (places[index][1] + 1.1)];
    ctx.fillStyle = colour;
    ctx.fillRect(x, y + 3 * ratio, 12 * ratio, 9 * ratio);
    ctx.fillStyle = css("soft");
    ctx.fillText(label, x + 18 * ratio, y);
  });
  ctx.drawImage(source, margin, head);
  return made;
}

const groups = [...document.querySelectorAll(".plots")].map((section, number) => new Group(section, number));
const figures = groups.flatMap((group) => group.figures);
const redraw = () => figures.forEach(({ plot }) => plot.redraw(false));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
// Paper is light, and about this wide.
const print = (on) => {
  document.documentElement.classList.toggle("paper", on);
  for (const one of figures) one.resize(on ? 660 : one.holder.clientWidth);
  redraw();
};
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
