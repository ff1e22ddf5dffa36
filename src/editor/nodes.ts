/** A server, with its tokens below it. */
export interface ServerNode {
  readonly type: 'server';
  readonly serverId: string;
}
/** All tokens, of any server, that have a status or an owner in common. */
export interface GroupNode {
  readonly type: 'group';
  readonly group: string;
}
/** What has tokens below it. */
export type Branch = ServerNode | GroupNode;

export interface TokenNode {
  readonly type: 'token';
  readonly serverId: string;
  readonly tokenId: string;
}
/** The row that shows more of a long list. */
export interface MoreNode {
  readonly type: 'more';
  readonly branch: Branch;
}
/** A row that says why a server shows no tokens, and does something about it when chosen. */
export interface StateNode {
  readonly type: 'state';
  readonly serverId: string;
}
export type Node = Branch | TokenNode | MoreNode | StateNode;

/** One text for each branch; also the id of its row. */
export const branchId = (branch: Branch) =>
  branch.type === 'server' ? `server:${branch.serverId}` : `group:${branch.group}`;
