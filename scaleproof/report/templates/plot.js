// Draws one plot with uPlot, from the data and the legend in its figure.
const css = (name, opacity = 1) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() +
  Math.round(255 * opacity).toString(16).padStart(2, "0");
const read = (element) => JSON.parse(element.querySelector(":scope > script").textContent);
const short = (value) =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1e4 ? `${value / 1e3} k` : String(Number(value.toPrecision(6)));
const DURATIONS = [
  [0, "0"], [10, "10 s"], [60, "1 min"], [600, "10 min"], [3600, "1 h"], [21600, "6 h"], [86400, "1 d"],
  [604800, "7 d"], [2592000, "30 d"],
];
const ORDERS = [0, ...Array.from({ length: 10 }, (_, power) => 10 ** power)].map((value) => [value, short(value)]);
const SHARES = [[0, "0"], [0.0001, "0.01 %"], [0.001, "0.1 %"], [0.01, "1 %"], [0.1, "10 %"], [1, "100 %"]];
const WHOLE = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
const FONT = "system-ui, sans-serif", SMALL = `12px ${FONT}`, DOT = 9;

// What uPlot writes at round times: the step in seconds, the usual label, and what a new year, day and so on adds.
const TIMES = [
  [86400 * 28, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, "{WWW} {D} {MMM}", null, null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{WWW} {D} {MMM}", null, "\n{WWW} {D} {MMM}", null, null, null, 1],
  [0.001, "{HH}:{mm}:{ss}", "\n{WWW} {D} {MMM}", null, "\n{WWW} {D} {MMM}", null, null, null, 1],
];

class Figure {
  constructor(figure, group) {
    this.figure = figure;
    this.group = group;
    this.data = read(figure);
    this.buttons = [...figure.querySelectorAll(".legend button")];
    this.readings = this.buttons.map((button) => button.querySelector("span"));
    this.labels = this.buttons.map((button) => button.firstChild.textContent.trim());
    this.title = figure.querySelector("h3").textContent.trim();
    // Higher stacks come first: lower ones are drawn over them.
    const all = this.data.series.map((_, index) => index);
    const stacked = all.filter((index) => this.data.series[index].look === "stack");
    this.order = [...stacked.toReversed(), ...all.filter((index) => !stacked.includes(index))];
    this.holder = figure.querySelector(".canvas");
    this.plot = new uPlot(this.options(), this.columns(), this.holder);
    this.dots();
    this.buttons.forEach((button, index) =>
      button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(!this.shows(index)));
        this.plot.setData(this.columns(), false);
        this.plot.setScale("x", { ...this.plot.scales.x });
      }),
    );
    new ResizeObserver(() => this.resize(this.holder.clientWidth)).observe(this.holder);
  }

  resize(width) {
    if (width && width !== this.plot.width) this.plot.setSize({ width, height: this.data.height });
  }

  shows(index) {
    return this.buttons[index].getAttribute("aria-pressed") === "true";
  }

  // The columns of uPlot: what is hidden is empty, so that scales fit what is seen.
  columns() {
    const { places, whole: [, last] } = this.group;
    const until = (values) => (this.group.timed ? [...values, values.at(-1) ?? null] : values);
    const columns = new Map();
    let below = places.map(() => 0);
    this.data.series.forEach(({ look, values, lower }, index) => {
      let drawn = [values];
      if (look === "band") drawn = [values.map((value, row) => value ?? (lower[row] === null ? null : this.data.top)), lower];
      if (!this.shows(index)) drawn = drawn.map((column) => column.map(() => null));
      else if (look === "stack") drawn = [(below = below.map((value, row) => value + (values[row] ?? 0)))];
      columns.set(index, drawn.map(until));
    });
    const across = this.group.timed ? [...places, last] : places;
    // uPlot needs a series, even if only spans are drawn.
    return [across, ...(this.order.length ? this.order.flatMap((index) => columns.get(index)) : [across.map(() => null)])];
  }

  options() {
    const { lanes, series, height, scale, top, unit, dots } = this.data;
    const path = this.group.timed ? uPlot.paths.stepped({ align: 1 }) : undefined;
    const lines = [{}], bands = [];
    for (const index of this.order) {
      const { look, colour } = series[index];
      const line = { points: { show: false }, width: look === "band" || look === "stack" ? 0 : 1.75, stroke: () => css(colour) };
      if (path) line.paths = path;
      if (look === "area") line.fill = () => css(colour, 0.16);
      if (look === "stack") line.fill = () => css(colour);
      if (look === "dash") line.dash = [5, 4];
      if (look === "band") bands.push({ series: [lines.length, lines.length + 1], fill: () => css(colour, 0.16) });
      lines.push(line, ...(look === "band" ? [line] : []));
    }
    if (lines.length === 1) lines.push({ points: { show: false } });
    const marks = { durations: DURATIONS, orders: ORDERS, shares: SHARES }[scale];
    const least = { durations: 10, orders: 1, shares: 0.0001 }[scale] ?? 0;
    const room = marks ? 2 : dots.length ? 1.15 : 1.05;
    const lone = series.length ? [] : dots.map(({ y }) => y);
    const most = (max) => top ?? (lanes.length || room * Math.max(max ?? 0, least, ...lone) || 1);
    const axis = {
      stroke: () => css("soft"), font: SMALL, labelFont: SMALL, labelSize: 18, labelGap: 0,
      grid: { stroke: () => css("grid"), width: 1 }, ticks: { show: false }, gap: 8,
    };
    const x = { ...axis, label: this.group.across, size: this.group.timed ? 41 : 29, space: 70 };
    if (this.group.timed) x.values = TIMES;
    const y = { ...axis, label: unit || " ", size: scale === "durations" || scale === "shares" ? 62 : 48, values: (_, splits) => splits.map(short) };
    if (scale === "counts") y.incrs = WHOLE;
    if (this.group.counts) x.incrs = WHOLE;
    if (lanes.length) Object.assign(y, { splits: () => [], values: () => [] });
    if (marks) {
      const among = (plot) => marks.filter(([value]) => value <= plot.scales.y.max);
      Object.assign(y, { splits: (plot) => among(plot).map(([value]) => value), values: (plot) => among(plot).map(([, label]) => label) });
    }
    return {
      width: this.holder.clientWidth, height, bands, series: lines, axes: [x, y], legend: { show: false }, padding: [10, 30, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(1000 * (seconds + this.group.offset)), "Etc/UTC"),
      scales: {
        x: { time: this.group.timed, range: (_, min, max) => this.group.within(min, max) },
        y: { range: (_, min, max) => [0, most(max)], ...(marks ? { distr: 4, asinh: least } : {}) },
      },
      cursor: {
        y: false, points: { show: false }, drag: { x: true, y: false },
        sync: { key: this.group.key, scales: ["x", null], filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
        bind: { dblclick: () => () => this.group.zoom(...this.group.whole) },
        dataIdx: (plot, _, near, at) => (this.group.timed && plot.data[0][near] > at && near > 0 ? near - 1 : near),
      },
      hooks: {
        draw: [() => this.paint()],
        setCursor: [() => this.tell()],
        setScale: [(plot, key) => key === "x" && this.group.follow(plot)],
      },
    };
  }

  // Values of the moment under the pointer, in the legend.
  tell() {
    const { left, idx } = this.plot.cursor, out = left === undefined || left < 0 || idx === null;
    const word = (value) => value?.toLocaleString("en", { maximumSignificantDigits: 15 }) ?? "none";
    this.data.series.forEach(({ values, look, lower }, index) => {
      const row = Math.min(idx, values.length - 1), from = look === "band" ? `${word(lower[row])} to ` : "";
      this.readings[index].textContent = out ? "" : from + word(values[row]);
    });
    this.group.tell(out ? null : this.plot.posToVal(left, "x"));
  }

  // What uPlot has no series for: spans, lanes and dots.
  paint() {
    const { plot, data } = this, { ctx, bbox } = plot, ratio = uPlot.pxRatio;
    const rows = data.lanes.length || 1;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const lane = (row, share) => bbox.top + (bbox.height * (row + 1 - (data.lanes.length ? 0.62 : 1) * share)) / rows;
    data.lanes.forEach((label, row) => {
      ctx.fillStyle = css("soft");
      ctx.font = `${12 * ratio}px ${FONT}`;
      [ctx.textAlign, ctx.textBaseline] = ["start", "top"];
      ctx.fillText(label, bbox.left + 2 * ratio, lane(row, 1.61) + 3 * ratio);
      ctx.fillStyle = css("rule");
      ctx.fillRect(bbox.left, lane(row, 0), bbox.width, ratio);
    });
    for (const { key, colour, lane: row, part, at } of data.spans) {
      if (!this.shows(key)) continue;
      const [low, high] = [lane(row ?? 0, part[0]), lane(row ?? 0, part[1])];
      for (const [from, to] of at) {
        const [start, end] = [from, to].map((value) => plot.valToPos(value + this.group.start, "x", true));
        ctx.fillStyle = css(colour, row !== null || from === to || part[0] > 0 ? 0.9 : 0.24);
        ctx.fillRect(start, high, Math.max(end - start, 2 * ratio), low - high);
      }
    }
    ctx.restore();
    // uPlot remembers the font that it set, so it has to find it again.
    ctx.save();
    this.paintDots(ctx, bbox, ratio);
    ctx.restore();
  }

  // Each dot with its number at its place, or beside it where another one is.
  paintDots(ctx, bbox, ratio) {
    const placed = [], size = DOT * ratio;
    const [left, top, right, bottom] = [bbox.left, bbox.top, bbox.left + bbox.width, bbox.top + bbox.height];
    const free = ([x, y]) =>
      x >= left && x <= right && y >= top + size && y <= bottom - size && placed.every(({ at }) => Math.hypot(x - at[0], y - at[1]) > 2.1 * size);
    this.data.dots.forEach((dot, index) => {
      const x = this.plot.valToPos(dot.x + this.group.start, "x", true);
      const y = Math.max(this.plot.valToPos(dot.y, "y", true), top);
      const spot = this.spots?.[index], hidden = x < left - 1 || x > right + 1;
      if (spot) spot.hidden = hidden;
      if (hidden) return;
      const around = [1, 2, 3, 4, 5, 6].flatMap((ring) =>
        [2, 6, 0, 4, 1, 3, 7, 5].map((turn) => {
          const [far, angle] = [1.3 * ring * size, (turn * Math.PI) / 4];
          return [x + far * Math.sin(angle), y - far * Math.cos(angle)];
        }),
      );
      const at = [[x, y], ...around].find(free) ?? [x, y];
      placed.push({ at, dot, x, y });
      if (spot) spot.style.translate = `${(at[0] - left) / ratio}px ${(at[1] - top) / ratio}px`;
    });
    ctx.lineWidth = ratio;
    [ctx.textAlign, ctx.textBaseline, ctx.font] = ["center", "middle", `600 ${11 * ratio}px ${FONT}`];
    const disc = (x, y, radius) => {
      ctx.beginPath();
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
      ctx.fill();
    };
    for (const { at, dot, x, y } of placed) {
      ctx.strokeStyle = ctx.fillStyle = css(dot.colour);
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(...at);
      ctx.stroke();
      disc(x, y, 3 * ratio);
    }
    for (const { at, dot } of placed) {
      ctx.fillStyle = css(dot.colour);
      disc(...at, size);
      ctx.fillStyle = css("card");
      ctx.fillText(dot.number, at[0], at[1] + 0.5 * ratio);
    }
  }

  // Over each dot an element that says what it is, and leads to what the page says of it.
  dots() {
    this.spots = this.data.dots.map(({ label, link }) => {
      const spot = document.createElement(link ? "a" : "span");
      if (link) spot.href = `#${link}`;
      spot.className = "spot";
      spot.title = label;
      spot.setAttribute("aria-label", label);
      if (!link) spot.setAttribute("role", "img");
      this.plot.over.append(spot);
      return spot;
    });
    if (this.spots.length) this.plot.redraw();
  }
}
