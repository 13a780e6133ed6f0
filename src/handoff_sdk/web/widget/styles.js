/**
 * How the widget looks, as a stylesheet that a strict Content-Security-Policy lets through. A page changes what the
 * variables at the top say; all else follows. It is written tightly, as nobody packs it before it is sent.
 */

const DARK = `
--c:var(--handoff-color, #8ab4f8);
--on:var(--handoff-on-color, #0b1a33);
--bg:var(--handoff-background, #171b21);
--fg:var(--handoff-text, #e8ebef);
--soft:var(--handoff-soft, #262c35);
--dim:var(--handoff-dim, #a9b3c0);
--bad:var(--handoff-bad, #ff9c93);
color-scheme:dark;
`;
const CSS = `
:host {
  --c:var(--handoff-color, #1d5bbf);
  --on:var(--handoff-on-color, #fff);
  --bg:var(--handoff-background, #fff);
  --fg:var(--handoff-text, #1c2430);
  --soft:var(--handoff-soft, #eef1f5);
  --dim:var(--handoff-dim, #56606e);
  --bad:var(--handoff-bad, #b3261e);
  --r:var(--handoff-radius, 14px);
  --gap:var(--handoff-offset, 20px);
  position:fixed;
  z-index:var(--handoff-z, 2147483000);
  inset-block-end:var(--gap);
  inset-inline-end:var(--gap);
  font:15px/1.45 var(--handoff-font, system-ui, sans-serif);
  color:var(--fg);
  color-scheme:light;
  text-align:start;
}
:host([hidden]), [hidden] { display:none !important; }
:host([side="start"]) { inset-inline:var(--gap) auto; }
:host([theme="dark"]) { ${DARK} }
@media (prefers-color-scheme:dark) { :host(:not([theme="light"])) { ${DARK} } }
* { box-sizing:border-box; margin:0; }
button, input, select, textarea { font:inherit; color:inherit; }
button { cursor:pointer; border:0; border-radius:9px; background:none; padding:6px 10px; }
button:disabled { opacity:.55; cursor:default; }
:focus-visible { outline:3px solid var(--c); outline-offset:2px; }
a { color:inherit; overflow-wrap:anywhere; }
svg { width:22px; height:22px; display:block; fill:none; stroke:currentColor; stroke-width:1.8;
  stroke-linecap:round; stroke-linejoin:round; }
.unseen { position:absolute; width:1px; height:1px; overflow:hidden; clip-path:inset(50%); white-space:nowrap; }
.launcher { width:58px; height:58px; padding:0; display:grid; place-items:center; border-radius:50%;
  background:var(--c); color:var(--on); box-shadow:0 4px 16px #0004; position:relative; }
.launcher svg { width:28px; height:28px; }
.badge { position:absolute; inset-block-start:-4px; inset-inline-end:-4px; min-width:22px; padding:0 6px;
  border-radius:11px; background:#b3261e; color:#fff; font-size:13px; font-weight:600; }
.panel { display:flex; flex-direction:column; width:var(--handoff-width, 380px);
  height:var(--handoff-height, min(640px, calc(100dvh - 2 * var(--gap)))); max-width:calc(100vw - 2 * var(--gap));
  background:var(--bg); border-radius:var(--r); box-shadow:0 8px 40px #0005; overflow:hidden; }
header { display:flex; align-items:center; gap:2px; padding:10px 8px; padding-inline-start:14px;
  background:var(--c); color:var(--on); }
header div { flex:1; min-width:0; }
header h2 { font-size:16px; line-height:1.3; }
header p { font-size:13px; }
header button { padding:8px; }
header :focus-visible { outline-color:var(--on); outline-offset:-3px; }
.banner { background:var(--soft); font-size:14px; }
.banner:not(:empty) { padding:8px 14px; }
.log { flex:1; overflow-y:auto; padding:14px; display:flex; flex-direction:column; gap:3px;
  overscroll-behavior:contain; }
.log:focus-visible { outline-offset:-3px; }
.log > :first-child { margin-block-start:auto; }
.message { max-width:84%; align-self:flex-start; display:flex; flex-direction:column; align-items:flex-start; }
.own { align-self:flex-end; align-items:flex-end; }
.system { align-self:center; text-align:center; align-items:center; }
.author, .note { font-size:12px; color:var(--dim); padding:0 4px; }
.author { margin-block-start:8px; }
.note.bad { color:var(--bad); }
.bubble { padding:8px 12px; border-radius:var(--r); background:var(--soft); white-space:pre-wrap;
  overflow-wrap:anywhere; max-width:100%; }
.own .bubble { background:var(--c); color:var(--on); }
.sending .bubble { opacity:.7; }
.system .bubble { background:none; color:var(--dim); font-size:14px; padding:6px; }
.bubble img { display:block; max-width:100%; max-height:260px; border-radius:8px; }
.choices { display:flex; flex-wrap:wrap; gap:6px; margin-block:6px; }
.choices button, .choices a, .plain { border:1px solid currentColor; border-radius:9px; padding:6px 12px;
  color:var(--fg); text-decoration:none; }
.choices [aria-pressed="true"], .main { background:var(--c); color:var(--on); border-color:var(--c); }
.cards { display:flex; gap:8px; max-width:100%; overflow-x:auto; padding-block:2px; }
.cards.list { flex-direction:column; }
.card { flex:0 0 auto; width:220px; padding:10px 12px; border-radius:10px; background:var(--soft); }
.list .card { width:auto; }
form.fields { display:grid; gap:8px; white-space:normal; }
.fields label { display:grid; gap:2px; font-size:14px; }
.fields input, .fields select, .fields textarea { padding:7px 9px; border:1px solid var(--dim); border-radius:8px;
  background:var(--bg); width:100%; }
.typing { min-height:20px; padding:0 18px 4px; font-size:13px; color:var(--dim); }
.latest { align-self:center; margin-block:-40px 4px; background:var(--fg); color:var(--bg); font-size:13px; }
.uploads { padding:0 14px; font-size:13px; }
.uploads > div { display:flex; gap:8px; align-items:center; }
.uploads span { flex:1; overflow-wrap:anywhere; }
.uploads progress { width:80px; accent-color:var(--c); }
.composer { display:flex; align-items:flex-end; gap:4px; padding:8px;
  padding-block-end:max(8px, env(safe-area-inset-bottom)); border-block-start:1px solid var(--soft); }
.composer textarea { flex:1; min-width:0; resize:none; field-sizing:content; max-height:130px; padding:8px 10px;
  border:1px solid var(--dim); border-radius:10px; background:var(--bg); }
.composer textarea:placeholder-shown { direction:inherit; }
.composer textarea::placeholder { color:var(--dim); opacity:1; }
.composer button { padding:8px; }
:host([dir="rtl"]) .turns svg { transform:scaleX(-1); }
.past { flex:1; overflow-y:auto; padding:14px; display:flex; flex-direction:column; gap:8px; }
.past button { text-align:start; background:var(--soft); padding:10px 12px; }
.past .main { background:var(--c); }
@media (max-width:480px) {
  :host([open]) { inset:0; }
  .panel { width:100%; height:100dvh; max-width:none; border-radius:0; }
}
`;

/** @returns {CSSStyleSheet} */
export function styles() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS.replace(/\n\s*/g, " "));
  return sheet;
}
