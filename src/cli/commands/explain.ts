import { charts } from '../../../machines/index.ts';
import { readChart } from '../../visualize/read-chart.ts';
import type { Invocation } from '../command.ts';
import { findTopics } from '../explain-search.ts';
import { topicsOf } from '../explain-topics.ts';
import { screenOf } from '../inspect-screen.ts';
import { isOn, refuseBadFlags } from '../own-flags.ts';
import { renderTopic, renderTopicList } from '../render-explain.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const { argument, terminal } = invocation;
  const all = topicsOf(readChart('node', charts.node));
  const topics = argument === undefined ? all : findTopics(argument, all);
  if (isOn('json', invocation)) {
    terminal.out(`${JSON.stringify(topics, null, 2)}\n`);
    return 0;
  }
  const screen = screenOf({ stream: process.stdout, env: process.env });
  const lines =
    argument === undefined
      ? renderTopicList(all, screen)
      : topics.flatMap((one, index) => [...(index === 0 ? [] : ['']), ...renderTopic(one, screen)]);
  terminal.out(`${lines.join('\n')}\n`);
  return 0;
}
