import type { InspectReport } from '../../machines/inspect-report.ts';
import type { Chart } from '../visualize/chart.ts';
import { definitionHash } from '../visualize/definition-hash.ts';
import { type Block, blocksOf, recordingText, type Text } from './inspect-blocks.ts';
import { ageText, line, paragraph, type Screen } from './inspect-screen.ts';
import { treeLines } from './inspect-tree.ts';
import { memberLines, peerLines } from './render-status.ts';

/** Narrower than this, a heading has a line of its own. */
const columnsForHeadings = 60;
const headingColumns = 11;

/** A live chart for a person, as lines that are no wider than the screen. */
export function renderInspect(
  report: InspectReport,
  chart: Chart,
  screen: Screen,
): readonly string[] {
  const sections = [
    headLines(report, screen),
    treeLines(chart, report, screen),
    blocksOf(report).flatMap((block) => blockLines(block, screen)),
    tableLines(memberLines(report.members), screen),
    tableLines(peerLines(report.peers), screen),
    footLines(report, chart, screen),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function headLines(report: InspectReport, screen: Screen): readonly string[] {
  const { node, cluster, quorum, leader, etcd, path } = report;
  const quorumAge = quorum.sinceMs === null ? '' : ` for ${ageText(quorum.sinceMs)}`;
  const etcdFacts = [
    `etcd${etcd.version === null ? '' : ` ${etcd.version}`} ${etcd.state}`,
    ...(etcd.pid === null ? [] : [`pid ${etcd.pid}`]),
    ...(etcd.memberId === null ? [] : [`member ${etcd.memberId}`]),
  ];
  const first = `Node ${node.name}, ${path === null ? 'no path taken yet' : `path ${path}`}`;
  const others = [
    [
      cluster.id === null ? `no cluster yet (of ${cluster.requiredSize})` : `cluster ${cluster.id}`,
      leader === null ? 'no known leader' : `leader ${leader}`,
      `quorum ${quorum.state}${quorumAge}`,
    ],
    [etcdFacts.join(', '), `e2d ${node.version}, pid ${node.pid}`],
  ];
  return [
    ...paragraph(screen, first, { style: 'bold', hang: 2 }),
    ...others.flatMap((parts) => paragraph(screen, parts.join(' · '), { hang: 2 })),
  ];
}

function blockLines({ title, texts }: Block, screen: Screen): readonly string[] {
  const isNarrow = screen.columns < columnsForHeadings;
  const indent = isNarrow ? 2 : headingColumns;
  const inner = { ...screen, columns: screen.columns - indent };
  const body = texts.flatMap((text) => textLines(text, inner));
  const heading = line({ ...screen, columns: headingColumns }, [[title, 'bold']]);
  const gap = ' '.repeat(Math.max(0, indent - title.length));
  return [
    ...(isNarrow ? [heading] : []),
    ...body.map((text, index) =>
      index === 0 && !isNarrow ? `${heading}${gap}${text}` : `${' '.repeat(indent)}${text}`,
    ),
  ];
}

function textLines(text: Text, screen: Screen): readonly string[] {
  if (typeof text === 'string') return paragraph(screen, text, { hang: 2 });
  return [line(screen, [[text.head], [text.tail, 'dim']])];
}

function tableLines(rows: readonly string[], screen: Screen): readonly string[] {
  return rows.map((row, index) => line(screen, [[row, index === 0 ? 'dim' : undefined]]));
}

function footLines(report: InspectReport, chart: Chart, screen: Screen): readonly string[] {
  const isOther = definitionHash(chart) !== report.chart.definitionHash;
  const warnings = [
    ...(isOther ? ['the node runs another version of the chart: use its own e2d'] : []),
    ...report.warnings,
  ];
  const isRecorded = report.recording.state === 'recording';
  return [
    ...paragraph(screen, `This life is ${recordingText(report.recording)}.`, {
      hang: 2,
      style: isRecorded ? 'dim' : 'yellow',
    }),
    ...warnings.flatMap((warning) =>
      paragraph(screen, `Warning: ${warning}`, { hang: 2, style: 'yellow' }),
    ),
  ];
}
