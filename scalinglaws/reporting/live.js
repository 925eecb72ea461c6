"use strict";
// While a study trains, its page loads itself again; it stops when the study has ended, for the last page has no such part.
(() => {
  const told = document.getElementById("news");
  if (!told) return;
  const { written, period, command } = JSON.parse(document.getElementById("again").textContent);
  const old = () => Date.now() / 1000 - written;
  let paused = false;
  const button = document.createElement("button");
  button.type = "button";
  button.id = "pause";
  const named = () => { button.textContent = paused ? "Load again as it trains" : "Stop loading again"; };
  button.addEventListener("click", () => { paused = !paused; named(); });
  named();
  told.after(button);
  const silent = old() > 10 * period;
  const hours = new Date(written * 1000).toLocaleTimeString();
  told.textContent = silent
    ? `Nothing was written since ${hours}: the study may have been stopped. ${command} says how far it is; repeating its command goes on.`
    : `As of ${hours}; this page loads itself again.`;
  // A page that nobody sees, or in which something is typed or selected, waits.
  const busy = () => paused || document.hidden || String(getSelection()) || document.activeElement?.matches("input, select, textarea");
  setInterval(() => { if (!busy()) location.reload(); }, 1000 * (silent ? 60 : Math.max(5, period)));
})();
