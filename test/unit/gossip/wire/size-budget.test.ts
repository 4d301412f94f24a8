import { expect, test } from 'vitest';
import { PART_OVERHEAD_BYTES } from '../../../../src/gossip/wire/compound.ts';
import { encodePacketParts } from '../../../../src/gossip/wire/packet-encode.ts';
import { PACKET_BYTES, piggybackBytes } from '../../../../src/gossip/wire/size-budget.ts';
import { testKeyring } from './vectors.ts';

test('what is left beside a message', () => {
  expect(piggybackBytes({ messageBytes: 69 })).toBe(1400 - 69 - 2);
  expect(piggybackBytes({ messageBytes: 69, encrypted: true })).toBe(1400 - 69 - 2 - 29);
  expect(piggybackBytes({ messageBytes: 69, encrypted: true, encryptionVersion: 0 })).toBe(
    1400 - 69 - 2 - 45,
  );
  expect(piggybackBytes({ messageBytes: 0, label: 'lbl' })).toBe(1400 - 2 - 5);
  expect(piggybackBytes({ messageBytes: 5000 })).toBe(0);
  expect(piggybackBytes({ messageBytes: 100, packetBytes: 512 })).toBe(410);
});

test('a packet filled to its budget has the size of a packet', () => {
  const label = 'lbl';
  let left = piggybackBytes({ messageBytes: 0, label, encrypted: true });
  const parts: Uint8Array[] = [];
  while (left > PART_OVERHEAD_BYTES) {
    const part = new Uint8Array(Math.min(100, left - PART_OVERHEAD_BYTES)).fill(8);
    parts.push(part);
    left -= part.length + PART_OVERHEAD_BYTES;
  }
  const packet = encodePacketParts(parts, { label, keyring: testKeyring(32) });
  expect(packet).toHaveLength(PACKET_BYTES);
});
