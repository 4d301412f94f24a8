import { Writable } from 'node:stream';
import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { LogFormat, LogLevel } from '../config/node-config.ts';
import { harmlessOutput } from '../errors/shown.ts';

/**
 * e2d's log. A message is a fixed short sentence; what varies goes into fields; an error under
 * `err`. `log.level` may be changed while it runs.
 */
export type Log = Logger<never>;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go instead of standard error; for tests. */
  readonly destination?: DestinationStream;
}

const standardError = 2;

/** Names of fields that are never written, at the top of a line or one or two levels below. */
const secretFields = ['password', 'secret', 'token', 'accessKey', 'secretKey', 'privateKey', 'key'];
const redact = {
  paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
  censor: '***',
};

/** Writes synchronously, so that the last words of a process that dies are there. */
export async function createLog({ level, format, destination }: LogOptions): Promise<Log> {
  return pino(
    {
      level,
      redact,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    await openDestination(format, destination),
  );
}

async function openDestination(
  format: LogFormat,
  destination: DestinationStream = pino.destination({ fd: standardError, sync: true }),
): Promise<DestinationStream> {
  if (format === 'json') return destination;
  const { PinoPretty } = await import('pino-pretty');
  return PinoPretty({
    destination: forPeople(destination),
    sync: true,
    colorize: process.stderr.isTTY === true && (process.env['NO_COLOR'] ?? '') === '',
    translateTime: 'SYS:HH:MM:ss.l',
  });
}

/** Names and sentences of others stand in a log, too: JSON quotes them, and here nothing would. */
function forPeople(destination: DestinationStream): Writable {
  return new Writable({
    write(text, _encoding, done) {
      destination.write(harmlessOutput(String(text)));
      done();
    },
  });
}
