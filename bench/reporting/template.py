"""How the page looks: its template and its style sheet. Nothing is fetched from anywhere."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #70777f; --paper: #ffffff; --line: #dfe3e8;
  --stripe: #f6f8fa; --best: #d7ecdd; --fail: #a3361e; --link: #0a58a8; --good: #11643a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --faint: #98a1ab; --paper: #14171b; --line: #333a42; --stripe: #1b2026;
    --best: #1e4630; --fail: #f0907a; --link: #7db7f0; --good: #7fd6a4; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, header { max-width: 80rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.2rem; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 3rem 0 .3rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; overflow-wrap: anywhere; }
.asks { font-size: 1.05rem; margin: .2rem 0 .6rem; }
dl.answer { display: grid; grid-template-columns: max-content 1fr; gap: .25rem .9rem; margin: .4rem 0 .8rem; }
dl.answer dt { font-weight: 700; }
dl.answer dd { margin: 0; max-width: 62rem; }
h2.first { border: 0; margin: .6rem 0 .2rem; padding: 0; font-size: 1.1rem; }
.tools { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; font-size: .84rem; }
.tools input { font: inherit; width: 13rem; padding: .15rem .4rem; color: inherit; background: var(--paper);
  border: 1px solid var(--faint); border-radius: 4px; }
ul.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; list-style: none; padding: 0; margin: .2rem 0;
  font-size: .8rem; color: var(--faint); }
svg.swatch { vertical-align: -1px; margin-right: .25rem; }
table.matrix td { text-align: left; vertical-align: top; font-size: .76rem; line-height: 1.25; padding: .3rem .5rem; }
table.matrix td .words { white-space: normal; max-width: 9.5rem; }
table.matrix th[scope=col] { text-align: left; }
table.matrix th[scope=row] { text-align: left; }
table.matrix .mark-best { display: block; font-size: .74rem; font-weight: 700; color: var(--good); }
svg.cell { display: block; margin: .1rem 0; }
svg.cell .axis { stroke: var(--faint); stroke-width: .7; fill: none; }
svg.cell .q { stroke: var(--ink); stroke-width: 1.6; }
svg.cell .dot { fill: var(--ink); }
svg.cell .dead { stroke: var(--ink); stroke-width: 1.3; }
body.picking .mark { opacity: .12; }
body.picking .mark.picked { opacity: 1; }
tr.picked > *, th.picked { background: var(--best); }
.mark:hover { opacity: .7; }
#tip { position: fixed; z-index: 9; background: var(--ink); color: var(--paper); font-size: .78rem; padding: .1rem .45rem;
  border-radius: 4px; pointer-events: none; max-width: 210px; }
th[aria-sort=ascending]::after { content: " ▲"; }
th[aria-sort=descending]::after { content: " ▼"; }
summary { cursor: pointer; color: var(--link); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .3rem; background: var(--paper); z-index: 9; }
.defs { position: absolute; width: 0; height: 0; }
.lead, .note, figcaption, caption { color: var(--faint); font-size: .88rem; }
a { color: var(--link); }
nav { margin: 1rem 0; }
nav ol, nav ul { columns: 16rem; padding-left: 1.4rem; margin: 0; }
.scroll { overflow-x: auto; margin: .6rem 0 1.2rem; -webkit-overflow-scrolling: touch; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; caption-side: bottom; padding-top: .4rem; max-width: 60rem; position: sticky;
  left: 0; width: min(60rem, calc(100vw - 2rem)); }
th, td { padding: .3rem .45rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line);
  vertical-align: top; }
thead th { border-bottom: 2px solid var(--ink); white-space: normal; vertical-align: bottom;
  overflow-wrap: break-word; }
thead tr.groups th { border-bottom: 0; text-align: center; }
thead tr.groups th:not(:empty) { border-bottom: 1px solid var(--faint); }
tbody th { font-weight: 500; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); max-width: 16rem;
  white-space: normal; overflow-wrap: anywhere; z-index: 1; min-width: 8rem; }
table.words td { text-align: left; white-space: normal; min-width: 6rem; max-width: 26rem;
  overflow-wrap: break-word; }
table.words thead th { text-align: left; }
td.text { text-align: left; white-space: normal; min-width: 9rem; max-width: 24rem; }
.best { font-weight: 700; background: var(--best); }
.failed { color: var(--fail); }
.muted { color: var(--faint); }
.floor { font-style: italic; color: var(--faint); }
tr.floor > * { border-top: 2px solid var(--line); }
figure { margin: 1rem 0 1.6rem; }
figure svg { display: block; width: 100%; height: auto; }
figure .scroll { margin: 0; }
figure .scroll > div { min-width: 34rem; }
figcaption { margin-top: .3rem; max-width: 60rem; }
svg text { font-family: "DejaVu Sans", Verdana, system-ui, sans-serif !important; }
@media (max-width: 40rem) {
  body { font-size: 15px; }
  h1 { font-size: 1.5rem; }
  th, td { padding: .25rem .45rem; }
  th:first-child { max-width: 9rem; }
  dl.answer { grid-template-columns: 1fr; gap: 0; }
  dl.answer dd { margin-bottom: .35rem; }
  table.matrix th:first-child { min-width: 5.5rem; max-width: 6.5rem; }
}
@media print {
  :root { --ink: #000; --faint: #555; --paper: #fff; --line: #bbb; --best: #e4e4e4; --fail: #7a1d0a;
    color-scheme: light; }
  @page { size: A4 landscape; margin: 12mm; }
  body { font-size: 9.5pt; }
  main, header { max-width: none; padding: 0; }
  nav, .tools, #tip, .skip { display: none; }
  .scroll { overflow: visible; }
  table { font-size: 7pt; width: 100%; }
  th, td { white-space: normal; padding: .15rem .3rem; min-width: 0 !important; overflow-wrap: anywhere; }
  thead { display: table-header-group; }
  tr, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  th:first-child, caption { position: static; }
  figure .scroll > div { min-width: 0; max-width: 17cm; }
}
"""

# One table, `table`, of at most `most` rows.
TABLE = """<div class="scroll" tabindex="0" role="region" aria-label="{{ table.title }}">
<table{% if table.words %} class="words"{% endif %}>
<caption><strong>{{ table.title }}.</strong> {{ table.caption }}</caption>
<thead>
{% if table.groups %}
<tr class="groups">{% for title, count in table.groups %}<th scope="colgroup" colspan="{{ count }}">{{ title
  }}</th>{% endfor %}</tr>
{% endif %}
<tr>{% for name in table.columns %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in table.rows[:most] %}
<tr{% if row[0].kind == "floor" %} class="floor"{% endif %}>
{%- for entry in row %}
{% if loop.first %}<th scope="row" data-m="{{ entry.text | tag }}"{% else %}<td{%
  if entry.value is not none %} data-value="{{ entry.value }}"{% endif %}{% endif %}
{%- if entry.best or entry.kind or entry.wordy %} class="{{ "best " if entry.best }}{{ "text " if entry.wordy
  }}{{ entry.kind }}"{% endif %}>{{ entry.text }}
{%- if loop.first %}</th>{% else %}</td>{% endif %}
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>
{% if table.rows | length > most %}
<p class="note">{{ table.rows | length - most }} more rows are in tables/{{ table.key | anchor }}.csv.</p>
{% endif %}
"""

HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="bench report">
<title>{{ title }}</title>
<style>{{ css }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the tables and figures</a>
{% if matrix %}
<svg class="defs" aria-hidden="true"><defs>{{ matrix.patterns }}</defs></svg>
{% endif %}
<header>
<h1>{{ title }}</h1>
{% if results.asks %}
<p class="asks">{{ results.asks }}</p>
{% endif %}
{% if answer %}
<h2 class="first" id="answer">The answer</h2>
<dl class="answer">
{% for question, text in answer.said %}
<dt>{{ question }}</dt><dd>{{ text }}</dd>
{% endfor %}
</dl>
{% endif %}
{% if matrix %}
<h2 class="first" id="matrix">How seeds ended, and how near to the data</h2>
<ul class="legend" aria-label="legend">
{% for name, means, swatch in matrix.kinds %}
<li>{{ swatch }}{{ name }}: {{ means }}</li>
{% endfor %}
<li>● and line: median q and its interval, from 0 (only mean and covariance) to 1 (real data); seconds of training a seed</li>
</ul>
<div class="scroll" tabindex="0" role="region" aria-label="every method on every data set">
<table class="matrix" data-sorts>
<thead><tr><th scope="col">method</th><th scope="col">seeds failed</th>
{% for dataset in matrix.datasets %}<th scope="col">{{ dataset }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in matrix.rows %}
<tr data-m="{{ row.method | tag }}"><th scope="row" data-m="{{ row.method | tag }}">{{ row.method
  }}{% if row.best %}<span class="mark-best">★ most stable</span>{% endif %}</th>
<td data-value="{{ row.share }}">{{ row.failed }}</td>
{% for cell in row.cells %}
<td data-value="{{ cell.rank }}">{{ cell.drawing }}<div class="words">{{ cell.words }}</div>{{ cell.numbers }}</td>
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>
{% if matrix.left_out %}
<p class="note">{{ matrix.left_out }} in the tables{{ " of the pages" if pages }} below.</p>
{% endif %}
{% endif %}
<div class="tools" id="tools" hidden><label>Show rows with <input type="search" placeholder="part of a name"></label>
<span>Click a column to sort, a method or a seed to follow it everywhere.</span></div>
<p class="lead">{{ results.datasets | length }} data sets, {{ results.methods | length }} methods, {{ results.cells |
  length }} cells. <a href="#reading">How to read this</a>.</p>
{% for note in results.notes %}
<p class="note">{{ note }}</p>
{% endfor %}
{% if pages %}
<nav aria-label="data sets"><ul>
{% for name, address in pages %}
<li><a href="{{ address }}">{{ name }}</a></li>
{% endfor %}
</ul></nav>
{% endif %}
<nav aria-label="contents"><ol>
{% for section in sections %}
<li><a href="#{{ section.key }}">{{ section.title }}</a></li>
{% endfor %}
<li><a href="#reading">How to read this</a></li>
</ol></nav>
</header>
<main id="main">
{% for section in sections %}
<section id="{{ section.key }}">
<h2>{{ section.title }}</h2>
<p class="lead">{{ section.lead }}</p>
{% if section.folded %}
<details><summary>Show</summary>
{% endif %}
{% for part in section.parts %}
{% if part.title %}
<h3>{{ part.title }}</h3>
{% endif %}
{% if part.sentences %}
<ul>
{% for sentence in part.sentences %}
<li>{{ sentence }}</li>
{% endfor %}
</ul>
{% endif %}
{% for table in part.tables if table.rows %}
{% include "table" %}
{% endfor %}
{% for picture in part.pictures %}
<figure id="{{ picture.key | anchor }}">
<div class="scroll"><div role="img" aria-label="{{ picture.title }}. {{ picture.caption }}">{{ picture.svg | svg }}</div></div>
<figcaption><strong>{{ picture.title }}.</strong> {{ picture.caption }}</figcaption>
</figure>
{% endfor %}
{% endfor %}
{% if section.folded %}
</details>
{% endif %}
</section>
{% endfor %}
<section id="reading">
<h2>How to read this</h2>
<p>{{ reading }}</p>
</section>
</main>
<script id="tools-script">{{ script }}</script>
</body>
</html>
"""
