"""How the page looks: its template and its style sheet. Nothing is fetched from anywhere."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #70777f; --paper: #ffffff; --line: #dfe3e8;
  --stripe: #f6f8fa; --best: #d7ecdd; --fail: #a3361e; --link: #0a58a8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --faint: #98a1ab; --paper: #14171b; --line: #333a42; --stripe: #1b2026;
    --best: #1e4630; --fail: #f0907a; --link: #7db7f0; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, header { max-width: 80rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.9rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 3rem 0 .3rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; overflow-wrap: anywhere; }
.asks { font-size: 1.15rem; margin: .4rem 0 1rem; }
.lead, .note, figcaption, caption { color: var(--faint); font-size: .88rem; }
a { color: var(--link); }
nav { margin: 1rem 0; }
nav ol { columns: 16rem; padding-left: 1.4rem; margin: 0; }
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
}
@media print {
  :root { --ink: #000; --faint: #555; --paper: #fff; --line: #bbb; --best: #e4e4e4; --fail: #7a1d0a;
    color-scheme: light; }
  @page { size: A4 landscape; margin: 12mm; }
  body { font-size: 9.5pt; }
  main, header { max-width: none; padding: 0; }
  nav { display: none; }
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

HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="bench report">
<title>{{ results.suite }}</title>
<style>{{ css }}</style>
</head>
<body>
<header>
<h1>{{ results.suite }}</h1>
{% if results.asks %}
<p class="asks">{{ results.asks }}</p>
{% endif %}
<p class="lead">{{ results.datasets | length }} data sets, {{ results.methods | length }} methods, {{ results.cells |
  length }} cells.
  <a href="#reading">How to read this</a>.</p>
{% for note in results.notes %}
<p class="note">{{ note }}</p>
{% endfor %}
<nav aria-label="contents"><ol>
{% for section in sections %}
<li><a href="#{{ section.key }}">{{ section.title }}</a></li>
{% endfor %}
<li><a href="#reading">How to read this</a></li>
</ol></nav>
</header>
<main>
{% for section in sections %}
<section id="{{ section.key }}">
<h2>{{ section.title }}</h2>
<p class="lead">{{ section.lead }}</p>
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
<div class="scroll" tabindex="0" role="region" aria-label="{{ table.title }}">
<table{% if table.words %} class="words"{% endif %}>
<caption><strong>{{ table.title }}.</strong> {{ table.caption }}</caption>
<thead>
{% if table.groups %}
<tr class="groups">{% for title, count in table.groups %}<th scope="colgroup" colspan="{{ count }}">{{ title
  }}</th>{% endfor %}</tr>
{% endif %}
<tr>{% for name in table.columns %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in table.rows %}
<tr{% if row[0].kind == "floor" %} class="floor"{% endif %}>
{%- for entry in row %}
{% if loop.first %}<th scope="row"{% else %}<td{% endif %}
{%- if entry.best or entry.kind %} class="{{ "best " if entry.best }}{{ entry.kind }}"{% endif %}>{{ entry.text }}
{%- if loop.first %}</th>{% else %}</td>{% endif %}
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>
{% endfor %}
{% for picture in part.pictures %}
<figure id="{{ picture.key | anchor }}">
<div class="scroll"><div role="img" aria-label="{{ picture.title }}">{{ picture.svg | svg }}</div></div>
<figcaption><strong>{{ picture.title }}.</strong> {{ picture.caption }}</figcaption>
</figure>
{% endfor %}
{% endfor %}
</section>
{% endfor %}
<section id="reading">
<h2>How to read this</h2>
<p>{{ reading }}</p>
</section>
</main>
</body>
</html>
"""
