// The map: land and marks on two canvases, moved by pointer, wheel, fingers and keys.

const FLIGHT_MS = 650;
const KEYS = { ArrowLeft: [90, 0], ArrowRight: [-90, 0], ArrowUp: [0, 90], ArrowDown: [0, -90] };
const SCALES_KM = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

const calm = matchMedia("(prefers-reduced-motion: reduce)");

class WorldMap {
  constructor(land, { onHover, onSelect, onMove, onResize }) {
    Object.assign(this, { land, onHover, onSelect, onMove, view: new View(), marks: [], fingers: new Map() });
    this.frame = document.getElementById("view");
    this.tip = document.getElementById("tip");
    this.layers = ["land", "marks"].map((id) => document.getElementById(id).getContext("2d"));
    new ResizeObserver(() => {
      this.resize();
      onResize();
    }).observe(this.frame);
    this.listen();
    this.resize();
  }

  resize() {
    const { clientWidth, clientHeight } = this.frame;
    if (!clientWidth || !clientHeight) return; // in a frame or tab that is not shown yet
    const ratio = devicePixelRatio;
    for (const { canvas } of this.layers) {
      canvas.width = clientWidth * ratio;
      canvas.height = clientHeight * ratio;
    }
    this.view.resize(clientWidth, clientHeight);
    this.largest = clamp(0.021 * clientWidth, 9, 20);
    this.redraw();
  }

  /** Show ranked regions; the ones that the filters hold back are faint. */
  show({ regions, colours, selected, arcs }) {
    Object.assign(this, { regions, colours, selected, arcs });
    this.best = Math.max(...regions.map((region) => region.score), 1e-12);
    this.redraw();
  }

  highlight(region) {
    if (this.hovered === region) return;
    this.hovered = region;
    this.redraw();
  }

  redraw() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      if (!this.regions) return;
      this.ink = readInk(this.frame);
      this.drawLand();
      this.drawMarks();
      this.drawScale();
    });
  }

  clear(context) {
    const ratio = devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.view.across, this.view.down);
    context.lineJoin = "round";
  }

  drawLand() {
    const [context] = this.layers;
    const { view, ink } = this;
    this.clear(context);
    context.save();
    context.beginPath();
    view.traceEdge(context);
    context.clip();
    context.fillStyle = ink.sea;
    context.fill();
    context.beginPath();
    for (const shape of this.land) view.trace(context, shape);
    context.fillStyle = ink.land;
    context.fill("evenodd");
    context.strokeStyle = ink.border;
    context.lineWidth = clamp(0.5 + Math.log2(view.zoom) / 8, 0.5, 1.2);
    context.stroke();
    context.restore();
  }

  drawMarks() {
    const [, context] = this.layers;
    this.clear(context);
    this.marks = this.regions.map((region) => this.measure(region)).sort((a, b) => b.disc - a.disc);
    const faint = this.marks.filter(({ region }) => !region.shown);
    const shown = this.marks.filter(({ region }) => region.shown);
    for (const mark of [...faint, ...shown]) this.drawMark(context, mark);
    this.drawArcs(context);
    for (const region of [this.hovered, this.selected]) {
      const mark = region && this.marks.find((one) => one.region === region);
      if (mark) this.drawRing(context, mark);
    }
    this.drawLabels(context);
  }

  /** Where a region is on screen, and how far its disc gives way to its outline. */
  measure(region) {
    const [x, y] = this.view.toScreen(region.lon, region.lat);
    const disc = this.measureDisc(region.score);
    const outline = Math.sqrt(region.area / Math.PI) * this.view.pixelsPerKm;
    return { region, x, y, disc, outline, outlined: clamp(outline / disc / 0.7 - 1, 0, 1) };
  }

  /** The radius of a disc in pixels: its area is the score. */
  measureDisc(score) {
    return Math.max(this.largest * Math.sqrt(score / this.best), 2.2);
  }

  drawMark(context, { region, x, y, disc, outlined }) {
    const { ink, colours } = this;
    const alpha = region.shown ? 1 : 0.12;
    const fill = (part) => (region.score ? colours.of(region.score, ink.dark, part * alpha) : `rgb(128 128 128 / ${part * alpha})`);
    if (outlined > 0) {
      context.beginPath();
      this.view.trace(context, region.shape);
      context.fillStyle = fill(0.72 * outlined);
      context.fill("evenodd");
      context.strokeStyle = fill(outlined);
      context.lineWidth = 1;
      context.stroke();
    }
    if (outlined < 1) {
      context.beginPath();
      context.arc(x, y, disc, 0, TURN);
      context.fillStyle = fill(0.9 * (1 - outlined));
      context.fill();
      context.globalAlpha = disc > 3 ? (1 - outlined) * alpha : 0;
      context.strokeStyle = ink.rim;
      context.lineWidth = 0.75;
      context.stroke();
      context.globalAlpha = 1;
    }
  }

  /** Draw who works with whom: the more records are shared, the broader the arc. */
  drawArcs(context) {
    const most = Math.max(...this.arcs.map(({ records }) => records), 1);
    context.strokeStyle = this.ink.arc;
    context.lineCap = "round";
    for (const { from, to, records } of this.arcs) {
      context.beginPath();
      let last = Infinity;
      for (const [lon, lat] of followArc(from, to)) {
        const [x, y] = this.view.toScreen(lon, lat);
        if (Math.abs(x - last) < 0.4 * TURN * this.view.perLon) context.lineTo(x, y);
        else context.moveTo(x, y);
        last = x;
      }
      context.globalAlpha = 0.25 + 0.55 * Math.sqrt(records / most);
      context.lineWidth = 0.5 + 3.5 * Math.sqrt(records / most);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  drawRing(context, { region, x, y, disc, outlined }) {
    context.beginPath();
    if (outlined > 0.5) this.view.trace(context, region.shape);
    else context.arc(x, y, disc + 2.5, 0, TURN);
    context.strokeStyle = this.ink.text;
    context.lineWidth = region === this.selected ? 2.25 : 1.5;
    context.stroke();
  }

  /** Name regions in the order of their ranks, where there is room. */
  drawLabels(context) {
    const { ink, view } = this;
    const most = Math.round(view.across / 60 + 4 * Math.log2(view.zoom));
    const chosen = (mark) => mark.region === this.selected || mark.region === this.hovered;
    const discs = this.marks.filter(({ region, disc, outlined }) => region.shown && disc > 5 && outlined < 0.5);
    const taken = discs.map(({ region, x, y, disc }) => ({ region, box: [x - disc, y - disc, x + disc, y + disc] }));
    taken.push({ box: [0, 0, 46, 118] }, { box: [view.across - 130, view.down - 36, view.across, view.down] }); // zoom, scale
    const order = this.marks.filter(({ region, x, y }) => region.shown && x > 0 && y > 0 && x < view.across && y < view.down);
    order.sort((a, b) => Number(chosen(b)) - Number(chosen(a)) || a.region.rank - b.region.rank);
    context.font = `500 12px ${ink.font}`;
    context.textBaseline = "middle";
    let named = 0;
    for (const mark of order.slice(0, 3 * most)) {
      const { region, x, y, disc, outline } = mark;
      const text = view.zoom < 6 ? region.name.split("–")[0] : region.name;
      const wide = context.measureText(text).width;
      const gap = Math.max(disc, outline) + 4;
      const starts = wide < 1.4 * outline ? [x - wide / 2] : [x + gap, x - gap - wide];
      const boxes = starts.map((start) => [start - 3, y - 9, start + wide + 3, y + 9]);
      const free = (box) => box[0] > 0 && box[2] < view.across && !taken.some((one) => one.region !== region && overlap(box, one.box));
      const box = boxes.find(free) ?? (chosen(mark) ? [x - wide / 2 - 3, y - 9, x + wide / 2 + 3, y + 9] : null);
      if (!box) continue;
      taken.push({ box });
      const left = box[0] + 3;
      context.lineWidth = 3;
      context.strokeStyle = ink.halo;
      context.strokeText(text, left, y);
      context.fillStyle = ink.text;
      context.fillText(text, left, y);
      named += 1;
      if (named === most) return;
    }
  }

  /** A bar of a round length, once the view is close enough for one scale to hold. */
  drawScale() {
    const bar = document.getElementById("scale");
    bar.hidden = this.view.zoom < 6;
    if (bar.hidden) return;
    const { pixelsPerKm } = this.view;
    const km = SCALES_KM.findLast((length) => length * pixelsPerKm < 110) ?? SCALES_KM[0];
    bar.style.width = `${km * pixelsPerKm}px`;
    bar.firstChild.textContent = `${km} km`;
  }

  /** The region under a point of the screen: the smallest disc there, else the outline. */
  find(x, y) {
    const near = this.marks.filter((mark) => mark.region.shown && mark.outlined < 0.9 && Math.hypot(mark.x - x, mark.y - y) < mark.disc + 3);
    if (near.length) return near.at(-1).region;
    const place = this.view.toWorld(x, y);
    const drawn = place && this.marks.filter((mark) => mark.region.shown && mark.outlined > 0);
    return drawn?.find((mark) => holds(mark.region.shape, place.lon, place.y))?.region ?? null;
  }

  fly(target) {
    const from = { lon: this.view.lon, lat: this.view.lat, zoom: this.view.zoom };
    const to = { ...target, lon: wrapLongitude(target.lon, from.lon) };
    cancelAnimationFrame(this.flight);
    if (calm.matches) {
      this.moveTo(to);
      return;
    }
    // A long way at a close zoom would be a blur: rise in between.
    const screens = (Math.hypot(to.lon - from.lon, to.lat - from.lat) * Math.min(from.zoom, to.zoom)) / 3;
    const rise = Math.max(0, Math.log(screens));
    const start = performance.now();
    const step = (now) => {
      const time = clamp((now - start) / FLIGHT_MS, 0, 1);
      const part = time * time * (3 - 2 * time);
      const mix = (a, b) => a + part * (b - a);
      const zoom = Math.exp(mix(Math.log(from.zoom), Math.log(to.zoom)) - rise * 4 * part * (1 - part));
      this.moveTo({ lon: mix(from.lon, to.lon), lat: mix(from.lat, to.lat), zoom });
      if (time < 1) this.flight = requestAnimationFrame(step);
    };
    this.flight = requestAnimationFrame(step);
  }

  moveTo(place) {
    this.view.move(place);
    this.moved();
  }

  moved() {
    this.redraw();
    this.onMove();
  }

  zoomBy(factor, x = this.view.across / 2, y = this.view.down / 2) {
    cancelAnimationFrame(this.flight);
    this.view.zoomAt(factor, x, y);
    this.moved();
  }

  listen() {
    const { frame } = this;
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event.offsetX, event.offsetY);
    }, { passive: false });
    frame.addEventListener("pointerdown", (event) => this.press(event));
    frame.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, (event) => this.release(event));
    frame.addEventListener("pointerleave", () => this.point(null));
    frame.addEventListener("keydown", (event) => this.type(event));
    document.getElementById("closer").addEventListener("click", () => this.zoomBy(2));
    document.getElementById("wider").addEventListener("click", () => this.zoomBy(0.5));
    document.getElementById("world").addEventListener("click", () => this.fly(WORLD));
  }

  press(event) {
    cancelAnimationFrame(this.flight);
    this.frame.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, event);
    this.strayed = this.fingers.size > 1 ? Infinity : 0;
  }

  drag(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) {
      this.point(event);
      return;
    }
    const others = [...this.fingers.values()].filter((finger) => finger.pointerId !== event.pointerId);
    const [dx, dy] = [event.offsetX - before.offsetX, event.offsetY - before.offsetY];
    this.fingers.set(event.pointerId, event);
    this.strayed += Math.hypot(dx, dy);
    if (others.length) {
      const [{ offsetX, offsetY }] = others;
      const apart = (finger) => Math.max(Math.hypot(finger.offsetX - offsetX, finger.offsetY - offsetY), 1);
      this.view.zoomAt(apart(event) / apart(before), (event.offsetX + offsetX) / 2, (event.offsetY + offsetY) / 2);
      this.view.pan(dx / 2, dy / 2);
    } else if (this.strayed > 4) {
      this.point(null);
      this.view.pan(dx, dy);
    }
    this.moved();
  }

  release(event) {
    if (!this.fingers.delete(event.pointerId) || event.type === "pointercancel") return;
    if (this.strayed <= 4) this.onSelect(this.find(event.offsetX, event.offsetY), this.frame);
  }

  /** Show the name under the pointer. */
  point(event) {
    const region = event && event.pointerType !== "touch" ? this.find(event.offsetX, event.offsetY) : null;
    this.frame.style.cursor = region ? "pointer" : "";
    this.tip.hidden = !region;
    this.onHover(region);
    if (!region) return;
    const [name, score] = this.tip.children;
    name.textContent = region.name;
    score.textContent = `Rank ${region.rank} · score ${percent(region.score)} %`;
    const right = event.offsetX > this.view.across - 240;
    this.tip.style.translate = `calc(${event.offsetX}px ${right ? "- 100% - 14px" : "+ 14px"}) ${event.offsetY + 14}px`;
  }

  type(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in KEYS) {
      this.view.pan(...KEYS[event.key]);
      this.moved();
    } else if (event.key === "+" || event.key === "=") this.zoomBy(2);
    else if (event.key === "-") this.zoomBy(0.5);
    else if (event.key === "0") this.fly(WORLD);
    else return;
    event.preventDefault();
  }
}

const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/** The map's colours and font as the style sheet has them, in light or dark. */
function readInk(element) {
  const style = getComputedStyle(element);
  const names = ["sea", "land", "border", "rim", "halo", "text", "arc"];
  const ink = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)]));
  return { ...ink, font: style.fontFamily, dark: isDark() };
}
