import { textOf } from '../errors/e2d-error.ts';
import type { Deed } from './keys.ts';
import type { Playground } from './playground.ts';
import type { PlaygroundNode } from './playground-node.ts';

/** Does something to a node and tells the feed what was done, or why not. Never rejects. */
export async function act(playground: Playground, node: PlaygroundNode, deed: Deed): Promise<void> {
  const refusal = refusalOf(playground, node, deed);
  if (refusal !== null) return playground.tell('you', refusal);
  const { name } = node;
  const paused = node.processes().paused;
  playground.tell('you', paused && deed === 'pause' ? `let ${name} go on` : sentences[deed](name));
  try {
    await hurt(playground, node, deed);
  } catch (error) {
    playground.tell('you', `could not: ${textOf(error)}`);
  }
}

const sentences: Readonly<Record<Deed, (name: string) => string>> = {
  'kill-etcd': (name) => `kill the etcd of ${name}`,
  'kill-e2d': (name) => `kill the e2d of ${name}; its etcd goes on (r starts e2d again)`,
  'power-off': (name) => `take the power of ${name} (r gives it back)`,
  start: (name) => `start ${name}`,
  pause: (name) => `pause ${name} (p again lets it go on)`,
  wipe: (name) => `take the disk of ${name}, identity and all, and start it with an empty one`,
  cut: (name) => `cut ${name} off the network (h heals)`,
  heal: (name) => `plug ${name} into the network again`,
};

function refusalOf(playground: Playground, node: PlaygroundNode, deed: Deed): string | null {
  const { e2d, etcd, paused } = node.processes();
  const { name } = node;
  switch (deed) {
    case 'kill-etcd':
      return etcd ? null : `${name} runs no etcd`;
    case 'kill-e2d':
      return e2d ? null : `${name} runs no e2d`;
    case 'power-off':
      return e2d || etcd ? null : `${name} is off`;
    case 'start':
      if (paused) return `${name} is paused: p lets it go on`;
      return e2d ? `the e2d of ${name} runs` : null;
    case 'pause':
      return e2d || etcd ? null : `${name} is off: there is nothing to pause`;
    case 'wipe':
      return null;
    case 'cut':
      return playground.obstacle ?? (node.isCut ? `${name} is cut off already` : null);
    case 'heal':
      return node.isCut ? null : `${name} is not cut off`;
  }
}

async function hurt(playground: Playground, node: PlaygroundNode, deed: Deed): Promise<void> {
  switch (deed) {
    case 'kill-etcd':
      return node.killEtcd();
    case 'kill-e2d':
      return node.killE2d();
    case 'power-off':
      return node.powerOff();
    case 'start':
      return node.start();
    case 'pause':
      return node.processes().paused ? node.resume() : node.pause();
    case 'wipe':
      await node.loseDisk();
      return node.start();
    case 'cut':
      return playground.cut(node);
    case 'heal':
      return playground.heal(node);
  }
}
