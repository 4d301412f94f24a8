// Files that a reader drops onto the page, or chooses.

import { byId } from './elements.js';

/** @param {(files: File[]) => void} take is given what was dropped or chosen */
export function takeFiles(take) {
  const chooser = byId('files');
  chooser.addEventListener('change', () => {
    const files = [...chooser.files];
    chooser.value = '';
    take(files);
  });
  const veil = byId('drop');
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    veil.hidden = true;
    take([...event.dataTransfer.files]);
  });
}
