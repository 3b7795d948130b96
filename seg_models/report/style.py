"""The report's style sheet: light and dark, wide and narrow."""

from seg_models.report import charts

CSS = """
:root { color-scheme: light dark; --page: #f6f7f9; --box: #fff; --text: #1c2430; --soft: #5d6876; --rule: #dfe3e8;
  --track: #e9ecf0; --good: #1f7a45; --good-box: #e7f5ec; --bad: #b3261e; --bad-box: #fdecea; --heat: 37, 99, 235;
  --line0: #2563eb; --line1: #d97706; --line2: #059669; --line3: #dc2626; --line4: #7c3aed; --line5: #0891b2;
  --line6: #be185d; --line7: #65a30d; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --box: #1b2129; --text: #e6e9ee; --soft: #9aa5b4;
  --rule: #303843; --track: #2a323d; --good: #6ad79a; --good-box: #15301f; --bad: #ff8f87; --bad-box: #3a1a18;
  --heat: 96, 150, 255; --line0: #6ea0ff; --line1: #f2b25c; --line2: #4fd1a5; --line3: #ff8080; --line4: #b79cff;
  --line5: #5fd0e6; --line6: #f48fbf; --line7: #b1d663; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 0 0 12px; }
h3 { font-size: 15px; margin: 20px 0 8px; }
p { margin: 6px 0; max-width: 80ch; }
nav { margin: 12px 0 18px; display: flex; flex-wrap: wrap; gap: 4px 18px; }
nav a { color: var(--line0); text-decoration: none; }
nav a:hover { text-decoration: underline; }
.note, small { color: var(--soft); font-size: 13px; font-weight: normal; }
section { background: var(--box); border: 1px solid var(--rule); border-radius: 10px; padding: 18px 20px;
  margin: 0 0 18px; }
section.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; padding: 0;
  background: none; border: 0; }
.card { background: var(--box); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; }
.card .value { font-size: 28px; font-weight: 650; line-height: 1.15; font-variant-numeric: tabular-nums; }
.card .name { font-weight: 600; overflow-wrap: anywhere; }
.card .note { line-height: 1.3; }
.verdict { border-left-width: 6px; }
.verdict h2 { margin: 0 0 4px; }
.verdict ul { margin: 0; padding: 0; list-style: none; }
.blessed { border-color: var(--good); background: var(--good-box); }
.refused { border-color: var(--bad); background: var(--bad-box); }
.blessed h2, li.held::before { color: var(--good); }
.refused h2, li.failed, li.failed::before { color: var(--bad); }
li.held::before { content: "✓ "; font-weight: 700; }
li.failed::before { content: "✗ "; font-weight: 700; }
.scroll { overflow: auto; }
.tall { max-height: 760px; border: 1px solid var(--rule); border-radius: 6px; padding: 0 10px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; }
thead th { color: var(--soft); font-size: 13px; }
table.plain th, table.plain td { padding: 4px 22px 4px 0; border-bottom: 1px solid var(--rule); }
table.classes { width: 100%; }
table.classes th, table.classes td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
table.classes tbody th { font-weight: 500; max-width: 320px; overflow: hidden; text-overflow: ellipsis; }
.tall thead th { position: sticky; top: 0; background: var(--box); }
.right { text-align: right !important; }
.bar { display: flex; align-items: center; gap: 8px; min-width: 150px; }
.bar b { font-weight: 500; min-width: 56px; text-align: right; }
.track { flex: 1; height: 12px; border-radius: 3px; background: var(--track); overflow: hidden; }
.track i { display: block; height: 100%; border-radius: 3px; box-shadow: inset 0 0 0 1px rgba(128, 128, 128, .55); }
.swatch { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px;
  vertical-align: -1px;
  box-shadow: inset 0 0 0 1px rgba(128, 128, 128, .55); }
.chips { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; margin: 6px 0; }
.chip { white-space: nowrap; }
i.line { display: inline-block; width: 16px; height: 3px; border-radius: 2px; margin-right: 6px;
  vertical-align: 4px; }
.beside { display: flex; flex-wrap: wrap; gap: 16px 40px; }
.beside > * { max-width: 100%; }
.mixups { flex: 1 1 300px; }
.mixups h3 { margin-top: 4px; }
.matrix { max-height: 86vh; }
table.confusion { border-collapse: separate; border-spacing: 1px; font-size: 12px; }
table.confusion td { background: rgba(var(--heat), var(--share, 0)); text-align: center; padding: 0;
  min-width: 34px; height: 28px;
  outline: 1px solid var(--rule); outline-offset: 0; }
table.confusion td.dark { color: #fff; }
table.confusion td:hover { outline: 2px solid var(--text); position: relative; z-index: 1; }
table.confusion .row { position: sticky; left: 0; z-index: 2; background: var(--box); font-weight: 500;
  white-space: nowrap;
  padding: 0 10px 0 0; max-width: 260px; overflow: hidden; text-overflow: ellipsis; }
table.confusion .column { position: sticky; top: 0; z-index: 2; background: var(--box); vertical-align: bottom;
  padding: 4px 0;
  font-weight: 500; color: var(--text); }
table.confusion .column span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap;
  max-height: 170px;
  font-size: 12px; line-height: 1.35; overflow: hidden; text-overflow: ellipsis; }
table.confusion .corner { position: sticky; left: 0; top: 0; z-index: 3; background: var(--box); }
table.confusion.medium td { min-width: 18px; height: 18px; }
table.confusion.dense td { min-width: 14px; height: 14px; }
table.confusion.dense .row, table.confusion.dense .column span { font-size: 11px; line-height: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); gap: 16px 24px; }
.charts h3 { margin: 0 0 4px; }
svg.chart { width: 100%; max-width: 520px; height: auto; display: block; font-size: 12px; }
svg.chart text { fill: var(--soft); }
svg.chart .grid { stroke: var(--rule); }
svg.chart rect.count { fill: var(--line0); }
svg.chart rect.count:hover { fill: var(--line1); }
svg.chart polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.cards.inner { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 12px 0 18px; }
tr.absent { opacity: .55; }
th.failed { color: var(--bad); }
details { margin: 8px 0; overflow-wrap: anywhere; }
summary { cursor: pointer; }
article { margin: 0 0 18px; }
article header { overflow-wrap: anywhere; margin-bottom: 4px; }
.pictures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; }
figure { margin: 0; }
figure img { width: 100%; height: auto; display: block; border-radius: 4px; }
figcaption { color: var(--soft); font-size: 12px; }
ol { margin: 0; padding-left: 22px; }
@media (max-width: 700px) { main { padding: 18px 12px 40px; } section { padding: 14px; }
  .pictures { grid-template-columns: 1fr 1fr; }
  .bar { min-width: 96px; } table.classes tbody th, table.confusion .row { max-width: 38vw; }
  .card .value { font-size: 23px; } section.cards { grid-template-columns: 1fr 1fr; } }
""" + "".join(
    f"i.line{index} {{ background: var(--line{index}); }} polyline.line{index} {{ stroke: var(--line{index}); }} "
    f"circle.line{index} {{ fill: var(--line{index}); }}\n"
    for index in range(charts.LINE_COLORS)
)
