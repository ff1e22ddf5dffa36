import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** A panel whose page may load our own scripts and styles from dist/webview, and nothing else. */
export function openPage(
  context: vscode.ExtensionContext,
  page: 'form' | 'token',
  title: string,
  column: vscode.ViewColumn = vscode.ViewColumn.Active,
): vscode.WebviewPanel {
  const root = vscode.Uri.joinPath(context.extensionUri, 'dist', 'webview');
  const panel = vscode.window.createWebviewPanel(`patVault.${page}`, title, column, {
    enableScripts: true,
    localResourceRoots: [root],
  });
  const icon = (theme: string) => vscode.Uri.joinPath(context.extensionUri, 'media', `page-${theme}.svg`);
  panel.iconPath = { light: icon('light'), dark: icon('dark') };
  const { webview } = panel;
  const nonce = randomBytes(18).toString('base64');
  const address = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(root, file)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
  ].join('; ');
  webview.html = `<!doctype html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="${address('webview.css')}">
<title>PAT Vault</title>
</head>
<body>
<main id="page"></main>
<script type="module" nonce="${nonce}" src="${address(`${page}.js`)}"></script>
</body>
</html>`;
  return panel;
}
