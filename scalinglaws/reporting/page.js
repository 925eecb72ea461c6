"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const stem = data.name.replace(/[^A-Za-z0-9_-]+/g, "-");

  function say(text) {
    const said = document.getElementById("said");
    said.textContent = text;
    setTimeout(() => { said.textContent = ""; }, 2500);
  }

  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // Quoted as RFC 4180 asks; a missing number is an empty field.
  function csv(rows) {
    const field = (value) => {
      const text = value === null || value === undefined ? "" : String(value);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
  }

  function pointRows() {
    const columns = data.points.columns;
    const names = Object.keys(columns);
    const length = names.length ? columns[names[0]].length : 0;
    return [names, ...Array.from({ length }, (_, row) => names.map((name) => columns[name][row]))];
  }

  function tableRows(table) {
    const body = [...table.tBodies[0].rows].map((row) => [...row.cells]);
    const bounded = (column) => body.some((row) => row[column].dataset.low !== undefined);
    const heads = [...table.tHead.rows[0].cells].flatMap((cell, column) => {
      const name = cell.dataset.text ?? cell.textContent.trim();
      return bounded(column) ? [name, `${name}: low`, `${name}: high`] : [name];
    });
    const fields = ({ dataset, textContent }, column) => {
      const shown = dataset.value ?? dataset.text ?? textContent;
      return bounded(column) ? [shown, dataset.low, dataset.high] : [shown];
    };
    return [heads, ...body.map((row) => row.flatMap(fields))];
  }

  function key(row, column) {
    const cell = row.cells[column];
    const number = cell.dataset.value === undefined ? NaN : Number(cell.dataset.value);
    return { number, text: cell.textContent };
  }

  // Numbers before texts, not-a-number last, whichever way the column is sorted.
  function compare(one, other, sign) {
    const [a, b] = [Number.isNaN(one.number), Number.isNaN(other.number)];
    if (a !== b) return a ? 1 : -1;
    return sign * (a ? one.text.localeCompare(other.text, "en", { numeric: true }) : one.number - other.number);
  }

  function sort(button) {
    const head = button.closest("th");
    const body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].map((row) => ({ row, key: key(row, head.cellIndex) }));
    rows.sort((one, other) => compare(one.key, other.key, down ? -1 : 1));
    body.append(...rows.map((entry) => entry.row));
  }

  function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  async function copy(button) {
    const element = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(element.textContent);
      say("Copied");
    } catch {
      select(element);
      say(document.execCommand("copy") ? "Copied" : "Selected: press Ctrl-C to copy");
    }
  }

  // Words choose runs; a click or Enter on a row chooses it; arrows move between rows. Charts follow through "runs-chosen".
  function chooser(table) {
    const rows = [...table.tBodies[0].rows];
    const box = document.createElement("p");
    box.className = "filter";
    const label = document.createElement("label");
    label.append("Show runs with ");
    const input = document.createElement("input");
    input.type = "search";
    input.id = "filter";
    const shown = document.createElement("span");
    shown.setAttribute("role", "status");
    label.append(input);
    box.append(label, shown);
    table.closest(".scroll").before(box);
    const name = (row) => row.cells[0].textContent;
    const known = new Set(rows.map(name));
    function tell() {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
      const left = rows.filter((row) => !row.hidden);
      const picked = left.filter((row) => row.classList.contains("chosen"));
      const some = picked.length ? picked : left;
      shown.textContent = some.length === rows.length ? "" : `${some.length} of ${rows.length} runs`;
      const chosen = some.length === rows.length ? null : new Set(some.map(name));
      document.dispatchEvent(new CustomEvent("runs-chosen", { detail: { chosen, known } }));
    }
    input.addEventListener("input", tell);
    function pick(row) {
      row.classList.toggle("chosen");
      tell();
    }
    const body = table.tBodies[0];
    const focus = (row) => { for (const one of rows) one.tabIndex = one === row ? 0 : -1; };
    focus(rows[0]);
    body.addEventListener("click", (event) => { const row = event.target.closest("tr"); if (row && !String(getSelection())) { focus(row); pick(row); } });
    body.addEventListener("keydown", (event) => {
      const row = event.target.closest("tr");
      const seen = [...body.rows].filter((one) => !one.hidden);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" || event.key === " ") pick(row);
      else if (step) { const next = seen[seen.indexOf(row) + step]; if (next) { focus(next); next.focus(); } }
      else return;
      event.preventDefault();
    });
  }
  for (const table of document.querySelectorAll('table[data-name="runs"]')) chooser(table);

  const doing = {
    sort,
    copy,
    csv: (button) => {
      const table = document.querySelector(`table[data-name="${button.dataset.table}"]`);
      save(`${stem}-${button.dataset.table}.csv`, "text/csv", csv(tableRows(table)));
    },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    for (const [name, act] of Object.entries(doing)) if (button && button.classList.contains(name)) act(button);
  });
  document.getElementById("download-csv").addEventListener("click", () => save(`${stem}-points.csv`, "text/csv", csv(pointRows())));
  document.getElementById("download-json").addEventListener("click", () =>
    save(`${stem}.json`, "application/json", JSON.stringify(data, null, 1)));
  document.getElementById("print").addEventListener("click", () => print());
})();
