"use strict";
// The planner of the page: what the reader sets, what follows from it, and its state in the address.
(() => {
  const panel = document.getElementById("planner");
  if (!panel) return;
  const { plans, speeds, live } = JSON.parse(document.getElementById("data").textContent).budgets;
  const input = (name) => document.getElementById(`plan-${name}`);
  const further = ["served", "unique", "most-params", "most-tokens"].filter((name) => live && input(name));
  const kept = ["flops", "count", "price", ...further];
  const logs = plans.map((plan) => Math.log(plan.flops));
  // A value and its ends are written in one notation.
  const large = (value) => value !== null && !(value >= 1e-3 && value < 1e5);
  const typed = (value) => value.toPrecision(6).replace(/\.?0+(?=e|$)/, "").replace("e+", "e");
  const written = (value, inPowers = large(value)) => {
    if (!inPowers) return Number(value.toPrecision(4)).toLocaleString("en");
    const [digits, exponent] = value.toExponential(2).split("e");
    return `${digits}×10${String(Number(exponent)).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)])}`;
  };

  // A positive number, null where the field is empty, NaN where it is neither.
  function numberIn(name) {
    const text = input(name).value.trim().replaceAll(",", "");
    if (text === "") return null;
    return Number(text) > 0 && Number.isFinite(Number(text)) ? Number(text) : NaN;
  }

  function between(flops, pick) {
    const x = Math.log(flops);
    let k = logs.findIndex((one) => one >= x - 1e-12);
    if (k < 0) k = logs.length - 1;
    if (Math.abs(logs[k] - x) < 1e-9 || k === 0) return pick(plans[k]);
    const [a, b, t] = [pick(plans[k - 1]), pick(plans[k]), (x - logs[k - 1]) / (logs[k] - logs[k - 1])];
    return a === null || b === null ? null : Math.exp(Math.log(a) * (1 - t) + Math.log(b) * t);
  }

  function interpolated(flops) {
    const estimate = (name) => Object.fromEntries(["value", "low", "high"].map((end) => [end, between(flops, (plan) => plan[name][end])]));
    return { params: estimate("params"), tokens: estimate("tokens"), loss_nats: estimate("loss_nats"), reach: between(flops, (plan) => plan.reach) };
  }

  function put(name, value, low = null, high = null) {
    const shown = panel.querySelector(`[data-answer="${name}"]`);
    if (!shown) return;
    [shown.dataset.value, shown.dataset.low, shown.dataset.high] = [value ?? "", low ?? "", high ?? ""];
    const powers = [value, low, high].some(large);
    shown.textContent = value === null ? "–" : written(value, powers);
    panel.querySelector(`[data-ends="${name}"]`).textContent = low !== null && high !== null ? (low === high ? "as limited" : `[${written(low, powers)}, ${written(high, powers)}]`) : "";
  }

  // The options of `plan` that ask for the same.
  function told(asked, made, flops, count, price) {
    const device = input("device").value;
    const machine = device === "this machine" ? `--flops-per-second ${speeds[device].toPrecision(4).replace("e+", "e")}` : `--hardware ${device}`;
    const given = [["--flops", flops], ["--inference-tokens", asked.served || null], ["--unique-tokens", asked.unique],
      ["--params", made.capped === "params" ? asked.mostParams : null], ["--tokens", made.capped === "tokens" ? asked.mostTokens : null],
      ["--batch-tokens", live.batch_tokens]];
    const words = given.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value >= 1e9 ? value.toExponential().replace("e+", "e") : value}`);
    const money = price === null ? "" : ` --price-per-hour ${price}`;
    return `${words.join(" ")} ${machine}${count > 1 ? ` --devices ${count}` : ""}${money}`;
  }

  function answer(moved) {
    const wrong = kept.filter((name) => Number.isNaN(numberIn(name)));
    for (const name of kept) input(name).setAttribute("aria-invalid", String(wrong.includes(name)));
    const asked = numberIn("flops") || plans[0].flops;
    const flops = Math.min(Math.max(asked, plans[0].flops), plans.at(-1).flops);
    if (moved !== "flops" && asked !== flops) input("flops").value = typed(flops);
    input("slider").value = (Math.log(flops) - logs[0]) / (logs.at(-1) - logs[0]);
    const all = { flops, served: live && (numberIn("served") || 0), unique: null, mostParams: null, mostTokens: null };
    if (live) [all.unique, all.mostParams, all.mostTokens] = ["unique", "most-params", "most-tokens"].map((name) => numberIn(name) || null);
    let made = live ? livePlan.plan(live, all) : interpolated(flops);
    if (wrong.length) made = { why: `${wrong.map((name) => input(name).closest("label").firstChild.textContent.trim()).join(", ")}: a number above 0, such as 1e12.` };
    input("why").textContent = made.why ?? "";
    input("why").hidden = !made.why;
    for (const name of ["params", "tokens", "loss_nats", "batch_tokens"]) put(name, ...(made[name] ? ["value", "low", "high"].map((end) => made[name][end]) : [null]));
    const count = Math.max(numberIn("count") || 1, 1);
    const price = numberIn("price") || null;
    const hours = made.why ? null : (live ? 6 * made.params.value * made.tokens.value : flops) / speeds[input("device").value] / 3600;
    put("hours", hours && hours / count);
    put("money", price && hours && hours * price);
    put("reach", made.reach ?? null);
    put("epochs", all.unique && !made.why ? made.tokens.value / all.unique : null);
    if (live) document.getElementById("plan-options").textContent = told(all, made, flops, count, price);
    if (moved) {
      const state = { ...Object.fromEntries(kept.map((name) => [name, input(name).value])), flops, device: input("device").value };
      history.replaceState(null, "", `#plan=${new URLSearchParams(Object.entries(state).filter(([, value]) => value !== ""))}`);
    }
  }

  function restore() {
    const given = new URLSearchParams(location.hash.startsWith("#plan=") ? location.hash.slice(6) : "");
    for (const name of kept) if (given.has(name)) input(name).value = given.get(name);
    if (given.has("device") && given.get("device") in speeds) input("device").value = given.get("device");
    answer("");
  }
  input("slider").addEventListener("input", () => { input("flops").value = typed(Math.exp(logs[0] + input("slider").value * (logs.at(-1) - logs[0]))); answer("slider"); });
  for (const name of [...kept, "device"]) input(name).addEventListener("input", () => answer(name));
  addEventListener("hashchange", restore);
  panel.hidden = false;
  restore();
})();
