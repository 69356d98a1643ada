// Cividis (Nuñez, Anderton and Renslow 2018): the same order with any colour vision, and in grey.

const CIVIDIS = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
  [138, 134, 120], [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56],
];
const STEPS = [1, 2, 5];

const night = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (night.matches ? "dark" : "light")) === "dark";

/** A colour for a score, on a logarithmic scale from 1/1000 of the highest score up to it. */
class Colours {
  constructor(scores) {
    const high = Math.max(...scores, 1e-9);
    this.high = Math.log10(high);
    this.low = this.high - 3;
  }

  /** In the dark a high score is light, on paper it is dark. */
  of(score, dark, alpha = 1) {
    const part = clamp((Math.log10(Math.max(score, 1e-12)) - this.low) / (this.high - this.low), 0, 1);
    const place = (dark ? 0.36 + 0.64 * part : 0.72 - 0.72 * part) * (CIVIDIS.length - 1);
    const step = Math.min(Math.floor(place), CIVIDIS.length - 2);
    const mix = CIVIDIS[step].map((from, i) => Math.round(from + (place - step) * (CIVIDIS[step + 1][i] - from)));
    return `rgb(${mix.join(" ")} / ${alpha})`;
  }
}

/** Round scores up to the best one, the highest first: about a factor of five between them. */
function sampleScores(best) {
  const found = [];
  const high = Math.floor(Math.log10(best));
  for (let power = high; power >= high - 3; power -= 1) {
    for (const step of [...STEPS].reverse()) {
      const value = step * 10 ** power;
      if (value <= best && value >= best / 1000) found.push(value);
    }
  }
  return found.filter((_, i) => i % 2 === 0).slice(0, 5);
}
