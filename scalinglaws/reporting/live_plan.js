"use strict";
// A plan from draws, as scalinglaws/planning computes it: a budget split by each law and by each of its draws.
const livePlan = (() => {
  const [LEAST_TOKENS, LEAST_PARAMS, EDGE, AWAY, FLAT, USELESS, HUGE] = [1e3, 10, 1.001, 100, 1e-6, 1e4, 1e300];
  const [GRID, STEPS, GOLDEN] = [41, 42, (Math.sqrt(5) - 1) / 2];
  const forms = {
    chinchilla: (n, d, v) => v.E + v.A * Math.exp(-v.alpha * n) + v.B * Math.exp(-v.beta * d),
    skaling: (n, d, v) => v.E + (v.A * Math.exp(-v.alpha * n) + v.B * Math.exp(-v.beta * d)) ** v.k,
    "kaplan-nd": (n, d, v) => (Math.exp((v.alpha_N / v.alpha_D) * (Math.log(v.N_c) - n)) + v.D_c * Math.exp(-d)) ** v.alpha_D,
  };

  function worth(amount, base, decay) {
    return base * (1 - decay * Math.expm1(-(amount / base - 1) / decay));
  }

  // The size whose best D is the number of different tokens: equal slopes of the loss in ln N and ln D.
  function sizeFor(form, v, tokens) {
    const [d, step] = [Math.log(tokens), 1e-4];
    let [low, high] = [0, Math.log(1e18)];
    for (let i = 0; i < 60; i += 1) {
      const n = (low + high) / 2;
      const sized = form(n + step, d, v) - form(n - step, d, v) < form(n, d + step, v) - form(n, d - step, v);
      [low, high] = sized ? [n, high] : [low, n];
    }
    return Math.exp((low + high) / 2);
  }

  // Effective N and D of a size: what repeated tokens and excess parameters are worth.
  function effective(law, params, tokens, asked, limit) {
    const unique = asked.unique;
    if (unique === null) return [params, tokens];
    if (!law.repeats) return [params, Math.min(tokens, unique)];
    return [worth(params, Math.min(params, limit), asked.repetition[1]), worth(tokens, Math.min(tokens, unique), asked.repetition[0])];
  }

  // Best size of one set of values: 0 or Infinity where the loss falls to an end, NaN where it hardly depends on size.
  function best(law, v, asked, limit) {
    const form = forms[law.law];
    const left = (params) => asked.flops / (6 * params) - asked.served / 3;
    const loss = (n) => {
      const params = Math.exp(n);
      const tokens = left(params);
      if (!(tokens > 0)) return Infinity;
      const [N, D] = asked.unique === null ? [params, tokens] : effective(law, params, tokens, asked, limit);
      const found = form(N === params ? n : Math.log(N), Math.log(D), v);
      return Number.isFinite(found) ? found : Infinity;
    };
    const largest = asked.flops / (6 * (LEAST_TOKENS + asked.served / 3));
    const ends = [Math.log(Math.min(LEAST_PARAMS, largest / Math.E)), Math.log(largest)];
    const at = (i) => ends[0] + ((ends[1] - ends[0]) * i) / (GRID - 1);
    let [least, k] = [Infinity, 0];
    for (let i = 0; i < GRID; i += 1) { const one = loss(at(i)); if (one < least) [least, k] = [one, i]; }
    let [low, high] = [at(Math.max(k - 1, 0)), at(Math.min(k + 1, GRID - 1))];
    let [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    let [atA, atB] = [loss(a), loss(b)];
    for (let i = 0; i < STEPS; i += 1) {
      if (atA < atB) { [high, b, atB] = [b, a, atA]; a = high - GOLDEN * (high - low); atA = loss(a); }
      else { [low, a, atA] = [a, b, atB]; b = low + GOLDEN * (high - low); atB = loss(b); }
    }
    const n = (low + high) / 2;
    const [floor, edge] = [loss(n), Math.log(EDGE)];
    const rises = (away) => loss(Math.min(Math.max(n + away, ends[0]), ends[1])) / floor - 1 > FLAT;
    const below = rises(-Math.log(AWAY)) && n > ends[0] + edge;
    const above = rises(Math.log(AWAY)) && n < ends[1] - edge;
    return below && above ? Math.exp(n) : above ? 0 : below ? Infinity : NaN;
  }

  // Quantiles of draws; an end among those that have none is null.
  function interval(values, level) {
    const end = (share, none) => {
      const sorted = Float64Array.from(values, (x) => Math.min(Math.max(Number.isNaN(x) ? none : x, -HUGE), HUGE)).sort();
      const [place, last] = [share * (sorted.length - 1), sorted.length - 1];
      const k = Math.min(Math.floor(place), last - 1);
      const found = sorted[k] + (place - k) * (sorted[k + 1] - sorted[k]);
      return Math.abs(found) < HUGE / 10 ? found : null;
    };
    return { low: end((1 - level) / 2, -Infinity), high: end((1 + level) / 2, Infinity) };
  }

  function valuesOf(draws, i) {
    return Object.fromEntries(Object.entries(draws).map(([name, column]) => [name, column[i]]));
  }

  // Best size of one set of values, and the limit beyond which parameters are in excess of the different tokens.
  function own(law, v, asked) {
    const limit = asked.unique !== null && law.repeats ? sizeFor(forms[law.law], v, asked.unique) : null;
    return [best(law, v, asked, limit), limit];
  }

  // The same with both terms tilted, so that the best size is that of a forecast's surface, discrepancy included.
  function tilted(v, move) {
    return move ? { ...v, A: v.A * Math.exp(v.alpha * move), B: v.B * Math.exp(-v.beta * move) } : v;
  }

  // How far the discrepancy moves ln N* at a compute: of the values (-1) or of a draw.
  function moveOf(law, flops, i) {
    if (!law.moves) return 0;
    const { ln_flops: nodes, value, draws } = law.moves;
    const at = Math.min(Math.max((Math.log(flops) - nodes[0]) / (nodes[1] - nodes[0]), 0), nodes.length - 1);
    const k = Math.min(Math.floor(at), nodes.length - 2);
    const [before, after] = i < 0 ? [value[k], value[k + 1]] : [draws[k][i], draws[k + 1][i]];
    return before + (at - k) * (after - before);
  }

  // The interval of a best size with the error of the form: at any compute, and beyond the fitted.
  function widened(found, live, reach) {
    const half = Math.hypot(live.size_rate * Math.max(Math.log(reach), 0), live.size_here);
    const end = (one, side) => one && found.value * Math.exp(side * Math.hypot(Math.max(side * Math.log(one / found.value), 0), half));
    return half > 0 ? { ...found, low: end(found.low, -1), high: end(found.high, 1) } : found;
  }

  // The split of a budget by one law; `fixed` is a size that is held, or null.
  function split(law, asked, fixed) {
    const count = Object.values(law.draws)[0].length;
    const left = (params) => asked.flops / (6 * params) - asked.served / 3;
    const [found, limit] = own(law, tilted(law.values, moveOf(law, asked.flops, -1)), asked);
    const params = fixed ?? found;
    const drawn = new Float64Array(count).map((_, i) => fixed ?? own(law, tilted(valuesOf(law.draws, i), moveOf(law, asked.flops, i)), asked)[0]);
    return { params, drawn, drawnTokens: drawn.map((one) => Math.max(left(one), 0)), tokens: left(params), at: effective(law, params, left(params), asked, limit) };
  }

  // Which limit holds, and the size that it then is: null where none does.
  function held(law, asked) {
    const params = own(law, tilted(law.values, moveOf(law, asked.flops, -1)), asked)[0];
    const tokens = asked.flops / (6 * params) - asked.served / 3;
    if (asked.mostParams !== null && params > asked.mostParams) return ["params", asked.mostParams];
    if (asked.mostTokens !== null && tokens > asked.mostTokens) return ["tokens", asked.flops / (6 * asked.mostTokens + 2 * asked.served)];
    return ["", null];
  }

  // The loss between the nodes of the surface, by cubic polynomials through four of them each way.
  function surfaceAt(surface, N, D) {
    const along = (nodes, x) => {
      const t = (x - nodes[0]) / (nodes[1] - nodes[0]);
      if (!(t >= -1e-9 && t <= nodes.length - 1 + 1e-9)) return null;
      const k = Math.min(Math.max(Math.floor(t) - 1, 0), nodes.length - 4);
      const u = t - k;
      return { k, near: Math.round(t), weights: [0, 1, 2, 3].map((i) => [0, 1, 2, 3].reduce((w, j) => (j === i ? w : (w * (u - j)) / (i - j)), 1)) };
    };
    const [n, d] = [along(surface.ln_params, Math.log(N)), along(surface.ln_tokens, Math.log(D))];
    if (!n || !d) return null;
    const of = (rows) => Math.exp(n.weights.reduce((sum, w, i) => sum + w * d.weights.reduce((inner, z, j) => inner + z * rows[n.k + i][d.k + j], 0), 0));
    const [low, high] = [of(surface.low), of(surface.high)];
    return { value: surface.determined[n.near][d.near] ? of(surface.value) : Math.sqrt(low * high), low, high };
  }

  // The middle and the range of the published laws of the batch that count at this plan.
  function batchAt(live, params, tokens, loss) {
    if (live.batch_tokens !== null) return { value: live.batch_tokens, low: null, high: null };
    const at = { N: params, D: tokens, C: 6 * params * tokens, L: live.per_token ? loss : null };
    const counts = live.batches.filter(({ letter, low, high }) => at[letter] !== null && (low === null || (at[letter] >= low && at[letter] <= high)));
    const found = counts.map(({ letter, scale, power }) => scale * at[letter] ** power).sort((a, b) => a - b);
    if (!found.length) return null;
    const half = Math.floor(found.length / 2);
    const several = found.length > 1;
    return { value: found.length % 2 ? found[half] : Math.sqrt(found[half - 1] * found[half]), low: several ? found[0] : null, high: several ? found.at(-1) : null };
  }

  // Gives {params, tokens, loss_nats, batch_tokens, reach, capped} or {why}. asked: flops, served, unique, mostParams, mostTokens; null where none is set.
  function plan(live, given) {
    const asked = { ...given, repetition: live.repetition };
    const [capped, fixed] = held(live.laws[0], asked);
    const splits = live.laws.map((law) => split(law, asked, fixed));
    const [first] = splits;
    const tooMuch = capped === "params" ? asked.mostTokens !== null && first.tokens > asked.mostTokens * (1 + 1e-9) : capped && asked.mostParams !== null && first.params > asked.mostParams * (1 + 1e-9);
    if (tooMuch) return { why: "Both limits are reached before this compute is spent: lower it, or raise a limit." };
    if (!(first.params > 0 && first.params < Infinity)) return { why: "These runs determine no best size at this budget: limit the size or the tokens." };
    if (!(first.tokens >= 1)) return { why: "This budget leaves no tokens to train on after those that are served: raise it." };
    const pooled = (name) => interval(splits.flatMap((one) => [...one[name]]), live.level);
    const reach = (6 * first.at[0] * first.at[1]) / live.largest;
    const sized = (name, value) => (capped ? { value, ...pooled(name) } : widened({ value, ...pooled(name) }, live, reach));
    const params = sized("drawn", first.params);
    if (!(params.low && params.high && params.high / params.low <= USELESS)) return { why: "The best size at this budget is not determined by these runs: its interval is wider than a factor of 10,000." };
    const loss = surfaceAt(live.surface, ...first.at);
    if (!loss) return { why: "This lies outside the sizes and tokens that this page holds: ask the command plan." };
    return {
      params, tokens: sized("drawnTokens", first.tokens), loss_nats: loss, capped,
      batch_tokens: batchAt(live, first.params, first.tokens, loss.value), reach,
    };
  }
  return { plan, surfaceAt };
})();
