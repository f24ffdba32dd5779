# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks of the fleet's page, and the few lines that keep it current. Nothing in here is a value of a host."""

STYLE = """
:root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--ink:#1c2430;--soft:#5c6776;--line:#dde2e9;
--bad:#b3261e;--badback:#fdecea;--gone:#7a4a00;--goneback:#fff3df;--odd:#5b3fa0;--oddback:#f1ecfc;
--wait:#0b5cad;--waitback:#e7f1fc;--good:#1b6e3c;--goodback:#e6f4ea}
@media(prefers-color-scheme:dark){:root{--back:#12161c;--card:#1b212a;--ink:#e6eaf0;--soft:#9aa6b5;--line:#303945;
--bad:#ff8a80;--badback:#3b1a1a;--gone:#ffc266;--goneback:#38290f;--odd:#c3adff;--oddback:#2a2143;
--wait:#8ec5ff;--waitback:#14293f;--good:#7fd99a;--goodback:#15301f}}
*{box-sizing:border-box}
body{margin:0;padding:20px 28px;background:var(--back);color:var(--ink);font:14px/1.45 system-ui,"DejaVu Sans",sans-serif}
header{display:flex;align-items:baseline;justify-content:space-between;gap:16px;flex-wrap:wrap}
h1{font-size:20px;margin:0}.made{margin:0;color:var(--soft)}#age{margin-left:8px}
#age.old{color:var(--bad);font-weight:700;border:2px solid;border-radius:4px;padding:1px 6px}
small{display:block;color:var(--soft);font-size:12px}
.tiles{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;padding:0;margin:16px 0 10px}
.tile{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--soft);border-radius:8px;padding:8px 12px}
.tile strong{display:block;font-size:26px;line-height:1.15;font-variant-numeric:tabular-nums}
.tile.none{opacity:.55;border-left-color:var(--line)}
.disconnected{--tone:var(--bad);--toneback:var(--badback)}.unreachable{--tone:var(--gone);--toneback:var(--goneback)}
.unknown{--tone:var(--odd);--toneback:var(--oddback)}.connecting{--tone:var(--wait);--toneback:var(--waitback)}
.connected{--tone:var(--good);--toneback:var(--goodback)}
.tile:not(.none):not(.plain){border-left-color:var(--tone)}.tile .status{padding:0;background:none}
.status{display:inline-block;white-space:nowrap;color:var(--tone);background:var(--toneback);border-radius:5px;padding:1px 8px;font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:0 0 10px;color:var(--soft);font-size:12px}
.legend i{display:inline-block;width:16px;height:10px;vertical-align:-1px;border:1px solid var(--soft);border-radius:2px}
.legend .gap{margin-left:auto}
main{background:var(--card);border:1px solid var(--line);border-radius:8px;overflow-x:auto}
main>table{border-collapse:collapse;width:100%}
main>table>thead th{position:sticky;top:0;text-align:left;font-size:12px;font-weight:600;color:var(--soft);padding:9px 12px;
border-bottom:1px solid var(--line);background:var(--card);white-space:nowrap}
main>table>tbody>tr>td,main>table>tbody>tr>th{text-align:left;vertical-align:top;padding:8px 12px 2px}
main>table>tbody>tr:only-child>*{padding-bottom:8px}
main>table>tbody{border-bottom:1px solid var(--line)}main>table>tbody:last-child{border-bottom:0}
.name{border-left:4px solid var(--tone,var(--line));white-space:nowrap}
.why{width:38%;min-width:34ch;overflow-wrap:anywhere}.connected .why{color:var(--soft)}
.time{white-space:nowrap}.warning{color:var(--gone);margin-top:3px}.number{font-variant-numeric:tabular-nums}
.broken{color:var(--bad);font-weight:600;white-space:nowrap}
tr.more>td{padding:0 12px 5px!important;border-left:4px solid var(--tone,var(--line))}
details{margin-top:-20px}summary{cursor:pointer;color:var(--soft);font-size:12px;width:max-content}summary:hover{color:var(--ink)}
.evidence{display:flex;flex-wrap:wrap;gap:10px 28px;padding:8px 0}
.evidence h3{font-size:12px;margin:0 0 3px}.evidence table{border-collapse:collapse;font-size:12px}
.evidence td,.evidence th{text-align:left;vertical-align:top;padding:1px 12px 1px 0;max-width:60ch;font-weight:400}
.evidence td:last-child{overflow-wrap:anywhere}
.evidence th,.evidence td:first-child{white-space:nowrap;color:var(--soft)}pre{margin:0;font-size:12px;white-space:pre-wrap}
.pool{white-space:nowrap}.pool+.pool{margin-top:4px}
.bar{display:flex;width:160px;height:12px;border:1px solid var(--soft);border-radius:3px;overflow:hidden}
.bar i{display:block;height:100%}.window{white-space:nowrap}.window+.window{margin-top:6px}.window .bar{width:120px;margin:2px 0}
i.target{background:var(--ink)}
i.guests{background:repeating-linear-gradient(135deg,var(--soft) 0 3px,transparent 3px 6px)}
i.reserved{background:radial-gradient(circle,var(--soft) 1px,transparent 1.5px) 0 0/4px 4px}
i.free,i.ahead{background:transparent}i.gone{background:var(--soft)}
.held{max-width:26ch;overflow-wrap:anywhere;margin-bottom:6px}
.held span{color:var(--gone);background:var(--goneback);border-radius:5px;padding:1px 8px;font-weight:600;white-space:nowrap}
.pips{display:flex;gap:2px;margin:3px 0}.pips i{width:8px;height:10px;border:1px solid var(--soft);border-radius:2px}
footer{color:var(--soft);font-size:12px;margin-top:10px}
@media(max-width:800px){body{padding:14px}.legend .gap{margin-left:0}main>table>thead{display:none}.none{display:none}
main>table,main>table>tbody,main>table>tbody>tr,main>table>tbody>tr>td,main>table>tbody>tr>th{display:block;width:auto;min-width:0}
main>table>tbody{border-left:4px solid var(--tone,var(--line));padding:6px 0 8px}main>table>tbody>tr>td,main>table>tbody>tr>th{padding:3px 12px!important}
main .why{width:auto;min-width:0}main .name,tr.more>td{border-left:0!important}.name{font-size:15px}details{margin-top:0}
td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:12px}}
@media print{body{background:#fff;padding:0}.legend,footer{break-inside:avoid}tbody{break-inside:avoid}}
"""

# Keeps the page current and honest: looks for a newer one every minute with the same evidence unfolded, and says how old it is.
SCRIPT = """
(function(){
var made=Date.parse(document.getElementById('made').dateTime),age=document.getElementById('age'),key='zbs-vhost-open';
function tell(){var m=Math.floor((Date.now()-made)/60000);if(isNaN(m))return;
age.textContent=m<1?'':m<120?m+' min old':Math.floor(m/60)+' h old';age.className=m>=10?'old':''}
tell();setInterval(tell,10000);
var all=[].slice.call(document.querySelectorAll('details')),open=[];
try{open=JSON.parse(sessionStorage.getItem(key)||'[]')}catch(e){}
all.forEach(function(d){if(open.indexOf(d.dataset.host)>=0)d.open=true;
d.addEventListener('toggle',function(){try{sessionStorage.setItem(key,JSON.stringify(all.filter(function(x){return x.open})
.map(function(x){return x.dataset.host})))}catch(e){}})});
setInterval(function(){if(!String(getSelection()))location.reload()},60000);
})();
"""
