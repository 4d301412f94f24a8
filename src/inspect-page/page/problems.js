// What the reader should know, in sentences that stay until they are dismissed or over.

import { byId, element } from './elements.js';

export function tellProblem(sentence) {
  const close = element('button', { type: 'button' }, 'Dismiss');
  const box = element('div', { 'data-text': sentence }, element('p', sentence), close);
  close.addEventListener('click', () => box.remove());
  byId('problem').append(box);
}

export function forgetProblem(sentence) {
  for (const box of [...byId('problem').children]) {
    if (box.dataset.text === sentence) box.remove();
  }
}
