// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "report_page.hpp"

#include "opencv2/core.hpp"

std::string escaped(const std::string& text)
{
    std::string html;
    for (const char c : text)
        html += c == '&'    ? "&amp;"
                : c == '<'  ? "&lt;"
                : c == '>'  ? "&gt;"
                : c == '"'  ? "&quot;"
                : c == '\'' ? "&#39;"
                            : std::string(1, c);
    return html;
}

std::string base64(const std::vector<unsigned char>& bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t i = 0; i < bytes.size(); i += 3)
    {
        const size_t left = bytes.size() - i;
        const unsigned group = bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
        text += digits[group >> 18];
        text += digits[group >> 12 & 63];
        text += left > 1 ? digits[group >> 6 & 63] : '=';
        text += left > 2 ? digits[group & 63] : '=';
    }
    return text;
}

std::string inScript(const std::string& json)
{
    std::string text;
    for (const char c : json)
        text += c == '<' ? "\\u003c" : std::string(1, c);
    return text;
}

const char* const reportStyle = R"css(
:root { --ink: #1c1e21; --soft: #6a7077; --line: #e1e4e8; --page: #f6f7f8; --card: #fff; --good: #9aa5b1;
  --accent: #d2480e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #9aa0a6; --line: #35393e; --page: #17191b; --card: #202326; --good: #7b8794;
    --accent: #ff7b42 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 24px 16px 48px; max-width: 1080px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
h1 { margin: 0; font-size: 28px; font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere }
h2 { margin: 40px 0 4px; font-size: 19px; font-weight: 650 }
p { margin: 0 0 12px; color: var(--soft); max-width: 70ch }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 12px;
  margin-top: 12px }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0 }
.tile b { display: block; font-size: 28px; font-weight: 600; letter-spacing: -.02em; line-height: 1.25;
  font-variant-numeric: tabular-nums }
.tile span { font-weight: 600 }
.tile small { display: block; color: var(--soft); font-size: 12.5px; line-height: 1.35 }
.card h3 { margin: 0 0 2px; font-size: 15px; font-weight: 600 }
.legend { color: var(--soft); font-size: 13px; margin-bottom: 6px }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 5px 0 0 }
.legend span { display: inline-block; margin-right: 14px }
.charts .card { display: flex; flex-direction: column }
svg { display: block; width: 100%; height: auto; margin-top: auto; font-size: 12.5px; fill: var(--soft) }
svg .grid { stroke: var(--line) }
svg .good { fill: var(--good); fill-opacity: .7 }
svg .bad { fill: var(--accent); fill-opacity: .75 }
svg .curve { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round }
svg .second { stroke: var(--good) }
svg .mark { stroke: var(--ink); stroke-width: 1.5 }
svg .dashed { stroke-dasharray: 4 3 }
.scroll { overflow-x: auto; padding: 4px 16px }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 8px 0 8px 18px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line) }
tr:first-child th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
tr.all td { font-weight: 600 }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 12px;
  margin-top: 12px }
.case { padding: 12px }
.case header { display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; margin-bottom: 8px; font-size: 14px }
.case header b { font-weight: 600; overflow-wrap: anywhere }
.case header span { color: var(--soft); font-variant-numeric: tabular-nums }
.verdict { display: flex; flex: 1 0 auto; gap: 10px }
.two .verdict { flex-basis: 100% }
.case header em { margin-left: auto; font-style: normal; color: var(--soft) }
.case header em.wrong { color: var(--accent); font-weight: 600 }
.pictures { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; align-items: start }
.pictures.two { grid-template-columns: repeat(2, 1fr) }
figure { margin: 0 }
figure img { display: block; width: 100%; border-radius: 5px }
figcaption { font-size: 12px; color: var(--soft); margin-top: 3px }
button { font: inherit; font-size: 13px; padding: 4px 10px; color: var(--ink); background: none; cursor: pointer;
  border: 1px solid var(--line); border-radius: 6px }
label { display: block; font-weight: 600 }
label output { float: right; font-variant-numeric: tabular-nums }
input[type=range] { display: block; width: 100%; height: 32px; margin: 0; accent-color: var(--accent) }
.jumps { margin: 0 0 8px; display: flex; gap: 8px; flex-wrap: wrap }
.counts td, .counts th { padding: 4px 0 4px 12px }
.rates { margin: 8px 0 16px; font-variant-numeric: tabular-nums }
pre { margin: 0; padding: 8px 10px; white-space: pre-wrap; overflow-wrap: anywhere;
  border: 1px solid var(--line); border-radius: 6px; font-size: 12.5px; user-select: all }
.command span { display: inline-block; max-width: 100%; word-break: break-all }
ul { margin: 12px 0 0; padding-left: 20px; overflow-wrap: anywhere }
.pictures.four { grid-template-columns: repeat(4, 1fr) }
.outlined { position: relative; overflow: hidden; border-radius: 5px }
.outlined svg { position: absolute; inset: 0; height: 100% }
.outlined path { fill: none; stroke: #ff2828; stroke-width: 1.5; vector-effect: non-scaling-stroke;
  filter: drop-shadow(0 0 .5px #fff) drop-shadow(0 0 .5px #fff) }
svg line.chosen { stroke: var(--accent); stroke-width: 3 }
svg circle.chosen { fill: var(--ink) }
.model { flex: none }
[hidden] { display: none }
@media (max-width: 480px) { .pictures.four { grid-template-columns: repeat(2, 1fr) } }
footer { margin-top: 40px; color: var(--soft); font-size: 13px }
)css";

const char* const reportScript = R"js(
'use strict';
(() => {
const data = JSON.parse(document.getElementById('data').textContent);
const find = (root, selector) => root.querySelector(selector);
const outcomes = [['passed', 'false alarm'], ['missed defect', 'found']];

// The shortest number above low that is high or less: images with a score of high or more are called defective by it.
function shortestBetween(low, high) {
  if (low === -Infinity)
    return high;
  const middle = high === Infinity ? low + (Math.abs(low) || 1) * 0.05 : (low + high) / 2;
  for (let digits = 3; digits <= 17; digits++) {
    const number = Number(middle.toPrecision(digits));
    if (low < number && number <= high)
      return number;
  }
  return high;
}

// A threshold between each two scores that follow each other, so that each step of the slider changes a verdict.
function imageStops(model) {
  const ends = [-Infinity, ...model.distinct, Infinity];
  return ends.slice(1).map((high, i) => shortestBetween(ends[i], high));
}

// Even steps, of which one is the model's own threshold.
function pixelStops(model) {
  const steps = 200, step = (model.high - model.low) / steps || 1;
  const own = Math.round((model.pixelOwn - model.low) / step);
  return Array.from({length: steps + 1}, (_, i) =>
    i === own ? model.pixelOwn : Number((model.low + i * step).toPrecision(4)));
}

function nearest(stops, value) {
  return stops.reduce((best, stop, i) => Math.abs(stop - value) < Math.abs(stops[best] - value) ? i : best, 0);
}

const models = data.models.map((model, m) => {
  model.scores = model.scores.map(score => score === null ? Infinity : score);
  model.distinct = [...new Set(model.scores)].filter(Number.isFinite).sort((a, b) => a - b);
  model.span = model.distinct[model.distinct.length - 1] - model.distinct[0] || 1;
  model.image = model.best;
  model.pixel = model.pixelOwn;
  model.imageStops = imageStops(model);
  model.pixelStops = pixelStops(model);
  model.panel = find(document, `.model[data-model="${m}"]`);
  model.marks = [...document.querySelectorAll(`.chosen[data-model="${m}"]`)];
  return model;
});

// ---- Outlines

function decoded(svg) {
  const text = atob(svg.dataset.map), [columns, rows] = svg.dataset.size.split('x').map(Number);
  const low = Number(svg.dataset.low), step = (Number(svg.dataset.high) - low) / 255;
  const values = Float64Array.from(text, byte => low + byte.charCodeAt(0) * step);
  return {columns, rows, values, smallest: Number(svg.dataset.smallest)};
}

// Cells at or above the threshold, without regions that are smaller than the program outlines.
function cellsAbove(map, threshold) {
  const above = map.values.map(value => value >= threshold ? 1 : 0);
  const seen = new Uint8Array(above.length);
  for (let start = 0; start < above.length; start++) {
    if (!above[start] || seen[start])
      continue;
    const region = [start];
    seen[start] = 1;
    for (const cell of region) {
      const x = cell % map.columns, y = (cell - x) / map.columns;
      for (let v = Math.max(0, y - 1); v <= Math.min(map.rows - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(map.columns - 1, x + 1); u++) {
          const next = v * map.columns + u;
          if (above[next] && !seen[next]) {
            seen[next] = 1;
            region.push(next);
          }
        }
    }
    if (region.length < map.smallest)
      for (const cell of region)
        above[cell] = 0;
  }
  return above;
}

// Marching triangles: where the map, linear between the centers of its cells, passes the threshold.
function outline(map, threshold) {
  const above = cellsAbove(map, threshold), {columns, rows} = map;
  const corner = (x, y) => {
    const isInside = x >= 0 && y >= 0 && x < columns && y < rows, at = y * columns + x;
    const isAbove = isInside && above[at] === 1;
    // What is left out, as beyond the border, lies below the threshold.
    const over = isInside && (map.values[at] >= threshold) === isAbove ? map.values[at] - threshold : -1e9;
    const place = {x: Math.min(Math.max(x + 0.5, 0), columns), y: Math.min(Math.max(y + 0.5, 0), rows)};
    return {...place, over, isAbove, isInside};
  };
  const between = (a, b) => {
    // A region that reaches the border ends there.
    const t = !a.isInside ? 0 : !b.isInside ? 1 : a.over / (a.over - b.over || 1);
    return (a.x + t * (b.x - a.x)).toFixed(2) + ' ' + (a.y + t * (b.y - a.y)).toFixed(2);
  };
  const path = [];
  const cut = (...corners) => {
    const passed = corners.map((a, i) => [a, corners[(i + 1) % 3]]).filter(([a, b]) => a.isAbove !== b.isAbove);
    if (passed.length)
      path.push('M' + between(...passed[0]) + 'L' + between(...passed[1]));
  };
  for (let y = -1; y < rows; y++)
    for (let x = -1; x < columns; x++) {
      const corners = [corner(x, y), corner(x + 1, y), corner(x + 1, y + 1), corner(x, y + 1)];
      if (corners.some(c => c.isAbove) && !corners.every(c => c.isAbove)) {
        cut(corners[0], corners[1], corners[2]);
        cut(corners[0], corners[2], corners[3]);
      }
    }
  return path.join('');
}

// At the model's own threshold the outlines are the program's.
function drawOutline(drawn, model) {
  if (drawn.threshold === model.pixel)
    return;
  drawn.threshold = model.pixel;
  drawn.map = drawn.map || decoded(drawn.svg);
  drawn.path.setAttribute('d', model.pixel === model.pixelOwn ? drawn.own : outline(drawn.map, model.pixel));
}

// Only of the images that are shown: one takes some 2 ms.
function drawOutlines() {
  for (const card of cards)
    if (card.element.parentElement.id !== 'others')
      card.outlines.forEach((drawn, m) => drawOutline(drawn, models[m]));
}

// ---- Verdicts

const isCalled = (model, i) => model.scores[i] >= model.image;
const isWrong = (model, i) => isCalled(model, i) !== data.images[i].defective;
const outcome = (model, i) => outcomes[Number(data.images[i].defective)][Number(isCalled(model, i))];
const differs = i => models.some(model => isCalled(model, i) !== isCalled(models[0], i));
const anyWrong = i => models.some(model => isWrong(model, i));

// How far a score is on the wrong side of its threshold, as a share of all scores' range.
function wrongBy(i) {
  const sign = data.images[i].defective ? -1 : 1;
  return Math.max(...models.map(model => sign * (model.scores[i] - model.image) / model.span));
}

const worstFirst = (a, b) => Number(differs(b.image)) - Number(differs(a.image)) || wrongBy(b.image) - wrongBy(a.image);

const cards = [...document.querySelectorAll('.case')].map(element => {
  const image = Number(element.dataset.image);
  const outlines = [...element.querySelectorAll('.outlined svg')].map(svg => {
    const path = find(svg, 'path');
    return {svg, path, own: path.getAttribute('d')};
  });
  return {element, image, outlines, isHit: 'hit' in element.dataset, verdicts: [...element.querySelectorAll('em')]};
});

function counts(model) {
  const count = {found: 0, missed: 0, alarms: 0, passed: 0};
  data.images.forEach((image, i) => {
    count[image.defective ? (isCalled(model, i) ? 'found' : 'missed') : (isCalled(model, i) ? 'alarms' : 'passed')]++;
  });
  return count;
}

const quantity = (count, one, many) => `${count} ${count === 1 ? one : many}`;
const share = (part, whole) => whole ? (part / whole).toFixed(3) : '–';

function showCounts(model) {
  const {panel} = model, count = counts(model), {found, missed, alarms, passed} = count;
  for (const name in count)
    find(panel, '.' + name).textContent = count[name];
  find(panel, '.precision').textContent = share(found, found + alarms);
  find(panel, '.recall').textContent = share(found, found + missed);
  find(panel, '.f1').textContent = share(2 * found, 2 * found + missed + alarms);
  const places = {score: [model.image], roc: [alarms / (alarms + passed), found / (found + missed)]};
  for (const mark of model.marks) {
    mark.removeAttribute('display');
    place(mark, places[mark.dataset.of]);
  }
}

// A drawing says where its axes put a value: at start + scale * value.
function place(mark, values) {
  const axes = mark.dataset.axes.split(' ').map(Number);
  const at = values.map((value, i) => axes[2 * i] + axes[2 * i + 1] * value);
  const names = mark.tagName === 'circle' ? [['cx'], ['cy']] : [['x1', 'x2']];
  names.forEach((those, i) => those.forEach(name => mark.setAttribute(name, at[i].toFixed(1))));
}

// Lines break between words, where a line has room for the word.
function showCommand(model) {
  const command = `${model.command} --image_threshold=${model.image} --pixel_threshold=${model.pixel}`;
  find(model.panel, '.command').replaceChildren(...command.split(' ').flatMap((word, i) => {
    const span = document.createElement('span');
    span.textContent = word;
    return i ? [' ', span] : [span];
  }));
}

function showSlider(model, kind, position, value) {
  const slider = find(model.panel, 'input.' + kind), text = Number(value.toPrecision(6)).toString();
  slider.value = position;
  slider.setAttribute('aria-valuetext', text);
  find(model.panel, 'output.' + kind).textContent = text;
}

function showVerdicts(card) {
  card.verdicts.forEach((verdict, m) => {
    verdict.textContent = outcome(models[m], card.image);
    verdict.classList.toggle('wrong', isWrong(models[m], card.image));
  });
}

// ---- The gallery of images that are judged wrongly

const gallery = name => document.getElementById(name);

function moveCards(isAnyWrong) {
  const narrowest = 4, sorted = [...cards].sort(worstFirst);
  sorted.forEach((card, i) => {
    const isShown = isAnyWrong ? anyWrong(card.image) : i < narrowest;
    gallery(isShown ? 'wrong' : card.isHit ? 'hits' : 'others').append(card.element);
    showVerdicts(card);
  });
  gallery('hits').parentElement.hidden = !gallery('hits').children.length;
}

function listOthers() {
  const most = 100, shown = new Set(cards.map(card => card.image));
  const others = data.images.map((_, i) => i).filter(i => anyWrong(i) && !shown.has(i));
  const lines = others.slice(0, most).map(i => data.images[i].name + ': ' + models.map(model =>
    `${outcome(model, i)} (score ${model.scores[i].toPrecision(3)})`).join(', '));
  if (others.length > most)
    lines.push(`and ${others.length - most} more`);
  gallery('rest').replaceChildren(...lines.map(line => {
    const item = document.createElement('li');
    item.textContent = line;
    return item;
  }));
}

function wrongText() {
  const texts = models.map(model => {
    const count = counts(model), name = models.length > 1 ? model.name + ': ' : '';
    return name + quantity(count.missed, 'missed defect', 'missed defects') + ' and ' +
      quantity(count.alarms, 'false alarm', 'false alarms');
  });
  const text = `With the thresholds that are set above, ${texts.join('; ')}.`;
  const different = data.images.filter((_, i) => differs(i)).length;
  return models.length < 2 ? text
    : `${text} The verdicts differ on ${quantity(different, 'image', 'images')}, which come first.`;
}

function showWrong() {
  const isAnyWrong = data.images.some((_, i) => anyWrong(i));
  gallery('wrong_title').textContent = isAnyWrong ? 'Worst misses' : 'Narrowest cases';
  gallery('wrong_text').textContent = isAnyWrong ? wrongText()
    : 'No image is on the wrong side of the threshold. These are closest to it.';
  moveCards(isAnyWrong);
  listOthers();
  drawOutlines();
}

// ---- All together

function showModel(model) {
  showSlider(model, 'image', model.distinct.filter(score => score < model.image).length, model.image);
  showSlider(model, 'pixel', nearest(model.pixelStops, model.pixel), model.pixel);
  showCommand(model);
  showCounts(model);
}

// An address with these settings, as index.html#image=0.8&pixel=1.2. A second model has image2 and pixel2.
const suffix = m => m ? String(m + 1) : '';

function writeAddress() {
  const words = models.map((model, m) => `image${suffix(m)}=${model.image}&pixel${suffix(m)}=${model.pixel}`);
  try {
    history.replaceState(null, '', '#' + words.join('&'));
  } catch (error) {}  // a browser may forbid it for files; the page needs it for nothing
}

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  models.forEach((model, m) => {
    for (const kind of ['image', 'pixel']) {
      const text = words.get(kind + suffix(m)), value = Number(text);
      if (text && Number.isFinite(value) && value >= 0)
        model[kind] = value;
    }
    showModel(model);
  });
  showWrong();
}

models.forEach(model => {
  const set = (kind, value) => {
    model[kind] = value;
    showModel(model);
    if (kind === 'image')
      showWrong();
    else
      drawOutlines();
  };
  for (const kind of ['image', 'pixel']) {
    const slider = find(model.panel, 'input.' + kind), stops = model[kind + 'Stops'];
    slider.max = stops.length - 1;
    slider.addEventListener('input', () => set(kind, stops[slider.value]));
    slider.addEventListener('change', writeAddress);
  }
  for (const button of model.panel.querySelectorAll('button'))
    button.addEventListener('click', () => {
      set(button.dataset.kind, model[button.dataset.to]);
      writeAddress();
    });
});
document.getElementById('thresholds').hidden = false;
window.addEventListener('hashchange', readAddress);
readAddress();
})();
)js";
