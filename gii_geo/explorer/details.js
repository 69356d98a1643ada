// What is known of one region, and small parts of the page that several files make.

/** Make an element; all text goes in as text, never as HTML. */
function make(name, { text, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

const number = (value, digits = 0) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (share, digits = 2) => (share === null || share === undefined ? "–" : number(100 * share, digits));
const countRegions = (size) => `${number(size)} ${size === 1 ? "region" : "regions"}`;

const economyNames = new Intl.DisplayNames("en", { type: "region" });

/** An economy's code and, where it has one, its name. */
function nameEconomy(code) {
  try {
    return `${code} ${economyNames.of(code)}`;
  } catch {
    return code;
  }
}

/** Show a region in its card; the others are the regions of the run, by id. */
function showDetails(card, region, { kinds, weights, radius, own, sure, confidence, field, onSelect, onClose }) {
  const close = make("button", { type: "button", className: "close", ariaLabel: "Close", text: "×" });
  close.addEventListener("click", onClose);
  card.ariaLabel = region.name;
  card.replaceChildren(
    make("div", { className: "title" },
      make("span", { className: "rank", ariaLabel: `Rank ${region.rank}`, text: region.rank }),
      make("div", {}, make("h2", { text: region.name }), make("p", { text: tellEconomies(region) })),
      close),
    tabulateKinds(region, kinds, weights, field),
    listFacts([
      ["Cities", tellCities(region)],
      ["How sure", sure ? tellSet(region, confidence) : null],
      ["Area", `${number(region.area)} km²`],
      ["Addresses", `${number(region.addresses)} in ${number(region.locations)} locations`],
      ["Precision", region.cityLevel === null ? null : `${percent(region.cityLevel, 0)} % placed by city only`],
      ["People", region.population === null ? null : number(region.population)],
      ["Intensity", tellIntensity(region)],
      [`Against ${own.km} km`, radius === own ? null : tellFate(region, own, weights)],
      ["Region id", region.id],
    ]),
    ...(radius === own ? describeContents(region, { kinds, regions: own.regions, onSelect }) : []),
  );
}

function tabulateKinds(region, kinds, weights, field) {
  const most = Math.max(...region.shares.map((share) => share ?? 0), 1e-12);
  const head = make("tr", {}, ...["", "Count", field ? `Share of the world in ${field}, %` : "Share of the world, %", "Weight"].map((text) => make("th", { scope: "col", text })));
  const rows = kinds.map(({ title, known }, kind) => {
    const bar = make("i", { className: `kind-${kind}` });
    bar.style.width = `${(100 * (region.shares[kind] ?? 0)) / most}%`;
    return make("tr", {},
      make("th", { scope: "row", text: title }),
      make("td", { text: known ? number(region.counts[kind], region.counts[kind] < 100 ? 1 : 0) : "–" }),
      make("td", { className: "share" }, make("span", { className: "bar", ariaHidden: "true" }, bar), make("span", { text: percent(region.shares[kind]) })),
      make("td", { text: known ? number(weights[kind], 1) : "–" }));
  });
  const sum = make("tr", { className: "sum" }, make("th", { scope: "row", text: "Score" }), make("td"), make("td", { text: percent(region.score) }), make("td"));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows, sum));
}

function listFacts(facts) {
  const known = facts.filter(([, value]) => value);
  return make("dl", {}, ...known.map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: value }))));
}

function tellEconomies(region) {
  if (!region.economyShares || region.economies.length < 2) return region.economies.join(", ") || "Economy unknown";
  return region.economyShares.map(([code, share]) => `${code} ${percent(share, share < 0.1 ? 1 : 0)}\u00a0%`).join(", ");
}

const tellCities = (region) => region.cities.map(([city, share]) => `${city} ${percent(share, 0)}\u00a0%`).join(", ");

const tellConfidence = (confidence) => (100 * confidence).toLocaleString("en", { maximumFractionDigits: 2 });

/**
 * Say which ranks a region may have, by itself, and whether it is among the first hundred, which is
 * told of all regions at once and so with more care.
 */
function tellSet({ low, high, first }, confidence) {
  if (low === null || high === null) return null;
  const ranks = low === high ? `Rank ${low}` : `Rank ${low} to ${high}`;
  const hundred = { surely: "surely", maybe: "maybe", no: "not" };
  return `${ranks} with ${tellConfidence(confidence)}\u00a0% confidence${first in hundred ? `; all regions told at once, ${hundred[first]} among the first 100` : ""}`;
}

function tellIntensity(region) {
  if (region.intensity === null) return null;
  return `${percent(region.intensity)} % per million people, rank ${region.intensityRank}`;
}

/** Say what a region of another radius is to the regions of the run. */
function tellFate(region, own, weights) {
  const name = (id) => own.byId.get(id)?.name ?? id;
  const before = own.byId.get(region.previous);
  const words = [];
  if (region.event === "kept") words.push(`continues ${name(region.previous)}${before ? compareSizes(region, before, weights) : ""}`);
  if (region.event === "split") words.push(`split from ${name(region.previous)}`);
  if (region.event === "birth") words.push("new");
  if (region.merged.length) words.push(`took in ${region.merged.map(name).join(", ")}`);
  return words.join("; ");
}

/** A region that continues another one may have lost much of it, or grown. */
function compareSizes(region, before, weights) {
  const score = percent(addUp(weighShares(before, weights)));
  return `: area ${number(region.area)} km² against ${number(before.area)}, score ${percent(region.score)} against ${score}`;
}
