import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventLogJsonSchema } from '../../../src/journal/json-schema.ts';
import { Recording, temporaryFolder } from './recording.ts';

const file = '../../../docs/event-log.schema.json';

test('the schema in docs is that of the code: run this test with -u when it fails', async () => {
  await expect(eventLogJsonSchema()).toMatchFileSnapshot(file);
});

test('what is recorded is as the schema says, and what is not is not', async () => {
  const text = await readFile(new URL(file, import.meta.url), 'utf8');
  const schema = z.fromJSONSchema(JSON.parse(text));
  const limits = { segmentBytes: 4_096 };
  const recording = new Recording(await temporaryFolder(), { limits }).begin().probe(900);
  recording.probes(20).take({ type: 'operator.stop.requested' });
  await recording.journal.close();
  const lines = (
    await Promise.all((await recording.files()).map((name) => recording.lines(name)))
  ).flat();
  expect(lines.some((line) => line.includes('"again"'))).toBe(true);
  expect(lines.some((line) => line.includes('"checkpoint":{'))).toBe(true);
  for (const line of lines) {
    expect(schema.safeParse(JSON.parse(line)).error).toBeUndefined();
    const broken = line.replace('"seq"', '"sequence"').replace('"segment"', '"part"');
    expect(schema.safeParse(JSON.parse(broken)).success).toBe(false);
  }
});
