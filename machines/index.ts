import { nodeMachine } from './node/machine.ts';

/** Every chart of e2d by name: what tests, diagrams and replay go through. */
export const charts = { node: nodeMachine } as const;
