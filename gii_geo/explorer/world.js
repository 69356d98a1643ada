// The world on a plane: Equal Earth (Šavrič, Patterson and Jenny 2018), turned so that the middle
// of the view is its central meridian, and stretched, without changing areas, as one zooms in, so
// that shapes in the middle of a close view are right too.

const RAD = Math.PI / 180;
const TURN = 2 * Math.PI;
const EARTH_KM = 6371.007; // radius of the sphere with the area of the WGS 84 ellipsoid
const ROOT = Math.sqrt(3) / 2;
const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796];
const MOST_PIXELS_PER_KM = 10;
const WORLD = { lon: 11 * RAD, lat: 17 * RAD, zoom: 1 };

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Northing of a latitude, and the easting there of one radian of longitude. */
function placeLatitude(lat) {
  const theta = Math.asin(ROOT * Math.sin(lat));
  const square = theta * theta;
  const sixth = square ** 3;
  return {
    y: theta * (A1 + A2 * square + sixth * (A3 + A4 * square)),
    width: Math.cos(theta) / (ROOT * (A1 + 3 * A2 * square + sixth * (7 * A3 + 9 * A4 * square))),
  };
}

/** Latitude of a northing, by Newton's method. */
function findLatitude(y) {
  let theta = clamp(y, -POLE.y, POLE.y) / A1;
  for (let step = 0; step < 8; step += 1) {
    const square = theta * theta;
    const sixth = square ** 3;
    const over = theta * (A1 + A2 * square + sixth * (A3 + A4 * square)) - y;
    theta -= over / (A1 + 3 * A2 * square + sixth * (7 * A3 + 9 * A4 * square));
  }
  return Math.asin(clamp(Math.sin(theta) / ROOT, -1, 1));
}

const POLE = placeLatitude(Math.PI / 2);
const EQUATOR = placeLatitude(0);

/** The nearest copy, once around the world or more, of a longitude to another one. */
const wrapLongitude = (lon, near) => lon - TURN * Math.round((lon - near) / TURN);

/** Rings of encode.encode_shapes, with each point's northing and width, and their bounds. */
function decodeShape(text, decimals) {
  const unit = RAD / 10 ** decimals;
  const shape = { rings: [], west: Infinity, east: -Infinity, south: Infinity, north: -Infinity };
  for (const letters of text ? text.split(" ") : []) {
    const numbers = decodeNumbers(letters);
    const size = numbers.length / 2;
    const ring = { lon: new Float64Array(size), y: new Float64Array(size), width: new Float64Array(size) };
    let [east, north] = [0, 0];
    for (let i = 0; i < size; i += 1) {
      east += numbers[2 * i];
      north += numbers[2 * i + 1];
      const { y, width } = placeLatitude(north * unit);
      ring.lon[i] = east * unit;
      ring.y[i] = y;
      ring.width[i] = width;
      shape.west = Math.min(shape.west, ring.lon[i]);
      shape.east = Math.max(shape.east, ring.lon[i]);
      shape.south = Math.min(shape.south, y);
      shape.north = Math.max(shape.north, y);
    }
    shape.rings.push(ring);
  }
  return shape;
}

function decodeNumbers(letters) {
  const numbers = [];
  let [value, place] = [0, 1];
  for (let i = 0; i < letters.length; i += 1) {
    const part = letters.charCodeAt(i) - 63;
    value += (part % 32) * place;
    place *= 32;
    if (part < 32) {
      numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
      [value, place] = [0, 1];
    }
  }
  return numbers;
}

/** Whether a point (longitude, northing) lies in a shape: an even-odd count of crossings. */
function holds(shape, lon, y) {
  const x = wrapLongitude(lon, (shape.west + shape.east) / 2);
  if (x < shape.west || x > shape.east || y < shape.south || y > shape.north) return false;
  let inside = false;
  for (const ring of shape.rings) {
    for (let i = 0, j = ring.lon.length - 1; i < ring.lon.length; j = i, i += 1) {
      if (ring.y[i] > y === ring.y[j] > y) continue;
      const part = (y - ring.y[i]) / (ring.y[j] - ring.y[i]);
      if (x < ring.lon[i] + part * (ring.lon[j] - ring.lon[i])) inside = !inside;
    }
  }
  return inside;
}

/** Which part of the world is on screen: the middle in radians, zoom 1 being the whole world. */
class View {
  constructor() {
    Object.assign(this, WORLD, { across: 1, down: 1 });
    this.settle();
  }

  resize(across, down) {
    Object.assign(this, { across, down });
    this.settle();
  }

  move(place) {
    Object.assign(this, place);
    this.settle();
  }

  settle() {
    const fit = 0.98 * Math.min(this.across / (TURN * EQUATOR.width), this.down / (2 * POLE.y));
    this.zoom = clamp(this.zoom, 1, (MOST_PIXELS_PER_KM * EARTH_KM) / fit);
    this.scale = fit * this.zoom;
    this.lon = wrapLongitude(this.lon, 0);
    const reach = Math.max(0, POLE.y - (0.5 * this.down) / this.scale);
    const y = clamp(placeLatitude(this.lat).y, -reach, reach);
    this.lat = findLatitude(y);
    const { width } = placeLatitude(this.lat);
    const ease = clamp(Math.log2(this.zoom) / 3, 0, 1);
    const stretch = (Math.cos(this.lat) / width) ** (ease * ease * (3 - 2 * ease));
    Object.assign(this, { y, perLon: this.scale * stretch, perY: this.scale / stretch });
  }

  get pixelsPerKm() {
    return this.scale / EARTH_KM;
  }

  toScreen(lon, lat) {
    const { y, width } = placeLatitude(lat);
    const east = wrapLongitude(lon, this.lon) - this.lon;
    return [this.across / 2 + this.perLon * east * width, this.down / 2 - this.perY * (y - this.y)];
  }

  /** Longitude and northing under a point of the screen; null off the world. */
  toWorld(x, y) {
    const north = this.y + (this.down / 2 - y) / this.perY;
    if (Math.abs(north) > POLE.y) return null;
    const { width } = placeLatitude(findLatitude(north));
    const east = (x - this.across / 2) / (this.perLon * width);
    return Math.abs(east) > Math.PI ? null : { lon: this.lon + east, y: north };
  }

  pan(dx, dy) {
    const { width } = placeLatitude(this.lat);
    this.lon -= dx / (this.perLon * width);
    this.lat = findLatitude(this.y + dy / this.perY);
    this.settle();
  }

  /** Zoom while the point of the world under the given point of the screen stays there. */
  zoomAt(factor, x, y) {
    const held = this.toWorld(x, y);
    this.zoom *= factor;
    this.settle();
    for (let turn = 0; held && turn < 3; turn += 1) {
      const [nowX, nowY] = this.toScreen(held.lon, findLatitude(held.y));
      this.pan(x - nowX, y - nowY);
    }
  }

  /** The place and zoom at which a shape, with land around it, fills the middle of the screen. */
  frame(shape) {
    const lat = findLatitude((shape.south + shape.north) / 2);
    const tall = shape.north - shape.south;
    const wide = (shape.east - shape.west) * placeLatitude(lat).width;
    const scale = Math.min(0.5 * Math.min(this.across / wide, this.down / tall), 5 * EARTH_KM);
    const zoom = (scale * this.zoom) / this.scale;
    return { lon: (shape.west + shape.east) / 2, lat, zoom };
  }

  /** Add a shape's rings to the path, at each of its places on screen. */
  trace(context, shape) {
    const middle = (shape.west + shape.east) / 2;
    const offset = wrapLongitude(middle, this.lon) - middle;
    const edge = { west: this.lon - Math.PI, east: this.lon + Math.PI };
    const offsets = [offset];
    if (shape.west + offset < edge.west) offsets.push(offset + TURN);
    if (shape.east + offset > edge.east) offsets.push(offset - TURN);
    const low = this.y - this.down / 2 / this.perY;
    const high = this.y + this.down / 2 / this.perY;
    if (shape.north < low || shape.south > high) return;
    for (const moved of offsets) {
      for (const ring of shape.rings) this.traceRing(context, ring, moved - this.lon);
    }
  }

  traceRing(context, { lon, y, width }, moved) {
    const { perLon, perY } = this;
    const [left, top] = [this.across / 2, this.down / 2 + perY * this.y];
    let [lastX, lastY] = [Infinity, Infinity];
    for (let i = 0; i < lon.length; i += 1) {
      const atX = left + perLon * (lon[i] + moved) * width[i];
      const atY = top - perY * y[i];
      if (i === 0) context.moveTo(atX, atY);
      else if (Math.abs(atX - lastX) + Math.abs(atY - lastY) < 0.7) continue;
      else context.lineTo(atX, atY);
      [lastX, lastY] = [atX, atY];
    }
    context.closePath();
  }

  /** Add the edge of the world to the path. */
  traceEdge(context) {
    const steps = 60;
    for (const side of [-1, 1]) {
      for (let step = 0; step <= steps; step += 1) {
        const { y, width } = placeLatitude((side * (1 - (2 * step) / steps) * Math.PI) / 2);
        const x = this.across / 2 + side * this.perLon * Math.PI * width;
        context.lineTo(x, this.down / 2 - this.perY * (y - this.y));
      }
    }
    context.closePath();
  }
}
