"use strict";
// The charts of the page, drawn by Plotly from the values in #charts. Without this script the page shows its pictures,
// which are text until the page is printed: twenty thousand elements that it need not lay out to open.
(() => {
  const element = document.getElementById("charts");
  const showPictures = () => { for (const one of document.querySelectorAll(".still > noscript")) one.parentElement.innerHTML = one.textContent; };
  if (!element || typeof Plotly === "undefined") { showPictures(); return; }
  addEventListener("beforeprint", showPictures);
  matchMedia("print").addEventListener("change", (event) => { if (event.matches) showPictures(); });
  const charts = JSON.parse(element.textContent);
  const symbols = { o: "circle", s: "square", D: "diamond", "^": "triangle-up", v: "triangle-down", P: "cross", X: "x", h: "hexagon", "*": "star" };
  const PF_DAY = 8.64e19;
  const soft = (colour, alpha) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return `rgba(${r},${g},${b},${alpha})`;
  };
  const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/[$]/g, "&#36;");
  const GREEK = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", kappa: "κ", lambda: "λ", sigma: "σ" };
  // A formula, or the name of one constant, gets its letters, powers and indices; any other text stays as it is.
  const isFormula = (text) => /[)\w]\^[-−(\w]/.test(text);
  const isConstant = (text) => /^(?:\([a-z]\) |[\w-]+: )?(?:alpha|beta|gamma|delta|kappa|lambda|sigma|[A-Z])(?:_\w+)?$/.test(text);
  function typeset(text, formula = isFormula(text) || isConstant(text)) {
    const safe = plain(text).replace(/\b([A-Zp])_(min|crit|eff)\b/g, "$1<sub>$2</sub>");
    if (!formula) return safe;
    const lettered = safe.replace(/\b(alpha|beta|gamma|delta|kappa|lambda|sigma)(?=_|\b)/g, (name) => GREEK[name]).replace(/(?<!\w)([A-Za-zα-ω])_(\w+)/g, "$1<sub>$2</sub>");
    return lettered.replace(/\^\(([^()]*)\)|\^([-−]?[\wα-ω.]+(?:<sub>\w+<\/sub>)?)/g, (_, inside, word) => `<sup>${inside ?? word}</sup>`);
  }
  const raised = (exponent) => `10${String(Number(exponent)).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)])}`;
  function said(value, digits = 3) {
    if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)) return Number(value.toPrecision(4)).toLocaleString("en");
    const [mantissa, exponent] = Number(value.toPrecision(digits)).toExponential().split("e");
    return mantissa === "1" ? raised(exponent) : `${mantissa}×${raised(exponent)}`;
  }

  function hover(panel, mark) {
    return mark.x.map((x, i) => {
      const note = Array.isArray(mark.notes) ? mark.notes[i] : mark.notes;
      const interval = mark.low && mark.low[i] != null && mark.high[i] != null ? ` [${said(mark.low[i])}, ${said(mark.high[i])}]` : "";
      const days = panel.x.flops ? ` (${said(x / PF_DAY)} PF-days)` : "";
      const lines = [mark.label, note, `${panel.x.label}: ${said(x)}${days}`, `${panel.y.label}: ${said(mark.y[i])}${interval}`];
      return lines.filter(Boolean).map(plain).join("<br>");
    });
  }

  // Break a text into lines of a number of letters.
  function wrapped(text, letters) {
    const lines = [""];
    for (const word of text.replaceAll("(n = ", "(n\u00a0=\u00a0").split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (lines.at(-1) && longer.length > letters) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  const legendOf = (label, letters) => wrapped(label, letters).map((one) => typeset(one, isFormula(label))).join("<br>");

  function trace(panel, mark, seen, letters) {
    const single = Array.isArray(mark.colour) ? "#3b528b" : mark.colour;
    const shared = {
      name: legendOf(mark.label || "", letters), legendgroup: mark.label || "", showlegend: Boolean(mark.label) && !seen.has(mark.label),
      hoverinfo: "text", mode: "lines", type: "scatter",
    };
    if (mark.label) seen.add(mark.label);
    if (mark.kind === "band") {
      const ends = mark.x.map((x, i) => [x, mark.low[i], mark.high[i]]).filter(([, low, high]) => low !== null && high !== null);
      const floor = panel.y.log ? 1e-300 : -Infinity;
      return {
        ...shared, x: [...ends.map((e) => e[0]), ...ends.map((e) => e[0]).reverse()],
        y: [...ends.map((e) => Math.max(e[1], floor)), ...ends.map((e) => Math.max(e[2], floor)).reverse()],
        fill: "toself", fillcolor: soft(single, 0.16), line: { width: 0 }, hoverinfo: "skip",
      };
    }
    const text = hover(panel, mark);
    if (mark.kind === "line") {
      return { ...shared, x: mark.x, y: mark.y, text, notes: mark.notes, line: { color: single, width: mark.thin ? 1.1 : 2, dash: mark.dashed ? "dash" : mark.dotted ? "dot" : "solid" } };
    }
    const bars = mark.low && {
      type: "data", symmetric: false, color: soft(single, 0.55), thickness: 1, width: 0,
      array: mark.y.map((y, i) => (mark.high[i] === null ? 0 : mark.high[i] - y)),
      arrayminus: mark.y.map((y, i) => (mark.low[i] === null ? 0 : y - mark.low[i])),
    };
    return {
      ...shared, mode: "markers", x: mark.x, y: mark.y, text, ...(bars ? { error_y: bars } : {}),
      marker: { symbol: symbols[mark.symbol] + (mark.hollow ? "-open" : ""), color: mark.colour, size: mark.thin ? 5 : mark.symbol === "*" ? 14 : "^v".includes(mark.symbol) ? 10 : 8, line: { width: mark.hollow ? 1.4 : 0.6, color: mark.hollow ? mark.colour : "#ffffff" } },
      notes: mark.notes,
    };
  }

  function colourBar(scale) {
    const at = (value) => Math.log10(value);
    const ticks = [];
    for (let k = Math.ceil(at(scale.low)); k <= at(scale.high); k += 1) ticks.push(k);
    if (ticks.length < 2) ticks.splice(0, ticks.length, at(scale.low), at(scale.high));
    return {
      type: "scatter", mode: "markers", x: [null], y: [null], showlegend: false, hoverinfo: "skip",
      marker: {
        colorscale: scale.colours.map((colour, i) => [i / (scale.colours.length - 1), colour]), cmin: at(scale.low), cmax: at(scale.high), color: [at(scale.low)], showscale: true,
        colorbar: { title: { text: plain(scale.label), side: "right", font: { size: 11 } }, thickness: 10, outlinewidth: 0, tickvals: ticks, ticktext: ticks.map((k) => tick(10 ** k, goesFar(scale.low, scale.high))), tickfont: { size: 10 } },
      },
    };
  }

  // On an axis that goes far, large and small values alike are powers of ten.
  const goesFar = (low, high) => low < 1e-3 || high >= 1e4;
  function tick(value, far = goesFar(value, value)) {
    if (!far || (value >= 0.01 && value < 1000)) return said(Number(value.toPrecision(3)));
    const [mantissa, exponent] = Number(value.toPrecision(3)).toExponential().split("e");
    return mantissa === "1" ? raised(exponent) : `${mantissa}×${raised(exponent)}`;
  }
  // Ticks of a logarithmic axis between two powers of ten: decades, else round numbers within a decade.
  function ticksOf(low, high) {
    const [first, last] = [Math.min(low, high), Math.max(low, high)];
    const found = (digits, step = 1) => {
      const values = [];
      for (let k = Math.floor(first / step) * step; k <= last; k += step) values.push(...digits.map((one) => one * 10 ** k));
      return values.filter((one) => Math.log10(one) >= first - 1e-9 && Math.log10(one) <= last + 1e-9);
    };
    const choices = [...(last - first > 3 ? [found([1], Math.ceil((last - first) / 6))] : []), found([1]), found([1, 3]), found([1, 2, 5]), found([1, 2, 3, 4, 5, 6, 7, 8])];
    const chosen = choices.find((one) => one.length > 2 && one.length < 9);
    if (chosen) return chosen;
    const [from, to] = [10 ** first, 10 ** last];
    const rough = (to - from) / 5;
    const step = [1, 2, 5, 10].map((one) => one * 10 ** Math.floor(Math.log10(rough))).find((one) => one >= rough);
    return Array.from({ length: 12 }, (_, i) => (Math.ceil(from / step) + i) * step).filter((one) => one <= to);
  }
  // Of ticks that would touch the rounder one stays: `room` is the length of the axis, and a letter takes 7 pixels across.
  function ticked(low, high, room, across) {
    const [first, last] = [Math.min(low, high), Math.max(low, high)];
    const all = ticksOf(low, high).map((value) => ({ value, text: tick(value, goesFar(10 ** first, 10 ** last)), at: (Math.log10(value) - first) / (last - first) * room }));
    const digits = (one) => one.value.toExponential(2).replace(/[.]?0*e.*/, "");
    const roundness = (one) => ["1", "5", "2", "3"].indexOf(digits(one)) + 1 || 9;
    const size = (one) => (across ? 7 * one.text.length + 4 : 15);
    const kept = [];
    for (const one of [...all].sort((a, b) => roundness(a) - roundness(b))) {
      if (kept.every((other) => Math.abs(one.at - other.at) > (size(one) + size(other)) / 2)) kept.push(one);
    }
    const shown = all.filter((one) => kept.includes(one));
    return { tickmode: "array", tickvals: shown.map((one) => one.value), ticktext: shown.map((one) => one.text) };
  }

  function axis(given, room, across, crowded = false) {
    const words = given.ticks && { tickmode: "array", tickvals: given.ticks, tickangle: crowded ? -60 : 0, ticktext: given.ticks.map((one, i) => wrapped(given.words[i] ?? String(one), crowded ? 16 : 14).map(plain).join("<br>")) };
    return {
      title: { text: typeset(given.label), font: { size: 12 }, ...(across ? {} : { standoff: 6 }) }, type: given.log ? "log" : "linear", ...(given.range.length ? { range: given.range } : {}),
      gridcolor: "#e4e6ea", linecolor: "#1b1f24", ticks: "outside", tickangle: 0, zeroline: false, exponentformat: "power", showexponent: "all", nticks: 7,
      ...(words ?? (given.log && given.range.length ? ticked(...given.range, room, across) : {})),
    };
  }

  // A reader who zooms gets the ticks of what is shown.
  function follow(place, panel, rooms) {
    const own = [["xaxis", panel.x], ["yaxis", panel.y]].filter(([, given]) => given.log && !given.ticks);
    place.on("plotly_relayout", (changed) => {
      const moved = own.filter(([name]) => Object.keys(changed).some((key) => key.startsWith(`${name}.range`) || key === `${name}.autorange`));
      const sets = moved.map(([name]) => Object.entries(ticked(...place.layout[name].range, rooms[name], name === "xaxis")).map(([key, value]) => [`${name}.${key}`, value]));
      if (moved.length) Plotly.relayout(place, Object.fromEntries(sets.flat()));
    });
  }

  // The ends of a linear axis as its ticks are written.
  function decimals(range) {
    const step = Math.abs(range[1] - range[0]) / 5;
    return step > 0 ? range.map((one) => one.toFixed(Math.max(0, -Math.floor(Math.log10(step))))) : [];
  }

  function draw(place, panel, scale) {
    const seen = new Set();
    const width = place.clientWidth - (scale ? 150 : 80);
    const letters = Math.max(16, Math.floor((width - 50) / 6.3));
    const traces = panel.marks.map((mark) => trace(panel, mark, seen, letters));
    if (scale) traces.push(colourBar(scale));
    const labels = [...seen].map((label) => wrapped(label, letters));
    const widest = Math.max(1, ...labels.map((lines) => 45 + 5.8 * Math.max(...lines.map((one) => one.length))));
    const together = Math.max(1, Math.floor(width / widest));
    const rows = together > 1 ? Math.ceil(labels.length / together) : labels.reduce((sum, lines) => sum + lines.length, 0);
    const [plot, words] = [280, panel.x.words ?? []];
    const yaxis = axis(panel.y, plot, false);
    const left = 38 + 6.5 * Math.max(4, ...(yaxis.ticktext ?? decimals(panel.y.range)).map((one) => Math.max(...one.split("<br>").map((line) => line.length))));
    const rooms = { xaxis: place.clientWidth - left - (scale ? 100 : 20), yaxis: plot };
    const crowded = words.length && width / words.length < 75;
    const lines = Math.max(0, ...words.map((one) => wrapped(one, 14).length));
    const under = crowded ? 150 : lines ? 30 + 16 * lines + (panel.x.label ? 22 : 0) : 56;
    const height = 10 + plot + under + 19 * rows;
    place.style.minHeight = `${height}px`;
    const layout = {
      margin: { l: left, r: scale ? 10 : 20, t: 10, b: under + 19 * rows }, height,
      font: { family: "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", size: 12, color: "#1b1f24" }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: axis(panel.x, rooms.xaxis, true, crowded), yaxis, hovermode: "closest", showlegend: seen.size > 0,
      modebar: { bgcolor: "rgba(0,0,0,0)", color: "#7d8793", activecolor: "#3d7cc9" },
      legend: { orientation: "h", tracegroupgap: 0, x: 0, xanchor: "left", y: -under / plot, yanchor: "top", font: { size: 11 } },
    };
    const made = Plotly.newPlot(place, traces, layout, { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] });
    return made.then(() => follow(place, panel, rooms));
  }

  const drawn = new Map();
  function show(figure) {
    const name = figure.dataset.chart;
    if (drawn.has(name)) return;
    const given = charts[name];
    const live = figure.querySelector(".live");
    const places = given.panels.filter((panel) => !panel.missing).map((panel, i, all) => {
      const [box, title, place] = ["div", "p", "div"].map((tag) => document.createElement(tag));
      const [name, equation] = ["strong", "span"].map((tag) => document.createElement(tag));
      name.innerHTML = typeset(panel.title); // escaped there
      equation.innerHTML = panel.equation; // escaped where it was typeset
      title.append(name, panel.title && panel.equation ? "  " : "", equation);
      title.className = "panel";
      box.className = "chart";
      box.append(title, place);
      live.append(box);
      return [place, panel, i === all.length - 1 ? given.scale : null];
    });
    live.hidden = false;
    drawn.set(name, places.map(([place]) => place));
    Promise.all(places.map((one) => draw(...one))).then(() => { figure.classList.add("alive"); if (chosen) dim(places.map(([place]) => place)); });
  }

  // Rows that the reader filters: a point whose note names another run is dimmed in every chart.
  let chosen = null;
  let known = new Set();
  function dim(places) {
    for (const place of places) {
      place.data.forEach((one, i) => {
        const notes = Array.isArray(one.notes) ? one.notes : one.x.map(() => one.notes);
        if (!notes.some((note) => known.has(note))) return;
        const seen = (note) => (!chosen || chosen.has(note) ? 1 : 0.08);
        Plotly.restyle(place, one.mode === "lines" ? { opacity: seen(notes[0]) } : { "marker.opacity": [notes.map(seen)] }, [i]);
      });
    }
  }
  document.addEventListener("runs-chosen", (event) => {
    chosen = event.detail.chosen;
    known = event.detail.known;
    for (const places of drawn.values()) dim(places);
  });

  const figures = [...document.querySelectorAll("figure[data-chart]")];
  if (typeof IntersectionObserver === "undefined") figures.forEach(show);
  const near = new IntersectionObserver((entries) => entries.forEach((entry) => { if (entry.isIntersecting) { near.unobserve(entry.target); show(entry.target); } }), { rootMargin: "600px" });
  figures.forEach((figure) => near.observe(figure));

  // The data of a chart as a table, made when it is opened.
  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (!(details instanceof HTMLDetailsElement) || !details.dataset.of || details.querySelector("table")) return;
    const table = document.createElement("table");
    const row = (cells, tag) => { const tr = document.createElement("tr"); for (const cell of cells) { const td = document.createElement(tag); td.textContent = cell ?? ""; if (tag === "th") td.scope = "col"; tr.append(td); } return tr; };
    const head = table.createTHead();
    head.append(row(["panel", "series", "x", "y", "low", "high", "note"], "th"));
    const body = table.createTBody();
    const { panels } = charts[details.dataset.of];
    const kind = panels.some((panel) => panel.marks.some((mark) => mark.kind === "points")) ? "points" : "line";
    for (const panel of panels) {
      for (const mark of panel.marks) {
        if (mark.kind !== kind) continue;
        mark.x.forEach((x, i) => body.append(row([panel.title, mark.label, said(x), said(mark.y[i]), mark.low?.[i], mark.high?.[i], Array.isArray(mark.notes) ? mark.notes[i] : mark.notes], "td")));
      }
    }
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", `Data of ${details.closest("figure").querySelector("figcaption strong").textContent}`);
    scroll.append(table);
    details.append(scroll);
  }, true);
})();
