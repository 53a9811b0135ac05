// Draws /state every second; a button kills a node or starts it again.
const byId = (id) => document.getElementById(id);

function row(...cells) {
  const line = document.createElement('tr');
  for (const cell of cells) line.insertCell().append(cell ?? '');
  return line;
}

function button(name, act, label) {
  const made = document.createElement('button');
  made.textContent = label;
  made.addEventListener('click', async () => {
    made.disabled = true;
    await fetch(`/nodes/${name}/${act}`, { method: 'POST', headers: { 'X-Demo': '1' } });
    await show();
  });
  return made;
}

function link(href, text) {
  const made = document.createElement('a');
  Object.assign(made, { href, textContent: text, title: 'its ops page' });
  return made;
}

function node({ name, isReady, processId, served, ops }) {
  const state = processId === null ? 'dead' : isReady ? 'ready' : 'not ready';
  const line = row(link(ops, name), state, served.toLocaleString('en'), processId ?? '–',
    processId === null ? button(name, 'start', 'Start it again') : button(name, 'kill', 'Kill this node'));
  Object.assign(line.dataset, { node: name, state });
  return line;
}

/** A row is replaced only when it has changed, so that the focus stays on a button. */
function update(body, rows) {
  rows.forEach((line, index) => {
    const old = body.rows[index];
    if (!old) body.append(line);
    else if (old.textContent !== line.textContent) {
      const focused = old.contains(document.activeElement);
      old.replaceWith(line);
      if (focused) line.querySelector('button')?.focus();
    }
  });
  while (body.rows.length > rows.length) body.deleteRow(-1);
}

async function show() {
  try {
    const { nodes, calls } = await (await fetch('/state')).json();
    update(byId('nodes'), nodes.map(node));
    update(byId('calls'), calls.map(({ at, method, path, status, nodes: asked }) =>
      row(new Date(at).toLocaleTimeString('en-GB'), `${method} ${path}`, `${status}`, asked.join(', died; then ') || 'none was ready')));
    byId('trouble').hidden = true;
  } catch {
    byId('trouble').hidden = false;
  }
}

setInterval(show, 1000);
await show();
