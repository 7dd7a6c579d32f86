// What pages do beyond being read: copying, and filling in while a test runs. Without it everything works, too.

readyToCopy();

function readyToCopy() {
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false;
    const words = button.textContent;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = button.dataset.copied;
      setTimeout(() => {
        button.textContent = words;
      }, 2000);
    });
  }
}

// A menu that is open goes away with Escape, or when one turns to something else.
const close = (event) => {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    const inside = menu.contains(event.target);
    if (event.key === 'Escape' && inside) menu.querySelector('summary').focus();
    if (event.key === 'Escape' || (event.type === 'click' && !inside)) menu.open = false;
  }
};
document.addEventListener('keydown', close);
document.addEventListener('click', close);

const running = document.querySelector('[data-events]');
if (running !== null) follow(running);

function follow(section) {
  const words = section.querySelector('[data-words]');
  const table = document.querySelector('table[data-live]');
  const stages = [...table.tHead.rows[0].cells].slice(2).map((cell) => cell.textContent);
  const names = ['answer', 'connect', 'helo', 'tls', 'cert', 'secure', 'from', 'to'];
  const source = new EventSource(section.dataset.events);
  const told = (kind, act) => source.addEventListener(kind, (event) => act(JSON.parse(event.data)));
  const rowOf = (key) => [...table.tBodies[0].rows].find((row) => row.dataset.key === key);

  told('queued', ({ position }) => {
    words.textContent = section.dataset.waiting.replace('{position}', position);
  });
  told('route', ({ hosts }) => {
    words.textContent = section.dataset.running;
    for (const { exchange, preference, addresses } of hosts) {
      for (const address of addresses) {
        if (rowOf(`${exchange} ${address}`) !== undefined) continue;
        const row = table.tBodies[0].insertRow();
        row.dataset.key = `${exchange} ${address}`;
        const head = document.createElement('th');
        head.scope = 'row';
        const socket = address.includes(':') ? `[${address}]` : address;
        head.textContent = `${exchange} [${socket}:${section.dataset.port}]`;
        row.append(head);
        cell(row, 'Pref').textContent = preference;
        stages.forEach((heading, index) => {
          cell(row, heading).dataset.stage = names[index];
        });
      }
    }
  });
  told('stage', ({ host, address, stage, result, ms }) => {
    const place = rowOf(`${host} ${address}`)?.querySelector(`[data-stage="${stage}"]`);
    if (!place) return;
    place.textContent = result === 'fail' ? 'FAIL' : result === 'ok' ? `OK (${ms}ms)` : '';
    place.className = `num ${result} arrived`;
  });
  const finish = async () => {
    source.close();
    words.textContent = section.dataset.ready;
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (page.querySelector('[data-events]') !== null) return location.reload();
    document.title = page.title;
    document.querySelector('main').replaceChildren(...page.querySelector('main').childNodes);
    document.querySelector('main').focus({ preventScroll: true });
    readyToCopy();
  };
  source.addEventListener('done', finish);
  source.addEventListener('failed', finish);
}

function cell(row, heading) {
  const made = row.insertCell();
  made.className = 'num';
  made.dataset.heading = heading;
  return made;
}
