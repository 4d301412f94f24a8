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

/**
 * Aborts `hangUp`, with the reason `SIGHUP`, when the process's terminal is closed; whoever notices
 * it otherwise may do the same. `release` then ends the process by that signal: without its
 * terminal, Node would crash at an ordinary end over settings that it cannot give back.
 */
export function listenForHangUp(): {
  readonly hangUp: AbortController;
  readonly release: () => void;
} {
  const hangUp = new AbortController();
  const onSignal = () => hangUp.abort('SIGHUP');
  process.on('SIGHUP', onSignal);
  return {
    hangUp,
    release: () => {
      process.off('SIGHUP', onSignal);
      if (hangUp.signal.aborted) process.kill(process.pid, 'SIGHUP');
    },
  };
}
