import { z } from 'zod';
import { entrySchema, headerSchema, repeatSchema } from './entry.ts';

/** The JSON Schema of a line of the event log, as text: what `docs/event-log.schema.json` holds. */
export function eventLogJsonSchema(): string {
  const line = z.union([headerSchema, entrySchema, repeatSchema]).meta({
    title: 'A line of e2d’s event log, format version 1',
    description: 'The first line of a file is a header; every other line is an entry or a repeat.',
  });
  return `${JSON.stringify(z.toJSONSchema(line, { io: 'input' }), null, 2)}\n`;
}
