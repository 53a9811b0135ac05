/** @param {string} name @param {object} properties of the element; `class` and `data` too */
export function element(name, { class: className, data, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  if (className) made.className = className;
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

/** A coloured dot before a line of a list. */
export const dot = (state) => element('span', { class: 'dot small', data: { state }, ariaHidden: 'true' });

/** A name and what there is to say of it, in a `dl`. */
export const line = (name, ...values) => element('div', {}, element('dt', {}, name), element('dd', {}, ...values));

export const byId = (id) => document.getElementById(id);

let toastTimer;

/** @param {'good'|'bad'} kind */
export function toast(text, kind = 'good') {
  const box = byId('toast');
  if (box.matches(':popover-open')) box.hidePopover();
  ([...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body).append(box); // what is outside an open dialog is not read out
  box.textContent = text;
  box.dataset.kind = kind;
  box.showPopover();
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { if (box.matches(':popover-open')) box.hidePopover(); }, 6000);
}

/** @returns {Promise<boolean>} */
export function confirm(title, text, yes) {
  const dialog = byId('confirm');
  byId('confirm-title').textContent = title;
  byId('confirm-text').textContent = text;
  byId('confirm-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}
