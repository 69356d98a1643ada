// What is in a region and who works with whom: parts of the card, and the choice of a field.

const MOST_LISTED = 5;
const MOST_ARCS = 120;
const MOST_OWN_ARCS = 30;

/** The first fields, organisations and partners of a region of the run; of no other are they known. */
function describeContents(region, { kinds, regions, onSelect }) {
  const parts = [
    ["Strong in", listByKind(region.fields, kinds, tellField, 3)],
    ["Whose", listByKind(region.organisations, kinds, tellShare, 3)],
    ["Works with", listPartners(region, regions, onSelect)],
  ];
  const known = parts.filter(([, list]) => list);
  if (!known.length) return [];
  const sections = known.flatMap(([title, list]) => [make("h3", { text: title }), list]);
  const summary = make("summary", { text: "What is in it, and with whom" });
  // On a phone the card must fit on the screen.
  return [make("details", { className: "contents", open: !narrow.matches }, summary, ...sections)];
}

function listByKind(first, kinds, tell, most) {
  if (!first?.length) return null;
  const rows = kinds.flatMap(({ title }, place) => {
    const own = first.filter(([kind]) => kind === place).slice(0, most);
    return own.length ? [make("dt", {}, make("i", { className: `kind-${place}` }), title), ...own.map((one) => make("dd", {}, ...tell(one)))] : [];
  });
  return make("dl", { className: "listed" }, ...rows);
}

const tellShare = ([, name, share]) => [make("span", { text: name }), make("span", { text: `${percent(share, 1)}\u00a0%` })];

/** A field with its share, how many times the world's that is, and between which bounds it may lie. */
function tellField([, name, share, times, low, high]) {
  const part = make("span", { text: `${percent(share, 1)}\u00a0%${times === null ? "" : ` · ${number(times, 1)}\u00a0×`}` });
  if (times !== null) part.title = `${number(times, 2)} times the world’s share (${number(low, 2)} to ${number(high, 2)})`;
  return [make("span", { text: name }), part];
}

function listPartners(region, regions, onSelect) {
  const own = region.partners.slice(0, MOST_LISTED);
  if (!own.length) return null;
  const rows = own.map(({ other, records, ratio }) => {
    const button = make("button", { type: "button", text: regions[other].name });
    button.addEventListener("click", () => onSelect(regions[other], button));
    const told = make("span", { text: `${number(records)} · ${ratio === null ? "–" : number(ratio, 1)}\u00a0×`, title: "Records shared, and how many times what chance would give" });
    return make("li", {}, button, told);
  });
  return make("ul", { className: "listed" }, ...rows);
}

/** Give the regions of the run what is known of their contents. */
function addContents(regions, { first_fields: fields, first_organisations: owners, pairs }) {
  regions.forEach((region, i) => Object.assign(region, { fields: fields[i], organisations: owners[i], partners: [] }));
  for (const [a, b, records, ratio] of pairs) {
    regions[a].partners.push({ other: b, records, ratio });
    regions[b].partners.push({ other: a, records, ratio });
  }
}

/** All fields by name, with what each region holds of it by kind; null where a kind has no such field. */
function listFields(fields, size) {
  const found = new Map();
  fields.forEach(({ names, held }, kind) => {
    names.forEach((name, i) => {
      const own = found.get(name) ?? fields.map(() => null);
      own[kind] = held[i];
      found.set(name, own);
    });
  });
  return size ? found : new Map();
}

/** The arcs to draw: those of the chosen region, or the strongest of all. */
function chooseArcs(pairs, regions, selected) {
  const place = regions.indexOf(selected);
  const own = place < 0 ? pairs.slice(0, MOST_ARCS) : pairs.filter(([a, b]) => a === place || b === place).slice(0, MOST_OWN_ARCS);
  return own.map(([a, b, records]) => ({ from: regions[a], to: regions[b], records }));
}

/** Points of a bow from one place to another, in radians, over the antimeridian where that is nearer. */
function followArc(from, to, steps = 32) {
  const across = wrapLongitude(to.lon, from.lon) - from.lon;
  const up = to.lat - from.lat;
  const bow = 0.12 * Math.hypot(across, up);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const part = step / steps;
    return [from.lon + part * across, from.lat + part * up + bow * Math.sin(Math.PI * part)];
  });
}
