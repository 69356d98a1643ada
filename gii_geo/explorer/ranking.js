// Scores, ranks and the order of the table.

const narrow = matchMedia("(max-width: 1050px)"); // as in page.css: the list lies below map and card
const PLACE_PX = 2; // of a bar of ranks
const MOST_PX = 28; // of it to one side
const SCORE_DIGITS = 12; // that count: shares are rounded, each by itself
const FIRST_ROWS = narrow.matches ? 50 : 300;

/** The columns, in their order: what each is called, how it is styled, and what it sorts by. */
function listColumns(kinds) {
  const shares = kinds.map(({ kind, title }, place) => [kind, { title, style: "share", of: (region) => region.shares[place] }]);
  return {
    rank: { title: "Rank", style: "rank", of: (region) => region.rank, rising: true },
    name: { title: "Region", style: "name", of: (region) => region.name, compare: alphabetical, rising: true },
    ...Object.fromEntries(shares),
    score: { title: "Score", style: "score", of: (region) => region.score },
  };
}

const inOrder = (one, other) => (one < other ? -1 : Number(one > other));
const alphabetical = new Intl.Collator("en").compare;

const weighShares = (region, weights) => region.shares.map((share, kind) => weights[kind] * (share ?? 0));
const addUp = (parts) => parts.reduce((sum, part) => sum + part, 0);

/** Weigh the shares and rank by the sum, as rank.rank_regions does; equal scores share a rank. */
function rankRegions(regions, weights) {
  for (const region of regions) {
    region.parts = weighShares(region, weights);
    region.score = Number(addUp(region.parts).toPrecision(SCORE_DIGITS));
  }
  const ordered = [...regions].sort((a, b) => b.score - a.score || inOrder(a.id, b.id));
  ordered.forEach((region, place) => {
    const before = ordered[place - 1];
    region.rank = before && before.score === region.score ? before.rank : place + 1;
  });
  return ordered;
}

/** Sort ranked regions by a column; what is missing goes last. */
function sortRegions(ranked, { of, compare = inOrder }, rising) {
  const sign = rising ? 1 : -1;
  return [...ranked].sort((a, b) => {
    const [one, other] = [of(a), of(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return sign * compare(one, other);
  });
}

/** Text without accents and case, so that "sao paulo" finds São Paulo. */
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The regions that the filters let through, and of these the first ones; ranks stay the world's. */
function filterRegions(ranked, { search, economy, top }) {
  const found = ranked.filter((region) => matchRegion(region, search, economy));
  return top ? found.slice(0, top) : found;
}

function matchRegion(region, search, economy) {
  if (economy && !region.economies.includes(economy)) return false;
  region.words ??= listWords(region);
  return fold(search).split(/\s+/).every((word) => region.words.includes(word));
}

function listWords({ name, id, economies, cities, organisations = [] }) {
  const owners = organisations.map(([, owner]) => owner);
  return fold([name, id, ...economies.map(nameEconomy), ...cities.map(([city]) => city), ...owners].join(" "));
}

/** The table beside the map. */
class Ranking {
  constructor({ columns, unknown, onSelect, onHover, onSort }) {
    const section = document.getElementById("ranking");
    this.body = section.querySelector("tbody");
    this.scroll = section.querySelector(".scroll");
    this.more = document.getElementById("more");
    this.rows = new Map();
    this.limit = FIRST_ROWS;
    Object.assign(this, { onSelect, onHover });
    this.heads = Object.entries(columns).map(([key, { title, style }]) => {
      const button = make("button", { type: "button", text: title, disabled: unknown.has(key) });
      button.addEventListener("click", () => onSort(key));
      const head = make("th", { scope: "col", className: style }, button);
      section.querySelector("thead tr").append(head);
      return [key, head];
    });
    this.more.addEventListener("click", () => {
      this.limit += FIRST_ROWS;
      this.show(this.shown);
    });
  }

  show({ regions, sort, selected, best, sure, field }) {
    this.shown = { regions, sort, selected, best, sure, field };
    for (const [key, head] of this.heads) {
      if (key === sort.key) head.setAttribute("aria-sort", sort.rising ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    this.limit = Math.max(this.limit, regions.indexOf(selected) + 1);
    const listed = regions.slice(0, this.limit);
    const rows = listed.map((region) => this.update(region, this.shown));
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    if (rows.length !== this.body.rows.length || rows.some((row, i) => row !== this.body.rows[i])) {
      this.body.replaceChildren(...rows);
      focused?.focus({ preventScroll: true });
    }
    this.more.hidden = listed.length === regions.length;
    this.more.textContent = `Show more (${regions.length - listed.length})`;
  }

  update(region, { selected, best, sure, field }) {
    const row = this.rows.get(region) ?? this.build(region);
    row.className = region === selected ? "selected" : "";
    row.button.setAttribute("aria-pressed", String(region === selected));
    row.rank.firstChild.textContent = region.rank;
    showMove(row.move, best && !field ? region.firstRank - region.rank : 0);
    showSet(row.span, region, sure);
    row.score.textContent = percent(region.score);
    row.shares.forEach((cell, kind) => {
      cell.textContent = percent(region.shares[kind]);
    });
    row.bars.forEach((bar, kind) => {
      bar.style.width = `${best ? (100 * region.parts[kind]) / best : 0}%`;
    });
    return row;
  }

  build(region) {
    const move = make("span", { className: "move" });
    const button = make("button", { type: "button", text: region.name });
    const bars = region.shares.map((_, kind) => make("i", { className: `kind-${kind}` }));
    const span = make("span", { className: "span" }, make("i"), make("i"));
    const rank = make("td", { className: "rank" }, "", move, span);
    const score = make("td", { className: "score" });
    const shares = region.shares.map(() => make("td", { className: "share" }));
    const row = make("tr", {},
      rank,
      make("th", { scope: "row", className: "name" }, button, " ",
        make("span", { className: "economies", text: region.economies.join(" ") }),
        make("span", { className: "bar", ariaHidden: "true" }, ...bars)),
      ...shares,
      score);
    Object.assign(row, { button, bars, move, span, rank, score, shares });
    row.addEventListener("click", () => this.onSelect(region, button));
    row.addEventListener("pointerenter", () => this.onHover(region));
    row.addEventListener("pointerleave", () => this.onHover(null));
    button.addEventListener("focus", () => this.onHover(region));
    button.addEventListener("blur", () => this.onHover(null));
    this.rows.set(region, row);
    return row;
  }

  /** Scroll the table, not the page, to a region. */
  reveal(region) {
    const row = this.rows.get(region);
    if (!row?.isConnected || this.scroll.scrollHeight <= this.scroll.clientHeight) return;
    const [box, frame] = [row.getBoundingClientRect(), this.scroll.getBoundingClientRect()];
    const head = this.scroll.querySelector("thead").offsetHeight;
    if (box.top < frame.top + head || box.bottom > frame.bottom) {
      this.scroll.scrollTop += box.top - frame.top - frame.height / 3;
    }
  }
}

/** Say how many places a region moved against the run's own weights. */
function showMove(span, places) {
  span.className = places ? `move ${places > 0 ? "up" : "down"}` : "move";
  span.textContent = places ? `${places > 0 ? "▲" : "▼"}${Math.abs(places)}` : "";
  span.title = places ? `${Math.abs(places)} ${places > 0 ? "higher" : "lower"} than with the run’s weights` : "";
}

/** Draw the ranks that a region may have as a bar to both sides of its own. */
function showSet(span, { firstRank, low, high }, sure) {
  span.hidden = !sure || low === null || high === null;
  if (span.hidden) return;
  [firstRank - low, high - firstRank].forEach((places, side) => {
    span.children[side].style.width = `${Math.min(PLACE_PX * places, MOST_PX)}px`;
  });
  span.title = low === high ? `Rank ${low}` : `Rank ${low} to ${high}`;
}
