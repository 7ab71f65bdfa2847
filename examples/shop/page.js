/** The one page of the shop. */
export function page({ version, image, environment, container, visits, waiting, packed, packer }) {
  const digest = image.includes('@') ? image.slice(image.indexOf('@') + 1).slice(0, 19) : image;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The little tea shop · ${text(version)}</title>
<style>
  :root { --accent: ${accentOf(version)}; --ink: #1f2430; --soft: #6a7181; --line: #e6e3dc; --paper: #fbfaf7; }
  @media (prefers-color-scheme: dark) { :root { --ink: #ece9e2; --soft: #9aa0ad; --line: #343946; --paper: #1b1f28; } }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
         font: 17px/1.55 ui-sans-serif, system-ui, sans-serif; }
  main { width: min(40rem, 100% - 2.5rem); padding: 3rem 0; }
  .badge { display: inline-block; padding: .15rem .7rem; border-radius: 99px; background: var(--accent); color: #fff;
           font-size: .8rem; font-weight: 600; letter-spacing: .02em; }
  h1 { font-size: clamp(2.2rem, 7vw, 3.4rem); line-height: 1.05; letter-spacing: -.03em; margin: 1rem 0 .6rem; }
  p { color: var(--soft); margin: 0 0 2rem; max-width: 32rem; }
  button { font: inherit; font-weight: 600; padding: .7rem 1.4rem; border: 0; border-radius: .7rem; background: var(--accent);
           color: #fff; cursor: pointer; }
  button:hover { filter: brightness(1.08); }
  .numbers { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1px; margin: 2.5rem 0; border: 1px solid var(--line);
             border-radius: .9rem; overflow: hidden; background: var(--line); }
  .numbers div { background: var(--paper); padding: 1.1rem 1.3rem; }
  .numbers b { display: block; font-size: 1.9rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
  .numbers span { color: var(--soft); font-size: .85rem; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.5rem; margin: 0; font-size: .88rem; }
  dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
</style>
<main>
  <span class="badge">${text(environment)} · version ${text(version)}</span>
  <h1>The little tea shop</h1>
  <p>One kind of tea, packed by hand. Order as often as you like: you will not notice a new release.</p>
  <form method="post" action="/orders"><button>Order a tea</button></form>
  <div class="numbers">
    <div><b>${visits}</b><span>visits</span></div>
    <div><b>${packed}</b><span>orders packed</span></div>
    <div><b>${waiting}</b><span>orders waiting</span></div>
  </div>
  <dl>
    <dt>Image</dt><dd>${text(digest)}</dd>
    <dt>Container</dt><dd>${text(container)}</dd>
    <dt>Packed by</dt><dd>worker ${text(packer)}</dd>
  </dl>
</main>
</html>
`;
}

/** Each version has its own colour, so that you can see which one answers. */
function accentOf(version) {
  const colours = ['#0f766e', '#4f46e5', '#b45309', '#be185d', '#15803d', '#0369a1'];
  return colours[(Number.parseInt(version, 10) - 1) % colours.length] ?? colours[0];
}

const text = (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
