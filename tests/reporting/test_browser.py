"""A real Chromium opens the page: at three widths, light and dark, it sorts, filters, follows a seed, and asks for nothing.

The page is opened inside another one, in a frame of each width; what a small script finds there is read from the title.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

PROBE = """
<script>
window.problems = [];
window.addEventListener('error', function (event) { window.problems.push(String(event.message)); });
</script>
"""
ASK = """
function ask(frame) {
  var w = frame.contentWindow, d = frame.contentDocument, found = {};
  found.errors = w.problems;
  found.requests = w.performance.getEntriesByType('resource').length;
  found.overflow = d.documentElement.scrollWidth - d.documentElement.clientWidth;
  found.paper = w.getComputedStyle(d.body).backgroundColor;
  found.answer = d.getElementById('answer').getBoundingClientRect().top;
  found.matrix = d.getElementById('matrix').getBoundingClientRect().top;
  var table = d.querySelector('table.matrix');
  var names = function () {
    return Array.prototype.map.call(table.tBodies[0].rows, function (row) { return row.cells[0].firstChild.textContent.trim(); });
  };
  found.before = names();
  table.tHead.rows[0].cells[1].click();
  found.sorted = names();
  table.tHead.rows[0].cells[1].click();
  found.reversed = names();
  var input = d.querySelector('#tools input');
  found.tools = !d.getElementById('tools').hidden;
  input.value = 'edm';
  input.dispatchEvent(new w.Event('input'));
  found.filtered = Array.prototype.filter.call(table.tBodies[0].rows, function (row) { return !row.hidden; }).length;
  input.value = '';
  input.dispatchEvent(new w.Event('input'));
  var mark = d.querySelector('.mark[data-seed="3"]');
  mark.dispatchEvent(new w.MouseEvent('click', {bubbles: true}));
  found.followed = Array.prototype.map.call(d.querySelectorAll('.mark.picked'), function (one) {
    return one.getAttribute('data-m') + ' ' + one.getAttribute('data-seed');
  });
  found.mine = mark.getAttribute('data-m');
  mark.dispatchEvent(new w.MouseEvent('mousemove', {bubbles: true}));
  found.tip = d.getElementById('tip').textContent;
  return found;
}
window.onload = function () {
  var all = {};
  Array.prototype.forEach.call(document.querySelectorAll('iframe'), function (frame) { all[frame.width] = ask(frame); });
  document.getElementById('out').textContent = JSON.stringify(all);
};
"""


def opened(page: Path, folder: Path, dark: bool) -> dict[str, dict[str, Any]]:
    text = page.read_text(encoding="utf-8").replace("<head>", f"<head>{PROBE}", 1)
    frames = "".join(
        f'<iframe width="{w}" height="900" srcdoc="{html.escape(text)}"></iframe>' for w in (1440, 800, 390)
    )
    harness = folder / "harness.html"
    harness.write_text(
        f"<!doctype html><meta charset='utf-8'>{frames}<pre id='out'></pre><script>{ASK}</script>", encoding="utf-8"
    )
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    options += [
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        "--virtual-time-budget=20000",
        "--dump-dom",
    ]
    command = [str(CHROMIUM), *options, harness.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None
    read: dict[str, dict[str, Any]] = json.loads(html.unescape(found[1]))
    return read


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_works_in_a_browser(report: Path, tmp_path: Path, dark: bool) -> None:
    for width, found in opened(report / "index.html", tmp_path, dark).items():
        assert found["errors"] == [], width
        assert found["requests"] == 0
        assert found["overflow"] <= 0, width  # tables scroll inside themselves
        assert found["paper"] == ("rgb(20, 23, 27)" if dark else "rgb(255, 255, 255)")
        assert 0 < found["answer"] < found["matrix"] < 900, width  # on the first screen
        assert found["before"] == ["GAN", "GAN + R1", "WGAN-GP 50%_σ & <b>", "DDGAN", "EDM"]
        assert found["sorted"][-1] == found["reversed"][0] == "WGAN-GP 50%_σ & <b>"  # 12 of 20 failed
        assert found["tools"]
        assert found["filtered"] == 1
        assert len(found["followed"]) > 1  # in several figures
        assert {one.split(" ")[0] for one in found["followed"]} == {found["mine"]}
        assert {one.split(" ")[1] for one in found["followed"]} <= {"3", ""}
        assert found["tip"].startswith("GAN, seed 3")
