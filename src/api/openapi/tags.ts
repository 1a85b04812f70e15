/** What each group of operations is, by tag. */
export const tagDescriptions: Readonly<Record<string, string>> = {
  Items: 'One item of a cache: read, write, count, expire.',
  Batches: 'Many items of a cache in one request, each with an outcome of its own.',
  Topics: 'Numbered messages to whoever listens: publish, follow, list.',
  Caches: 'Namespaces of items: create, list, change, flush, delete.',
  Tokens: 'Access tokens and the keys that verify them.',
  Fleet: 'For operators: storage nodes, who holds what, and what moves where.',
  Service: 'Health and metrics of the server.',
  Documentation: 'This document, and pages made of it.',
};
