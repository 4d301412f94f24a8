import { ACTIVE, ACTIVE_AROUND, INK, QUIET } from './roles.ts';

/** The style sheet of every picture. Colours of states are on the states themselves. */
export const STYLE = `text { font-family: Helvetica, Arial, "Liberation Sans", sans-serif; fill: ${INK} }
.paper { fill: #ffffff }
.panel > .card { fill: #ffffff; stroke: #cbd5e1; stroke-width: 1.3 }
.heading { font-size: 16px; font-weight: 700 }
.poster > .heading { font-size: 30px }
.subtitle { font-size: 11.5px; fill: ${QUIET} }
.poster > .subtitle { font-size: 15px }
.caption, .legend text { font-size: 10px; fill: ${QUIET} }
.poster > .caption { font-size: 16px }
.moment { font-weight: 700 }
.node text, .cluster text { font-size: 10px; fill: #475569 }
.node text:first-of-type, .cluster text:first-of-type { font-size: 12px; font-weight: 700; fill: ${INK} }
.cluster text:first-of-type { font-size: 13px }
.node.elsewhere text:first-of-type, .node.any text:first-of-type { font-size: 10px; font-weight: 400; fill: ${QUIET} }
.edge text { font-size: 9.5px; stroke: #ffffff; stroke-width: 3px; stroke-opacity: 0.85; paint-order: stroke; fill: #334155 }
.edge.error text { fill: #b91c1c }
.edge.delay text { fill: #b45309 }
.active > path, .active > .card { fill: ${ACTIVE.fill}; stroke: ${ACTIVE.stroke}; stroke-width: 3.5 }
.cluster.active > path, .panel.active > .card { fill: ${ACTIVE_AROUND} }
.at-one-moment .node:not(.active), .at-one-moment .cluster:not(.active), .at-one-moment .edge { opacity: 0.55 }
`;
