import type { WireLimits } from './wire/wire-limits.ts';

const MEBI = 1024 * 1024;

/**
 * What one stream may make us hold. Far above any real pool's state, and low enough that as many
 * hostile streams as are served at once cannot exhaust the machine.
 */
export const STREAM_LIMITS: Partial<WireLimits> = {
  streamBytes: 4 * MEBI,
  streamInflatedBytes: 4 * MEBI,
  userStateBytes: 2 * MEBI,
};
