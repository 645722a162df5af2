"""What the page does beside being read: sort, filter, mark a method or a seed everywhere, show values. It is whole without it."""

from __future__ import annotations

SCRIPT = """
(function () {
  'use strict';
  var each = function (list, f) { Array.prototype.forEach.call(list, f); };
  var all = function (what, f) { each(document.querySelectorAll(what), f); };

  function number(cell) {
    var given = cell.getAttribute('data-value');
    var text = given !== null ? given : cell.textContent.replace(/\\u2212/g, '-').replace(/\\u202f/g, '');
    var found = parseFloat(text);
    return isNaN(found) ? null : found;
  }

  function sort(table, k, head) {
    var up = head.getAttribute('aria-sort') !== 'ascending';
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    var fixed = rows.filter(function (row) { return row.className === 'floor'; });
    rows = rows.filter(function (row) { return row.className !== 'floor'; });
    rows.sort(function (one, other) {
      var a = number(one.cells[k]), b = number(other.cells[k]), order;
      if (a === null && b === null) order = one.cells[k].textContent.localeCompare(other.cells[k].textContent);
      else if (a === null || b === null) return a === null ? 1 : -1;
      else order = a - b;
      return up ? order : -order;
    });
    each(table.tHead.rows[table.tHead.rows.length - 1].cells, function (cell) { cell.removeAttribute('aria-sort'); });
    head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    rows.concat(fixed).forEach(function (row) { body.appendChild(row); });
  }

  function press(element, act) {
    element.tabIndex = 0;
    element.style.cursor = 'pointer';
    element.addEventListener('click', act);
    element.addEventListener('keydown', function (event) {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); act(event); }
    });
  }

  all('table', function (table) {
    if (!table.tHead || !table.tBodies.length) return;
    var heads = table.tHead.rows[table.tHead.rows.length - 1].cells;
    each(heads, function (head, k) {
      head.title = 'sort';
      press(head, function () { sort(table, k, head); });
    });
  });

  var picked = null;
  function pick(method, seed) {
    var same = picked && picked[0] === method && picked[1] === seed;
    picked = same ? null : [method, seed];
    document.body.classList.toggle('picking', !same);
    all('[data-m]', function (element) {
      var mine = !same && element.getAttribute('data-m') === method;
      var other = element.getAttribute('data-seed');
      element.classList.toggle('picked', mine && (seed === null || other === null || other === '' || other === seed));
    });
  }
  all('tbody th[data-m]', function (head) {
    head.title = 'mark this method everywhere';
    press(head, function () { pick(head.getAttribute('data-m'), null); });
  });

  var tip = document.createElement('div');
  tip.id = 'tip';
  tip.hidden = true;
  document.body.appendChild(tip);
  all('.mark', function (mark) {
    mark.style.cursor = 'pointer';
    mark.addEventListener('click', function () {
      pick(mark.getAttribute('data-m'), mark.getAttribute('data-seed') || null);
    });
    mark.addEventListener('mousemove', function (event) {
      var seed = mark.getAttribute('data-seed'), value = mark.getAttribute('data-value');
      var head = document.querySelector('th[data-m="' + mark.getAttribute('data-m') + '"]');
      var name = head ? head.firstChild.textContent.trim() : '';
      var said = mark.getAttribute('data-said');
      var plain = (seed ? 'seed ' + seed : 'median') + (value ? ': ' + value : '');
      tip.textContent = name + ', ' + (said !== null ? said : plain);
      tip.style.left = Math.min(event.clientX + 12, window.innerWidth - 220) + 'px';
      tip.style.top = (event.clientY + 14) + 'px';
      tip.hidden = false;
    });
    mark.addEventListener('mouseleave', function () { tip.hidden = true; });
  });

  window.addEventListener('beforeprint', function () {
    all('details', function (folded) { folded.open = true; });
  });

  var tools = document.getElementById('tools');
  if (tools) {
    tools.hidden = false;
    tools.querySelector('input').addEventListener('input', function (event) {
      var wanted = event.target.value.toLowerCase();
      all('tbody tr, .of-cell', function (row) {
        row.hidden = row.className !== 'floor' && row.textContent.toLowerCase().indexOf(wanted) < 0;
      });
    });
  }
})();
"""
