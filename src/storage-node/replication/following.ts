/** The rules of a copy and of a learner: fence, apply in order, acknowledge, report (P2, P4, P7, P9). */
import { type Core, sawEpoch, stepDown, wipe } from './core.ts';
import type { AppendMessage, CopyMessage, JoinMessage, Life, QueryMessage } from './messages.ts';
import type { Session, Slot } from './slot.ts';

/** Whether a message of a primary may be taken: not of an older epoch, and of the data that is here. */
function accepts(core: Core, slot: Slot, from: Life, epoch: number): boolean {
  if (epoch >= slot.epoch) return true;
  core.counters.messagesRefused++;
  core.environment.send(from, { kind: 'refuse', slot: slot.number, epoch: slot.epoch });
  return false;
}

export function onAppend(core: Core, from: Life, message: AppendMessage): void {
  const slot = core.slots[message.slot]!;
  if (!accepts(core, slot, from, message.epoch)) return;
  // The view that says how this data began is on its way.
  if (message.dataEpoch !== slot.dataEpoch) return core.environment.behind();
  const { session } = slot;
  const isOfSession = session !== null && session.from === from && session.id === message.session;
  if (message.session === 0 ? !slot.valid : !isOfSession) return core.environment.behind();
  stepDown(core, slot);
  sawEpoch(core, slot, message.epoch);
  if (isOfSession) session.epoch = message.epoch;
  // What it cannot keep, and all that comes after it, it does not acknowledge; sent again, it may be kept.
  const isTaken = message.entries.every((entry) => entry.sequence !== slot.log.last + 1 || take(core, slot, entry));
  const committed = Math.min(message.committed, slot.log.last);
  if (committed > slot.committed) {
    slot.committed = committed;
    slot.log.trim(committed);
    core.environment.onCommitted(slot.number, committed);
  }
  const { number, log } = slot;
  // A primary that only tells what is committed waits for nothing; that a learner is there, it must hear.
  if (message.entries.length === 0 && slot.role === 'copy' && message.epoch === slot.viewEpoch) return;
  core.environment.send(from, {
    kind: 'ack',
    slot: number,
    epoch: slot.epoch,
    session: message.session,
    last: log.last,
  });
  if (!isTaken) sayFull(core, from, message);
}

/** Takes the next entry; false when there is no room for it. */
function take(core: Core, slot: Slot, entry: AppendMessage['entries'][number]): boolean {
  if (!core.store.apply(slot.number, entry)) return false;
  slot.log.push(entry);
  core.counters.entriesApplied++;
  const identities = slot.session?.identities;
  if (!identities) return true;
  const identity = core.store.identityOf(entry.payload);
  if (identity !== null) identities.set(identity, entry.sequence);
  return true;
}

function sayFull(core: Core, from: Life, { slot, epoch }: AppendMessage | CopyMessage): void {
  core.counters.fullRefusals++;
  core.environment.send(from, { kind: 'full', slot, epoch });
}

/** A new primary asks: this copy is its from now on, and tells what the other may lack. */
export function onQuery(core: Core, from: Life, message: QueryMessage): void {
  const slot = core.slots[message.slot]!;
  if (!accepts(core, slot, from, message.epoch)) return;
  if (message.dataEpoch !== slot.dataEpoch || !slot.valid) return core.environment.behind();
  stepDown(core, slot);
  sawEpoch(core, slot, message.epoch);
  const { log } = slot;
  core.environment.send(from, {
    kind: 'report',
    slot: slot.number,
    epoch: message.epoch,
    last: log.last,
    committed: slot.committed,
    servedEpoch: slot.servedEpoch,
    entries: log.from(Math.max(message.last + 1, log.first), core.times.appendBytesMax),
  });
}

/** A primary begins to fill this learner: what was here is no longer anything. */
export function onJoin(core: Core, from: Life, message: JoinMessage): void {
  const slot = core.slots[message.slot]!;
  if (!accepts(core, slot, from, message.epoch) || message.dataEpoch < slot.dataEpoch) return;
  sawEpoch(core, slot, message.epoch);
  const { session } = slot;
  if (session === null || session.from !== from || session.id !== message.session) {
    wipe(core, slot, message.committed);
    slot.dataEpoch = message.dataEpoch;
    slot.session = { from, id: message.session, epoch: message.epoch, identities: new Map(), batch: 0 };
  }
  slot.session!.epoch = message.epoch;
  sendCopied(core, slot, slot.session!);
}

export function onCopy(core: Core, from: Life, message: CopyMessage): void {
  const slot = core.slots[message.slot]!;
  if (!accepts(core, slot, from, message.epoch)) return;
  const { session } = slot;
  if (session === null || session.from !== from || session.id !== message.session) return;
  sawEpoch(core, slot, message.epoch);
  session.epoch = message.epoch;
  if (message.batch === session.batch + 1) {
    // A batch that is not taken whole is not answered; sent again, it may be.
    if (!message.parts.every((part) => takeCopied(core, slot, session, part))) return sayFull(core, from, message);
    session.batch = message.batch;
    if (message.final) {
      session.identities = null;
      slot.valid = true;
    } else if (session.identities!.size > core.times.learnerIdentitiesMax) {
      // Too much has changed meanwhile. Without an answer the primary begins anew.
      slot.session = null;
      return;
    }
  }
  sendCopied(core, slot, session);
}

/** Takes a part, unless something newer about the same thing has come; false when there is no room for it. */
function takeCopied(core: Core, slot: Slot, { identities }: Session, part: CopyMessage['parts'][number]): boolean {
  const identity = core.store.identityOf(part.payload);
  if (identity !== null && (identities!.get(identity) ?? 0) >= part.sequence) return true;
  return core.store.applyCopied(slot.number, part);
}

function sendCopied(core: Core, slot: Slot, { from, id, batch }: Session): void {
  core.environment.send(from, { kind: 'copied', slot: slot.number, session: id, batch });
}
