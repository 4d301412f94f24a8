import type { StopSignals } from '../node/run.ts';

/**
 * Turns the process's SIGTERM and SIGINT into `StopSignals` until `release` gives them back: the
 * first asks for an orderly end, the second hurries it.
 */
export function listenForStop(): { readonly stop: StopSignals; readonly release: () => void } {
  const orderly = new AbortController();
  const hurry = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    (orderly.signal.aborted ? hurry : orderly).abort(signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return {
    stop: { orderly: orderly.signal, hurry: hurry.signal },
    release: () => {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    },
  };
}
