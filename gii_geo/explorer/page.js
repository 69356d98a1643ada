// The page: one state, which the controls change, the link keeps and everything shows.

const data = JSON.parse(document.getElementById("data").textContent);
const { kinds } = data;
const columns = listColumns(kinds);
const byId = (id) => document.getElementById(id);
const TOPS = [0, 10, 25, 50, 100];
const LINK_DELAY_MS = 250;
const CARD_GAP_PX = 12;
const PART_OF_WORLD = 3; // times as close as the whole world
const HOW_TO_COMPARE = "To compare radii here, make the page with --radii 5 10 20 30.";

const radii = data.radii.map(readRadius);
const own = radii[data.own];
const ownWeights = kinds.map(({ weight }) => weight);
const unknown = new Set(kinds.filter(({ known }) => !known).map(({ kind }) => kind)); // not supplied
const allColours = new Colours(own.regions.map((region) => region.firstScore));
addContents(own.regions, data.contents);
const fields = listFields(data.contents.fields, own.regions.length);

const state = {
  weights: [...ownWeights],
  radius: data.own,
  region: null,
  search: "",
  economy: "",
  top: 0,
  field: "",
  partners: false,
  sort: { key: "rank", rising: true },
  place: null, // of the map, where it was moved
  theme: "", // where it was chosen
};
let opener = null; // what opened the card, and how far down the screen it was
let linkTimer;
let writeLegend; // its discs are those of the map, which grow with it

/** Turn the columns of one radius into regions. */
function readRadius({ km, summary, columns: table }) {
  const regions = table.region_id.map((id, i) => {
    const at = (name) => table[name]?.[i] ?? null;
    let shape;
    return {
      id,
      name: at("name"),
      economies: at("economies"),
      economyShares: at("economy_shares"),
      allShares: kinds.map(({ kind }) => at(`${kind}_share`)),
      shares: kinds.map(({ kind }) => at(`${kind}_share`)),
      counts: kinds.map(({ plural }) => at(plural)),
      firstRank: at("rank"),
      firstScore: at("score"),
      area: at("area_km2"),
      locations: at("locations"),
      addresses: at("addresses"),
      cities: at("cities"),
      event: at("event"),
      previous: at("previous_region_id"),
      merged: at("merged"),
      cityLevel: at("city_level_share"),
      low: at("rank_low"),
      high: at("rank_high"),
      first: at("top_100"),
      population: at("population"),
      intensity: at("intensity"),
      intensityRank: at("intensity_rank"),
      lon: at("lon") * RAD,
      lat: at("lat") * RAD,
      shown: true,
      get shape() {
        return (shape ??= decodeShape(at("outline"), data.outline_decimals));
      },
    };
  });
  return { km, summary, regions, byId: new Map(regions.map((region) => [region.id, region])) };
}

// Showing

function show() {
  const radius = radii[state.radius];
  const field = radius === own ? state.field : "";
  own.regions.forEach((region, i) => {
    region.shares = field ? fields.get(field).map((held) => held && held[i]) : region.allShares;
  });
  const ranked = rankRegions(radius.regions, state.weights);
  const best = ranked[0]?.score ?? 0;
  const found = new Set(filterRegions(ranked, state));
  for (const region of ranked) region.shown = found.has(region);
  const selected = radius.byId.get(state.region) ?? null;
  const regions = sortRegions(found, columns[state.sort.key], state.sort.rising);
  const sure = isOwn() && !field; // rank sets are for the run's weights
  const colours = field ? new Colours(ranked.map((region) => region.score)) : allColours;
  const arcs = state.partners && radius === own ? chooseArcs(data.contents.pairs, own.regions, selected) : [];
  showTheme();
  ranking.show({ regions, sort: state.sort, selected, best, sure, field });
  map.show({ regions: ranked, colours, selected, arcs });
  writeLegend = () => showLegend(ranked, best, colours, field);
  writeLegend();
  showControls(radius);
  showStatus(regions, radius);
  byId("sets").textContent = data.confidence ? tellSets(sure) : "";
  const card = byId("details");
  card.hidden = !selected;
  if (selected) showDetails(card, selected, { kinds, weights: state.weights, radius, own, sure, confidence: data.confidence, field, onSelect: select, onClose: close });
  keepLink();
}

const isOwn = () => state.weights.every((weight, kind) => weight === ownWeights[kind]);

const tellSets = (sure) =>
  state.field && radii[state.radius] === own
    ? `Ranked in ${state.field} alone: rank sets are those of Result.rank_field`
    : sure
    ? `Bars beside ranks: the ranks that other records could give (${tellConfidence(data.confidence)}\u00a0%)`
    : "The ranks that a region may have are known for the run’s weights only";

/** Where no theme was chosen the system's goes. */
function showTheme() {
  const { dataset } = document.documentElement;
  if (state.theme) dataset.theme = state.theme;
  else delete dataset.theme;
  byId("theme").setAttribute("aria-pressed", String(isDark()));
}

function showControls(radius) {
  byId("summary").textContent = radius.summary;
  kinds.forEach(({ kind, known }, place) => {
    byId(`weight-${kind}`).value = state.weights[place];
    byId(`weight-${kind}-value`).textContent = known ? number(state.weights[place], 1) : "–";
  });
  byId("reset").disabled = isOwn();
  const isRun = radius === own;
  byId("partners").checked = state.partners;
  byId("partners").disabled = byId("field").disabled = !isRun;
  byId("choices").title = isRun ? "" : `Known at the run’s own radius, ${own.km} km`;
  const slider = byId("radius");
  const words = `${radius.km} km · ${countRegions(radius.regions.length)}`;
  slider.value = state.radius;
  slider.setAttribute("aria-valuetext", words);
  byId("radius-value").textContent = words;
  byId("radius").closest("fieldset").querySelectorAll(".ticks span").forEach((tick, i) => tick.classList.toggle("now", i === state.radius));
  byId("fates").textContent = radii.length < 2 ? HOW_TO_COMPARE : radius === own ? "The radius of this run." : countFates(radius);
  const { search, economy, top, sort, field } = state;
  const key = `${sort.rising ? "" : "-"}${sort.key}`;
  for (const [id, value] of Object.entries({ search, economy, top, field, sort: key })) {
    if (byId(id).value !== String(value)) byId(id).value = value;
  }
}

/** Count what became of the run's regions at another radius. */
function countFates({ regions }) {
  const count = (event) => regions.filter((region) => region.event === event).length;
  const merged = new Set(regions.flatMap((region) => region.merged));
  const kept = new Set(regions.filter(({ event }) => event === "kept").map(({ previous }) => previous));
  const gone = own.regions.filter(({ id }) => !kept.has(id) && !merged.has(id)).length;
  const parts = { "split off": count("split"), new: count("birth"), "merged into others": merged.size, gone };
  const words = Object.entries(parts).filter(([, size]) => size).map(([word, size]) => `${size} ${word}`);
  return `Against ${own.km} km: ${words.join(", ") || "every region continues"}.`;
}

function showStatus(regions, radius) {
  const all = radius.regions.length;
  const count = (regions.length === all ? "" : `${number(regions.length)} of `) + countRegions(all);
  const [first] = regions;
  const lead = first && state.sort.key === "rank" ? `, first ${first.name}` : "";
  const text = all ? count + lead : "No region";
  if (byId("status").textContent !== text) byId("status").textContent = text;
}

function showLegend(ranked, best, colours, field) {
  if (!best) {
    byId("legend").replaceChildren(ranked.length ? "No score at these weights." : "");
    return;
  }
  const discs = sampleScores(best).map((score) => {
    const disc = make("i", {});
    const size = Math.round(2 * map.measureDisc(score));
    Object.assign(disc.style, { width: `${size}px`, height: `${size}px`, background: colours.of(score, isDark()) });
    return make("li", {}, make("span", {}, disc), (100 * score).toLocaleString("en", { maximumSignificantDigits: 1 }));
  });
  byId("legend").replaceChildren(
    make("span", { text: `Score: weighted sum of shares of the world${field ? ` in ${field}` : ""}, %` }),
    make("ul", {}, ...discs));
}

// Changing

function change(changes) {
  Object.assign(state, changes);
  show();
}

function select(region, from) {
  opener = { from, top: from.getBoundingClientRect().top };
  change({ region: region?.id ?? null });
  if (!region) return;
  ranking.reveal(region);
  map.fly(map.view.frame(region.shape));
  if (narrow.matches) bringUp(byId("details"));
}

/** Bring all of the card on screen, or its top, with as much of the map above it as there is room. */
function bringUp(card) {
  const { top, bottom } = card.getBoundingClientRect();
  const below = bottom + CARD_GAP_PX - innerHeight;
  if (top < 0 || below > 0) scrollPage(Math.min(top, below));
  card.focus({ preventScroll: true });
}

const scrollPage = (down) => scrollBy({ top: down, behavior: calm.matches ? "instant" : "smooth" });

/** Close the card and go back to what opened it. */
function close() {
  const focused = byId("details").contains(document.activeElement);
  change({ region: null });
  const from = opener?.from.isConnected ? opener.from : byId("ranking");
  if (focused) from.focus({ preventScroll: true });
  if (narrow.matches && from === opener?.from) scrollPage(from.getBoundingClientRect().top - opener.top);
}

/** Take the chosen region along to another radius: itself, or what it is part of there. */
function changeRadius(next) {
  const before = radii[state.radius].byId.get(state.region);
  const { regions, byId: there } = radii[next];
  const id = before && (before.event === "birth" ? null : before.previous);
  const after = before && (there.get(id) ?? regions.find((region) => region.merged.includes(id)));
  change({ radius: next, region: after?.id ?? null });
}

function sortBy(key) {
  const same = state.sort.key === key;
  change({ sort: { key, rising: same ? !state.sort.rising : Boolean(columns[key].rising) } });
}

// The link

function writeLink() {
  const words = new URLSearchParams();
  kinds.forEach(({ plural }, kind) => {
    if (state.weights[kind] !== ownWeights[kind]) words.set(plural, state.weights[kind]);
  });
  if (state.radius !== data.own) words.set("radius", radii[state.radius].km);
  for (const name of ["region", "search", "economy", "top", "field"]) if (state[name]) words.set(name, state[name]);
  const sort = `${state.sort.rising ? "" : "-"}${state.sort.key}`;
  if (sort !== "rank") words.set("sort", sort);
  if (state.partners) words.set("partners", "1");
  if (state.place) words.set("map", state.place);
  if (state.theme) words.set("theme", state.theme);
  return `#${words}`;
}

function readLink() {
  const words = new URLSearchParams(location.hash.slice(1));
  const value = (name, fallback) => (Number.isFinite(parseFloat(words.get(name))) ? parseFloat(words.get(name)) : fallback);
  const radius = radii.findIndex(({ km }) => km === value("radius", own.km));
  const [, minus, key] = /^(-?)(\w+)$/.exec(words.get("sort") ?? "") ?? [];
  const place = (words.get("map") ?? "").split(",").map(Number);
  const [lon, lat, zoom] = place;
  const seen = place.length === 3 && place.every(Number.isFinite) && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  const economy = words.get("economy") ?? "";
  Object.assign(state, {
    weights: kinds.map(({ plural, known }, kind) => (known ? clamp(value(plural, ownWeights[kind]), 0, data.most_weight) : ownWeights[kind])),
    radius: radius < 0 ? data.own : radius,
    search: words.get("search") ?? "",
    economy: [...byId("economy").options].some((option) => option.value === economy) ? economy : "",
    top: TOPS.includes(value("top", 0)) ? value("top", 0) : 0,
    field: fields.has(words.get("field")) ? words.get("field") : "",
    partners: words.get("partners") === "1" && data.contents.pairs.length > 0,
    sort: Object.hasOwn(columns, key ?? "") && !unknown.has(key) ? { key, rising: !minus } : { key: "rank", rising: true },
    theme: ["dark", "light"].includes(words.get("theme")) ? words.get("theme") : "",
  });
  const region = radii[state.radius].byId.get(words.get("region"));
  state.region = region?.id ?? null;
  map.view.move(seen ? { lon: lon * RAD, lat: lat * RAD, zoom } : region ? map.view.frame(region.shape) : findHome());
  state.place = seen ? tellPlace() : null;
  show();
  if (region) ranking.reveal(region);
}

/** Where the map opens: on all regions where they lie in one part of the world. */
function findHome() {
  if (own.regions.length === 1) return map.view.frame(own.regions[0].shape);
  const east = own.regions.map(({ lon }) => wrapLongitude(lon, own.regions[0].lon));
  const north = own.regions.map(({ lat }) => placeLatitude(lat).y);
  const [west, south] = [Math.min(...east), Math.min(...north)];
  const home = map.view.frame({ west, south, east: Math.max(...east), north: Math.max(...north) });
  return home.zoom > PART_OF_WORLD ? home : WORLD;
}

/** Where the map is, in words of the link; nothing for the whole world. */
function tellPlace() {
  const { lon, lat, zoom } = map.view;
  const world = zoom < 1.001 && Math.abs(lon - WORLD.lon) < 0.001;
  return world ? null : [lon / RAD, lat / RAD, zoom].map((part) => part.toFixed(3)).join();
}

function keepLink() {
  clearTimeout(linkTimer);
  linkTimer = setTimeout(() => {
    try {
      history.replaceState(null, "", writeLink());
    } catch {
      // A page inside a notebook has no address of its own.
    }
  }, LINK_DELAY_MS);
}

async function copyLink() {
  const link = location.href.split("#")[0] + writeLink();
  const button = byId("copy");
  try {
    await navigator.clipboard.writeText(link);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copy it from the address bar";
  }
  setTimeout(() => (button.textContent = "Copy link"), 2000);
}

// Building

function buildControls() {
  kinds.forEach(({ kind, title, known }, place) => {
    const id = `weight-${kind}`;
    const slider = make("input", { type: "range", id, min: 0, max: data.most_weight, step: 0.1, disabled: !known });
    slider.addEventListener("input", () => change({ weights: state.weights.map((old, i) => (i === place ? Number(slider.value) : old)) }));
    const head = make("div", { className: "head" },
      make("i", { className: `kind-${place}` }),
      make("label", { htmlFor: id, text: title }),
      make("span", { id: `${id}-value`, className: "value", ariaHidden: "true" }));
    byId("weights").querySelector(".sliders").append(make("div", { title: known ? "" : `No ${title.toLowerCase()} were supplied` }, head, slider));
  });
  byId("reset").addEventListener("click", () => change({ weights: [...ownWeights] }));
  byId("radius").max = radii.length - 1;
  byId("radius").addEventListener("input", (event) => changeRadius(Number(event.target.value)));
  byId("radius").hidden = radii.length < 2;
  byId("radii").querySelector(".ticks").hidden = radii.length < 2;
  byId("radii").querySelector(".ticks").append(...radii.map(({ km }) => make("span", { text: km })));
  const economies = [...new Set(radii.flatMap(({ regions }) => regions.flatMap((region) => region.economies)))].sort();
  fill("economy", [["", "All"], ...economies.map((code) => [code, nameEconomy(code)])]);
  const names = [...fields.keys()].sort(alphabetical);
  fill("field", [["", "All fields"], ...names.map((name) => [name, name])]);
  byId("by-field").hidden = !names.length;
  byId("partners").parentElement.hidden = !data.contents.pairs.length;
  byId("choices").hidden = !names.length && !data.contents.pairs.length;
  fill("top", TOPS.map((top) => [top, top ? `Top ${top}` : "All"]));
  const sorts = Object.entries(columns).filter(([key]) => !unknown.has(key));
  fill("sort", sorts.map(([key, { title, rising }]) => [rising ? key : `-${key}`, title]));
}

const fill = (id, options) => byId(id).append(...options.map(([value, text]) => make("option", { value, text })));

function listenControls() {
  byId("search").addEventListener("input", (event) => change({ search: event.target.value }));
  byId("economy").addEventListener("change", (event) => change({ economy: event.target.value }));
  byId("top").addEventListener("change", (event) => change({ top: Number(event.target.value) }));
  byId("sort").addEventListener("change", ({ target: { value } }) => change({ sort: { key: value.replace("-", ""), rising: value[0] !== "-" } }));
  byId("field").addEventListener("change", (event) => change({ field: event.target.value }));
  byId("partners").addEventListener("change", (event) => change({ partners: event.target.checked }));
  byId("copy").addEventListener("click", copyLink);
  byId("theme").addEventListener("click", () => change({ theme: isDark() ? "light" : "dark" }));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.region) close();
  });
  addEventListener("hashchange", readLink);
  night.addEventListener("change", show);
}

function writeCredits() {
  byId("notice").textContent = data.notice;
  byId("notice").hidden = !data.notice;
  byId("notes").append(...data.notes.map((text) => make("li", { text })));
  byId("notes").hidden = !data.notes.length;
  byId("credits").append(...data.credits.map((text) => make("li", { text })));
  byId("settings").append(...data.settings.map(([name, text]) => make("div", {}, make("dt", { text: name }), make("dd", { text }))));
}

const map = new WorldMap(data.land.map((text) => decodeShape(text, data.land_decimals)), {
  onHover: (region) => map.highlight(region),
  onSelect: select,
  onMove: () => {
    state.place = tellPlace();
    keepLink();
  },
  onResize: () => requestAnimationFrame(writeLegend),
});
const ranking = new Ranking({ columns, unknown, onSelect: select, onHover: (region) => map.highlight(region), onSort: sortBy });
buildControls();
listenControls();
writeCredits();
readLink();
