/** One command of `godwit`: what help says about it, and the words it takes besides options. */
export interface CommandSpec {
  readonly summary: string;
  /** More for `--help` of the command itself; one paragraph. */
  readonly detail?: string;
  /** Names of the words after the command; `[name]` may be left out. */
  readonly arguments?: readonly string[];
}

/** Every command, in the order of help. A name of two words is a group and its subcommand. */
export const commands = {
  start: {
    summary: 'run a whole fleet on this machine: gateways, storage in three zones, control plane',
    detail:
      'Starts every process, restarts those that die, and prints how to make the first request. SIGINT or SIGTERM drains and stops; a second one stops at once.',
  },
  gateway: {
    summary: 'run one gateway: the public HTTP API',
    detail:
      'Needs the control plane and the secret of the fleet. Gateways of one machine share a port with --reuse-port.',
  },
  storage: {
    summary: 'run one storage node: the bytes of a share of the slots',
    detail: 'Needs the control plane and the secret of the fleet.',
  },
  control: {
    summary: 'run the control plane: membership, placement, registry of caches, keys and tokens',
    detail:
      'Keeps its state in the data directory, and makes the secret and the admin key of the fleet there on the first start.',
  },
  'token issue': {
    summary: 'issue an access token and print it',
    detail:
      'What the token may do is given with --allow, which may be repeated: cache:ROLE:CACHE, cache:ROLE:CACHE:key=KEY or cache:ROLE:CACHE:prefix=PREFIX (ROLE is read, write or readwrite); topic:ROLE:CACHE:TOPIC or topic:ROLE:CACHE:prefix=PREFIX (ROLE is publish, subscribe or both); administration:ROLE:CACHE (list, or create, change, flush and delete caches); token_issuance; operations (metrics). CACHE and TOPIC may be * for all. A comma, colon or percent sign inside a name is written percent-encoded. The token alone goes to stdout; --json shows the refresh token too.',
  },
  'token list': { summary: 'list the tokens of the account that have not expired' },
  'token revoke': { summary: 'revoke a token by its id (jti)', arguments: ['jti'] },
  'token refresh': {
    summary: 'exchange a refresh token for fresh tokens with the same rights, and print the access token',
  },
  'token rotate-keys': {
    summary: 'sign with a new key from now on; tokens of the old one stay valid until they expire',
  },
  'cache create': { summary: 'create a cache', arguments: ['cache'] },
  'cache list': { summary: 'list the caches of the account' },
  'cache update': { summary: 'change the settings of a cache', arguments: ['cache'] },
  'cache flush': { summary: 'drop every item of a cache', arguments: ['cache'] },
  'cache delete': { summary: 'delete a cache and every item in it', arguments: ['cache'] },
  'cache get': { summary: 'write the value of a key to stdout, byte for byte', arguments: ['cache', 'key'] },
  'cache set': { summary: 'set a key to a value, or to what stdin holds', arguments: ['cache', 'key', '[value]'] },
  'cache remove': { summary: 'remove a key', arguments: ['cache', 'key'] },
  'fleet status': { summary: 'show the nodes of the fleet and whether every slot has its copies' },
  'fleet plan': { summary: 'show what the planner would do next, and why' },
  'fleet events': { summary: 'show what happened in the fleet: failovers, moves, resets, nodes that came and went' },
  'fleet add': {
    summary: 'take a spare or drained node into use, or start another storage process under `godwit start`',
    detail:
      'With the name of a node: a spare, or one that was drained, gets its share of the slots again. With --zone: the supervisor of `godwit start`, whose data directory is --data-dir, starts one more storage process in the zone. On several machines a node is added by starting `godwit storage` with a name of its own.',
    arguments: ['[node]'],
  },
  'fleet drain': {
    summary: 'move everything off a storage node while it serves, so that it can be stopped',
    arguments: ['node'],
  },
  'fleet remove': {
    summary: 'drain a storage node, stop it where the supervisor runs here, and forget it',
    detail:
      'A node that does not answer any more holds copies that nobody can move: --force says that it is dead and will not come back.',
    arguments: ['node'],
  },
  'fleet wait': {
    summary: 'wait until every slot is served and has its copies, and nothing moves; for scripts between two restarts',
  },
  'fleet rebalance': { summary: 'weigh all nodes anew and move slots to where they belong, now' },
  'fleet upgrade': {
    summary: 'restart every process of `godwit start`, one after another, with the code that is on the disk now',
    detail:
      'Storage nodes hand their slots over, restart and catch up, one at a time; then gateways, each beside its successor; then the control plane. Requests go on meanwhile. A single storage node has nobody to hand its slots to, so that its items would be lost: --force upgrades it all the same. On several machines the service manager does it: see docs/operations.md.',
  },
  replay: {
    summary: 'drive a recorded trace through the HTTP API as a look-aside cache and report what it saw',
    arguments: ['trace'],
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof commands;

export const commandNames = Object.keys(commands) as readonly CommandName[];

/** `token`, `cache`, `fleet`: words that only begin a command. */
export const commandGroups: readonly string[] = [
  ...new Set(commandNames.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]!)),
];

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(commands, text);
}
