import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import {
  type ClusterAnswer,
  surveyCluster,
  surveyCluster$,
} from '../../../../src/etcd/probes/survey-cluster.ts';
import { scriptedEndpoint, scriptedPool } from '../scripted-endpoint.ts';

const silent: ClusterAnswer = { kind: 'silent', faults: {} };

function marbles(check: (helpers: RunHelpers, scheduler: TestScheduler) => void) {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => check(helpers, scheduler));
}

describe('surveying again and again', () => {
  test('pauses between the end of a survey and the start of the next', () => {
    marbles(({ cold, hot, expectObservable }, scheduler) => {
      const clientUrls$ = hot('u-------------', { u: ['http://a:1'] });
      const survey = cold('--(a|)', { a: silent });
      const answers$ = surveyCluster$({
        clientUrls$,
        pauseMs: 3,
        survey$: () => survey,
        scheduler,
      });
      expectObservable(answers$, '^-------------!').toBe('--a----a----a-', { a: silent });
    });
  });

  test('starts anew at once when the URLs change, and only when they do', () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }, scheduler) => {
      const a = 'http://a:1';
      const b = 'http://b:1';
      const clientUrls$ = hot('x-y-z---', { x: [a], y: [a, b], z: [b, a] });
      const survey = cold('-----(a|)', { a: silent });
      const answers$ = surveyCluster$({
        clientUrls$,
        pauseMs: 9,
        survey$: () => survey,
        scheduler,
      });
      expectObservable(answers$, '^-------!').toBe('-------a', { a: silent });
      expectSubscriptions(survey.subscriptions).toBe(['^-!', '--^----!']);
    });
  });

  test('unsubscribing ends the survey under way', () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }, scheduler) => {
      const clientUrls$ = hot('u---', { u: ['http://a:1'] });
      const survey = cold('-----(a|)', { a: silent });
      const answers$ = surveyCluster$({
        clientUrls$,
        pauseMs: 3,
        survey$: () => survey,
        scheduler,
      });
      expectObservable(answers$, '^--!').toBe('---');
      expectSubscriptions(survey.subscriptions).toBe('^--!');
    });
  });
});

describe('one survey', () => {
  const bounds = { timeoutMs: 100 };

  test('with nobody to ask, or nobody who answers, is silent and says why', async () => {
    expect(await surveyCluster([], scriptedPool(), bounds)).toEqual(silent);
    expect(await surveyCluster(['http://a:1', 'http://b:1'], scriptedPool(), bounds)).toEqual({
      kind: 'silent',
      faults: {
        'http://a:1': { code: 'unavailable', message: expect.any(String) },
        'http://b:1': { code: 'unavailable', message: expect.any(String) },
      },
    });
  });

  test('goes on with whoever answers, and names it', async () => {
    const answering = scriptedEndpoint('http://b:1', {
      memberList: async () => ({ clusterId: 'c1', members: [] }),
      get: async () => null,
    });
    const pool = scriptedPool(answering);
    expect(await surveyCluster(['http://a:1', 'http://b:1'], pool, bounds)).toEqual({
      kind: 'answers',
      clusterId: 'c1',
      members: [],
      statuses: {},
      record: null,
      via: 'http://b:1',
    });
  });

  test('an answer without a member list is no answer', async () => {
    const halfway = scriptedEndpoint('http://a:1', { get: async () => null });
    const answer = await surveyCluster(['http://a:1'], scriptedPool(halfway), bounds);
    expect(answer.kind).toBe('silent');
  });
});
