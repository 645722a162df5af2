"""How the page of nights looks, beside what it shares with the report (`reporting/template.py`)."""

from __future__ import annotations

CSS = """
.of-cell { border-top: 1px solid var(--line); margin-top: 1.2rem; padding-top: .2rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: .4rem 1.4rem; }
.charts figure { margin: .4rem 0; min-width: 0; }
.charts figcaption { overflow-wrap: anywhere; font-size: .82rem; }
dl.answer dd > div { overflow-wrap: anywhere; }
svg.nights text { font-size: 9.5px; fill: var(--faint); }
svg.nights text.end { text-anchor: end; }
svg.nights text.worse, .worse { fill: var(--fail); color: var(--fail); }
svg.nights text.better, .better { fill: var(--good); color: var(--good); }
svg.nights .band { fill: var(--line); opacity: .75; }
svg.nights .seeds { stroke: var(--faint); stroke-width: 2.6; stroke-linecap: round; opacity: .55; fill: none; }
svg.nights .out { fill: var(--faint); }
svg.nights .median { stroke: var(--ink); stroke-width: 1.2; fill: none; }
svg.nights .again { fill: var(--paper); stroke: var(--ink); stroke-width: 1; }
svg.nights .gone { stroke: var(--faint); stroke-width: 1.4; stroke-dasharray: 2 1.5; fill: none; }
svg.nights .break { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 1 3; fill: none; }
svg.nights .change { stroke-width: 1.4; stroke-dasharray: 5 2; fill: none; }
svg.nights .change.worse { stroke: var(--fail); }
svg.nights .change.better { stroke: var(--good); }
svg.nights .change.span { stroke-dasharray: none; stroke-width: 3; opacity: .6; }
svg.nights .failures { fill: var(--fail); }
svg.nights .none { fill: var(--faint); }
@media print { .charts { grid-template-columns: repeat(3, 1fr); } }
"""

HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="bench history">
<title>{{ title }}</title>
<style>{{ css }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the figures</a>
<header>
<h1>{{ title }}</h1>
<h2 class="first" id="answer">The last night</h2>
<dl class="answer">
{% for question, sentences in said %}
<dt>{{ question }}</dt><dd>{% for sentence in sentences %}<div>{{ sentence }}</div>{% endfor %}</dd>
{% endfor %}
</dl>
<div class="tools" id="tools" hidden><label>Show cells with <input type="search" placeholder="part of a name"></label>
<span>Point at a night to read it; click a column to sort, a cell to follow it.</span></div>
{% for note in notes %}
<p class="note">{{ note }}</p>
{% endfor %}
<nav aria-label="cells"><ul>
{% for cell in cells %}
<li><a href="#{{ cell.key }}">{{ cell.title }}</a>{% for kind in cell.kinds %} <span class="{{ kind }}">{{
  "▲" if kind == "better" else "▼" }} {{ kind }}</span>{% endfor %}</li>
{% endfor %}
<li><a href="#series">All numbers</a></li>
<li><a href="#reading">How to read this</a></li>
</ul></nav>
</header>
<main id="main">
{% for cell in cells %}
<section class="of-cell" id="{{ cell.key }}">
<h3>{{ cell.title }}</h3>
{% for sentence in cell.sentences %}
<p class="note">{{ sentence }}</p>
{% endfor %}
<div class="charts">
{% for chart in cell.charts %}
<figure>{{ chart.drawing }}<figcaption><strong>{{ chart.title }}.</strong> {{ chart.caption }}</figcaption></figure>
{% endfor %}
</div>
</section>
{% endfor %}
{% if left_out %}
<p class="note">{{ left_out }}</p>
{% endif %}
<section id="series">
<h2>All numbers</h2>
{% for table in tables if table.rows %}
{% include "table" %}
{% endfor %}
</section>
<section id="reading">
<h2>How to read this</h2>
<p>{{ reading }}</p>
</section>
</main>
<script id="tools-script">{{ script }}</script>
</body>
</html>
"""

READING = (
    "Nights run from left to right. Each dot is a seed, the line joins the nights' medians (dead seeds rank worst), and a "
    "cross at the worse edge is a night whose median is a dead seed. A ring is a night that repeats an earlier one bit for bit "
    "and counts once with it; a dashed tick is a night without a number. The axis holds the middle of all values; an arrow is "
    "what lies outside. The grey band holds 95 of 100 medians of as many seeds as the newest night has, if they are drawn from "
    "the seeds that the caption names; without a band there are too few of them. Bars below are the share of the cell's seeds "
    "that failed, as high as the strip where all did. A dashed line is a change of level that was found, and the bar above it "
    "the nights on which it may have been; its p is Holm's, over all series that were tested ({family}), at level {alpha:g}. A "
    "dotted line is where nights are run or measured otherwise: the line ends there, and nothing is compared across."
)
