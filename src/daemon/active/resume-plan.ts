import { comparePositions, type Position } from '../../changes/change.ts';
import type { DataFrame } from '../../changes/data-frame.ts';
import { decideResume } from '../../journal/resume.ts';

/** How an epoch begins: with a check of everything (which may only tell), or of what a queue that was given up left. */
export type Beginning = 'everything' | 'preview' | 'left';

/** How the active server's stream stands. */
export interface StreamState {
  /** `given up`: the queue holds nothing; what changes is remembered as what is to be checked. */
  readonly stream: 'none' | 'running' | 'given up';
  /** How the stream that runs began. */
  readonly began: Beginning;
  readonly serverId: string;
  readonly epoch: number;
  /** Newest change captured. */
  readonly position: Position;
  readonly first: Position | null;
  readonly last: Position;
  /** Up to here the passive has said that everything is applied. */
  readonly applied: Position;
  /** All that may differ on a passive which holds so much has a name. */
  readonly isNamed: boolean;
}

export type ResumePlan =
  /** `gap`: the passive begins anew from there; `named`: what it lacks besides is stated by a check in the stream. */
  | { readonly kind: 'continue'; readonly from: { position: Position; gap: boolean; named: boolean } }
  | { readonly kind: 'begin'; readonly how: Beginning };

type Resume = Extract<DataFrame, { kind: 'resume' }>;

/** The passive says what it holds: go on from there, or begin an epoch where that can't be. Pure. */
export function planResume(state: StreamState, frame: Resume): ResumePlan {
  const { durable, preview } = frame;
  if (preview) return { kind: 'begin', how: 'preview' };
  if (state.stream === 'given up') return { kind: 'begin', how: isLeftAll(state, frame) ? 'left' : 'everything' };
  if (state.stream === 'none' || state.began === 'preview') return { kind: 'begin', how: 'everything' };
  const { epoch, first, last } = state;
  const decision = decideResume({ sender: { epoch, first, last }, durable });
  if (decision.kind === 'gap') return { kind: 'begin', how: 'everything' };
  const position = decision.after;
  // That this stream began with names is news to it.
  const isNews = durable.epoch < epoch && state.began === 'left';
  if (isNews && !isLeftAll(state, frame)) return { kind: 'begin', how: 'everything' };
  return { kind: 'continue', from: { position, gap: isNews, named: isNews } };
}

/**
 * Is all in which a passive that holds so much may differ among what changed since its last checkpoint? It is
 * where everything was compared and applied before, and nothing was missed since: not by capture, and not of
 * what is remembered, which reaches back to that checkpoint.
 */
function isLeftAll(state: StreamState, { durable, activeServerId }: Resume): boolean {
  if (!state.isNamed || activeServerId !== state.serverId) return false;
  return comparePositions(state.applied, durable) <= 0 && comparePositions(durable, state.position) <= 0;
}
