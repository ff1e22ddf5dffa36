import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { FromTokenPage, ToTokenPage } from '../editor/panels/messages.ts';
import { button, editor, h, show } from './dom.ts';

const send = (message: FromTokenPage) => {
  editor.postMessage(message);
};

window.addEventListener('message', ({ data: { token } }: MessageEvent<ToTokenPage>) => {
  show(
    h('h1', {}, token.title, ' ', h('span', { class: 'status' }, token.status)),
    h('dl', {}, ...token.rows.flatMap(({ label, value }) => [h('dt', {}, label), h('dd', {}, value)])),
    h(
      'div',
      { class: 'buttons' },
      ...token.actions.map(({ id, label, kind }) =>
        button(label, id, kind !== 'primary', () => {
          send({ type: 'run', action: id });
        }),
      ),
    ),
  );
});
send({ type: 'ready' });
