"use strict";
// The planner: plans of #data's budgets, interpolated in the logarithm of the compute; its state is in the address.
(() => {
  const panel = document.getElementById("planner");
  if (!panel) return;
  const { plans, speeds } = JSON.parse(document.getElementById("data").textContent).budgets;
  const input = (name) => document.getElementById(`plan-${name}`);
  const logs = plans.map((plan) => Math.log(plan.flops));
  const written = (value) => {
    if (value >= 1e-3 && value < 1e5) return String(Number(value.toPrecision(4)));
    const [digits, exponent] = value.toExponential(2).split("e");
    return `${digits}×10${String(Number(exponent)).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)])}`;
  };

  function read(flops, pick) {
    const x = Math.log(flops);
    let k = logs.findIndex((one) => one >= x - 1e-12);
    if (k < 0) k = logs.length - 1;
    if (Math.abs(logs[k] - x) < 1e-9 || k === 0) return pick(plans[k]);
    const [a, b, t] = [pick(plans[k - 1]), pick(plans[k]), (x - logs[k - 1]) / (logs[k] - logs[k - 1])];
    return a === null || b === null ? null : Math.exp(Math.log(a) * (1 - t) + Math.log(b) * t);
  }

  function put(name, value, low = null, high = null) {
    const shown = panel.querySelector(`[data-answer="${name}"]`);
    shown.dataset.value = value ?? "";
    shown.textContent = value === null ? "–" : written(value);
    panel.querySelector(`[data-ends="${name}"]`).textContent = low !== null && high !== null ? `[${written(low)}, ${written(high)}]` : "";
  }

  function answer(moved) {
    const asked = Number(input("flops").value);
    const flops = Math.min(Math.max(asked || plans[0].flops, plans[0].flops), plans.at(-1).flops);
    if (moved !== "flops" && String(asked) !== String(flops)) input("flops").value = flops.toPrecision(6);
    input("slider").value = (Math.log(flops) - logs[0]) / (logs.at(-1) - logs[0]);
    for (const name of ["params", "tokens", "loss_nats"]) put(name, ...["value", "low", "high"].map((end) => read(flops, (plan) => plan[name][end])));
    const count = Math.max(Number(input("count").value) || 1, 1);
    const hours = flops / speeds[input("device").value] / 3600;
    const price = input("price").value === "" ? null : Number(input("price").value);
    put("hours", hours / count);
    put("money", price === null ? null : hours * price);
    put("reach", read(flops, (plan) => plan.reach));
    if (moved) history.replaceState(null, "", `#plan=${new URLSearchParams({ flops, device: input("device").value, count, price: price ?? "" })}`);
  }

  const given = new URLSearchParams(location.hash.startsWith("#plan=") ? location.hash.slice(6) : "");
  for (const name of ["flops", "count", "price"]) if (given.has(name)) input(name).value = given.get(name);
  if (given.has("device") && given.get("device") in speeds) input("device").value = given.get("device");
  input("slider").addEventListener("input", () => { input("flops").value = Math.exp(logs[0] + input("slider").value * (logs.at(-1) - logs[0])).toPrecision(6); answer("slider"); });
  for (const name of ["flops", "device", "count", "price"]) input(name).addEventListener("input", () => answer(name));
  panel.hidden = false;
  answer("");
})();
