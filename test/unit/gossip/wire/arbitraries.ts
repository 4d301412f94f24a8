import fc from 'fast-check';
import type {
  MessageSource,
  PacketMessage,
  PushPull,
  StreamMessage,
} from '../../../../src/gossip/messages.ts';

const uint32 = fc.oneof(
  fc.constantFrom(0, 127, 128, 255, 256, 0xffff, 0x1_0000, 0xffff_ffff),
  fc.nat(),
);
const port = fc.integer({ min: 0, max: 0xffff });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const anyName = fc.oneof(fc.constant(''), name);
const bytes = fc.uint8Array({ maxLength: 700 });
const bytesOrNull = fc.option(bytes);
const meta = fc.option(fc.uint8Array({ maxLength: 512 }));
const addr = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);
const vsn = fc.uint8Array({ minLength: 6, maxLength: 6 });
const source: fc.Arbitrary<MessageSource> = fc.record({
  addr,
  port: fc.integer({ min: 1, max: 0xffff }),
  node: anyName,
});
const withSource = fc.oneof(fc.constant({}), fc.record({ source }));

const ping = fc
  .tuple(
    fc.record({ type: fc.constant('ping' as const), seqNo: uint32, node: anyName }),
    withSource,
  )
  .map(([message, more]) => ({ ...message, ...more }));
const indirectPing = fc
  .tuple(
    fc.record({
      type: fc.constant('indirectPing' as const),
      seqNo: uint32,
      target: addr,
      port,
      node: anyName,
      nack: fc.boolean(),
    }),
    withSource,
  )
  .map(([message, more]) => ({ ...message, ...more }));
const ack = fc.record({ type: fc.constant('ack' as const), seqNo: uint32, payload: bytesOrNull });
const nack = fc.record({ type: fc.constant('nack' as const), seqNo: uint32 });
const accusation = fc.record({
  type: fc.constantFrom('suspect' as const, 'dead' as const),
  incarnation: uint32,
  node: anyName,
  from: anyName,
});
const alive = fc.record({
  ...{ type: fc.constant('alive' as const), incarnation: uint32, node: name },
  ...{ addr, port, meta, vsn },
});
const user = fc.record({ type: fc.constant('user' as const), body: bytes });

export const packetMessage: fc.Arbitrary<PacketMessage> = fc.oneof(
  ...[ping, indirectPing, ack, nack, accusation, alive, user],
);

const node = fc.record({
  ...{ name, addr, port, meta, incarnation: uint32, vsn },
  state: fc.constantFrom('alive', 'suspect', 'dead', 'left'),
});
const pushPull: fc.Arbitrary<PushPull> = fc.record({
  type: fc.constant('pushPull'),
  join: fc.boolean(),
  nodes: fc.array(node, { maxLength: 12 }),
  userState: fc.uint8Array({ maxLength: 2000 }),
});
const error = fc.record({
  type: fc.constant('error' as const),
  message: fc.string({ unit: 'grapheme', maxLength: 200 }),
});

export const streamMessage: fc.Arbitrary<StreamMessage> = fc.oneof(
  ...[pushPull, pushPull, ping, ack, user, error],
);
